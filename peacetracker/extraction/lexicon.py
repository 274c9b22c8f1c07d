"""The patterns: YAML files in ``patterns/`` that an editor can read and extend, loaded once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


class PatternError(ValueError):
    """A pattern file that cannot be used; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A head word and the words that must stand with it."""

    head: str
    rest: tuple[str, ...]
    attitude: str

    def __str__(self) -> str:
        return " ".join((self.head, *self.rest))


Phrases = dict[str, list[Phrase]]


@dataclass(frozen=True, slots=True)
class Stances:
    verbs: Phrases
    nouns: Phrases
    adjectives: Phrases
    verdicts: Phrases  # by their last word
    shortcomings: Phrases
    merits: Phrases
    silences: Phrases
    aims: frozenset[str]
    ways: frozenset[str]
    chosen: frozenset[str]
    wanting: frozenset[str]
    reversing: frozenset[str]
    shields: frozenset[str]
    negations: frozenset[str]
    intentions: frozenset[str]
    judging: frozenset[str]
    having: frozenset[str]
    journeys: frozenset[str]
    bare: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reporting:
    verbs: frozenset[str]
    indirect: frozenset[str]
    according: tuple[str, ...]
    acts: frozenset[str]
    light: frozenset[str]
    telling: frozenset[str]
    adjectives: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conditions:
    markers: frozenset[str]
    markers_against: frozenset[str]
    phrases: tuple[str, ...]
    without: frozenset[str]
    contrast: frozenset[str]
    needs: frozenset[str]
    modals: frozenset[str]
    duty_verbs: frozenset[str]
    settlements: frozenset[str]
    generic: frozenset[str]
    coming_about: frozenset[str]
    requiring: frozenset[str]
    fighting: frozenset[str]


@dataclass(frozen=True, slots=True)
class TargetWords:
    proposal_words: frozenset[str]
    loose_words: frozenset[str]
    sponsored_words: frozenset[str]
    moves: frozenset[str]
    goals: tuple[str, ...]
    common: frozenset[str]
    synonyms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class PeopleWords:
    offices: frozenset[str]
    collectives: frozenset[str]
    collective_adjectives: frozenset[str]
    companions: frozenset[str]
    stand_ins: dict[str, tuple[str, ...]]
    officers: frozenset[str]
    callings: frozenset[str]
    documents: frozenset[str]
    unnamed: frozenset[str]
    both: frozenset[str]
    former: frozenset[str]
    owned: frozenset[str]
    seated: frozenset[str]
    statement_titles: tuple[str, ...]
    titles: frozenset[str]
    particles: frozenset[str]
    bodies: frozenset[str]
    times: frozenset[str]


@dataclass(frozen=True, slots=True)
class Countries:
    peoples: dict[str, tuple[str, ...]]
    seats: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    stances: Stances
    reporting: Reporting
    conditions: Conditions
    targets: TargetWords
    people: PeopleWords
    countries: Countries


def read(name: str) -> dict[str, Any]:
    path = files(__package__) / "patterns" / f"{name}.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise PatternError(f"patterns/{name}.yaml: expected a mapping")
    return data


def strings(data: dict[str, Any], name: str, key: str) -> tuple[str, ...]:
    values = data.get(key, [])
    if not isinstance(values, list):
        raise PatternError(f"patterns/{name}.yaml: {key}: expected a list")
    # YAML reads an unquoted "no" as false.
    return tuple("no" if value is False else str(value) for value in values)


def phrases(by_attitude: dict[str, Iterable[object]]) -> Phrases:
    index: Phrases = {}
    for attitude, values in by_attitude.items():
        for value in values:
            head, *rest = str(value).split()
            index.setdefault(head, []).append(Phrase(head, tuple(rest), attitude))
    for choices in index.values():
        choices.sort(key=lambda phrase: -len(phrase.rest))
    return index


def _by_last(index: Phrases) -> Phrases:
    found: Phrases = {}
    for phrase in sorted((p for choices in index.values() for p in choices), key=lambda phrase: -len(phrase.rest)):
        found.setdefault((phrase.head, *phrase.rest)[-1], []).append(phrase)
    return found


@cache
def lexicon() -> Lexicon:
    s, r, c = read("stances"), read("reporting"), read("conditions")
    t, p, k = read("targets"), read("people"), read("countries")
    duties = c["duties"]
    return Lexicon(
        stances=Stances(
            verbs=phrases(s["verbs"]),
            nouns=phrases(s["nouns"]),
            adjectives=phrases(s["adjectives"]),
            verdicts=_by_last(phrases(s["verdicts"])),
            shortcomings=phrases({"doubt": s["shortcomings"]}),
            merits=phrases({"support": s["merits"]}),
            silences=phrases({"neutral": s["silences"]}),
            aims=frozenset(strings(s, "stances", "aims")),
            ways=frozenset(strings(s, "stances", "ways")),
            chosen=frozenset(strings(s, "stances", "chosen")),
            wanting=frozenset(strings(s, "stances", "wanting")),
            reversing=frozenset(strings(s, "stances", "reversing")),
            shields=frozenset(strings(s, "stances", "shields")),
            negations=frozenset(strings(s, "stances", "negations")),
            judging=frozenset(strings(s, "stances", "judging")),
            bare=frozenset(strings(s, "stances", "bare")),
            having=frozenset(strings(s, "stances", "having")),
            journeys=frozenset(strings(s, "stances", "journeys")),
            intentions=frozenset(strings(s, "stances", "intentions")),
        ),
        reporting=Reporting(
            verbs=frozenset(strings(r, "reporting", "verbs")),
            indirect=frozenset(strings(r, "reporting", "indirect")),
            according=strings(r, "reporting", "according"),
            acts=frozenset(strings(r, "reporting", "acts")),
            light=frozenset(strings(r, "reporting", "light")),
            telling=frozenset(strings(r, "reporting", "telling")),
            adjectives=frozenset(strings(r, "reporting", "adjectives")),
        ),
        conditions=Conditions(
            markers_against=frozenset(strings(c, "conditions", "markers_against")),
            markers=frozenset(strings(c, "conditions", "markers")),
            phrases=strings(c, "conditions", "phrases"),
            without=frozenset(strings(c, "conditions", "without")),
            contrast=frozenset(strings(c, "conditions", "contrast")),
            needs=frozenset(strings(c, "conditions", "needs")),
            modals=frozenset(strings(duties, "conditions", "modals")),
            duty_verbs=frozenset(strings(duties, "conditions", "verbs")),
            settlements=frozenset(strings(c, "conditions", "settlements")),
            coming_about=frozenset(strings(c, "conditions", "coming_about")),
            fighting=frozenset(strings(c, "conditions", "fighting")),
            requiring=frozenset(strings(c, "conditions", "requiring")),
            generic=frozenset(strings(c, "conditions", "generic")),
        ),
        targets=TargetWords(
            proposal_words=frozenset(strings(t, "targets", "proposal_words")),
            loose_words=frozenset(strings(t, "targets", "loose_words")),
            sponsored_words=frozenset(strings(t, "targets", "sponsored_words")),
            moves=frozenset(strings(t, "targets", "moves")),
            goals=strings(t, "targets", "goals"),
            common=frozenset(strings(t, "targets", "common")),
            synonyms=tuple(tuple(str(x) for x in group) for group in t["synonyms"]),
        ),
        people=PeopleWords(
            offices=frozenset(strings(p, "people", "offices")),
            collectives=frozenset(strings(p, "people", "collectives")),
            companions=frozenset(strings(p, "people", "companions")),
            collective_adjectives=frozenset(strings(p, "people", "collective_adjectives")),
            stand_ins={
                word: tuple(kind for kind, values in p["stand_ins"].items() if word in values)
                for values in p["stand_ins"].values()
                for word in values
            },
            officers=frozenset(strings(p, "people", "officers")),
            callings=frozenset(strings(p, "people", "callings")),
            documents=frozenset(strings(p, "people", "documents")),
            unnamed=frozenset(strings(p, "people", "unnamed")),
            both=frozenset(strings(p, "people", "both")),
            former=frozenset(strings(p, "people", "former")),
            owned=frozenset(strings(p, "people", "owned")),
            seated=frozenset(strings(p, "people", "seated")),
            statement_titles=strings(p, "people", "statement_titles"),
            titles=frozenset(strings(p, "people", "titles")),
            particles=frozenset(strings(p, "people", "particles")),
            bodies=frozenset(strings(p, "people", "bodies")),
            times=frozenset(strings(p, "people", "times")),
        ),
        countries=Countries(
            peoples={str(n): tuple(map(str, v)) for n, v in k["peoples"].items()},
            seats={str(n): tuple(map(str, v)) for n, v in k["seats"].items()},
        ),
    )
