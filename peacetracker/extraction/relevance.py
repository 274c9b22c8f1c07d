"""Is a text about a peace process at all? A cheap first look that keeps most of a general feed out of extraction.

A text passes where it speaks of war or peace (`patterns/relevance.yaml`: ceasefire, troops, invasion …) and

1. names a proposal or a provision by a name of its own, not by “the plan” or “the deal”; or
2. names a belligerent, if the process has any, and within NEAR words of one another an actor or a person of the record,
   a term of an issue (or one of the lexicon's other words for it) and a word of war or peace.

The title counts as the text's beginning. Names and terms are found with the same kind of index as extraction's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from .aliases import AliasIndex, Hit
from .gazetteer import ActorEntry, Gazetteer, PersonEntry, ProposalEntry, ProvisionEntry
from .lexicon import lexicon, read, strings
from .text import plain, words

NEAR = 60  # words: a sentence or two
MOST_CHARACTERS = 60_000  # of a text that are looked at
Sign = Literal["proposal", "term", "actor", "belligerent", "conflict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    relevant: bool
    reason: str  # what was found, or what was missing


class Gate:
    """Judges texts by the names that it was built from. `belligerents` are names of the gazetteer's actors."""

    def __init__(self, gazetteer: Gazetteer, belligerents: Iterable[str] = ()) -> None:
        self._index: AliasIndex[Sign] = AliasIndex()
        self._conflict = strings(read("relevance"), "relevance", "conflict")
        self._conflict_keys = {found[0].key for name in self._conflict if len(found := words(name)) == 1}
        self._belligerents = frozenset(belligerents)
        self._add_all(gazetteer)

    def judge(self, title: str, text: str) -> Verdict:
        """Whether a text may hold statements about a process, and why."""
        looked_at = plain(f"{title}\n{text[:MOST_CHARACTERS]}")
        found: dict[Sign, list[Hit[Sign]]] = {sign: [] for sign in Sign.__args__}  # type: ignore[attr-defined]
        for hit in self._index.find(words(looked_at)):
            found[hit.payload].append(hit)
        if not found["conflict"]:
            return Verdict(False, "it speaks neither of war nor of peace")
        if found["proposal"]:
            return Verdict(True, f"names “{_words(looked_at, found['proposal'][0])}”")
        if self._belligerents and not found["belligerent"]:
            return Verdict(False, "it names no proposal and no belligerent of a process")
        if not found["term"]:
            return Verdict(False, "it names no proposal and no issue of a process")
        actors, conflicts = _places(found["actor"]), _places(found["conflict"])
        for term in found["term"]:
            if _has_near(actors, term) and _has_near(conflicts, term):
                return Verdict(True, f"an actor near “{_words(looked_at, term)}”")
        return Verdict(False, f"speaks of “{_words(looked_at, found['term'][0])}”, but of no war and actor near it")

    def _add_all(self, gazetteer: Gazetteer) -> None:
        for name in self._conflict:
            self._index.add(name, "conflict")
        for name in _own_names(gazetteer):
            self._add(name, "proposal")
        for term in _terms(gazetteer):
            self._add(term, "term")
        peoples = lexicon().countries.peoples
        entries: tuple[ActorEntry | PersonEntry, ...] = (*gazetteer.actors, *gazetteer.people)
        for entry in entries:
            for name in (entry.name, *entry.aliases, *peoples.get(entry.name, ())):
                self._add(name, "actor")
                if entry.name in self._belligerents:
                    self._add(name, "belligerent")

    def _add(self, name: str, sign: Sign) -> None:
        """The index finds the longest name at a place alone, so “peace talks” has to speak of peace by itself."""
        self._index.add(name, sign)
        if any(word.key in self._conflict_keys for word in words(name)):
            self._index.add(name, "conflict")


def _terms(gazetteer: Gazetteer) -> Iterator[str]:
    for issue in gazetteer.issues:
        yield from (issue.name, *issue.terms)
    for group in lexicon().targets.synonyms:
        yield from group


def _own_names(gazetteer: Gazetteer) -> Iterator[str]:
    """Names that a proposal has for itself: “the plan” may be anybody's."""
    vague = lexicon().targets.proposal_words | {"the", "a", "this", "that", "of", "for", "new", "revised", "current"}
    entries: tuple[ProposalEntry | ProvisionEntry, ...] = (*gazetteer.proposals, *gazetteer.provisions)
    for entry in entries:
        for name in (entry.name, *entry.aliases):
            if not name.islower() or not all(word.raw in vague for word in words(name)):
                yield name


def _words(text: str, hit: Hit[Sign]) -> str:
    return " ".join(text[hit.start : hit.end].split())


def _places(hits: Iterable[Hit[Sign]]) -> list[int]:
    return [hit.first for hit in hits]  # the index finds them in the order of the text


def _has_near(places: list[int], hit: Hit[Sign]) -> bool:
    at = bisect_left(places, hit.first - NEAR)
    return at < len(places) and places[at] <= hit.last + NEAR
