"""The part of a gazetteer that a prompt has room for: what the text names, then what it may mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from ..aliases import AliasIndex
from ..gazetteer import ActorEntry, Gazetteer, IssueEntry, PersonEntry, ProposalEntry, ProvisionEntry
from ..inflection import InflectedIndex
from ..lexicon import lexicon
from ..text import plain, words

MOST_CHARACTERS = 16_000  # of the list in a prompt: about 5,000 tokens
MOST_ALIASES = 5
Entry = ActorEntry | PersonEntry | ProposalEntry | ProvisionEntry | IssueEntry
_indexes: WeakKeyDictionary[Gazetteer, NameIndex] = WeakKeyDictionary()
_known: WeakKeyDictionary[Gazetteer, KnownNames] = WeakKeyDictionary()


class NameIndex:
    """Finds the entries that a text may name, in Latin script and, inflected, in Cyrillic."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.entries: list[Entry] = [
            *gazetteer.actors, *gazetteer.people, *gazetteer.proposals, *gazetteer.provisions, *gazetteer.issues
        ]  # fmt: skip
        self._latin: AliasIndex[int] = AliasIndex()
        self._cyrillic: InflectedIndex[int] = InflectedIndex()
        for number, entry in enumerate(self.entries):
            for name in _names(entry):
                self._latin.add(name, number)
                self._cyrillic.add(name, number)

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> NameIndex:
        index = _indexes.get(gazetteer)
        if index is None:
            index = _indexes[gazetteer] = cls(gazetteer)
        return index

    def named_in(self, text: str) -> list[Entry]:
        """In the gazetteer's order: a list that does not jump about."""
        found = {hit.payload for hit in self._latin.find(words(plain(text)))} | set(self._cyrillic.find(text))
        return [self.entries[number] for number in sorted(found)]


def _names(entry: Entry) -> Iterator[str]:
    yield entry.name
    yield from entry.terms if isinstance(entry, IssueEntry) else entry.aliases
    if isinstance(entry, ActorEntry):
        yield from lexicon().countries.peoples.get(entry.name, ())
        yield from lexicon().countries.seats.get(entry.name, ())


def list_for(text: str, gazetteer: Gazetteer, day: date | None, limit: int = MOST_CHARACTERS) -> str:
    """JSON lines, at most ``limit`` characters: what the text names comes first, then targets, then actors."""
    lines, size = [], 0
    for entry in _in_order(text, gazetteer):
        line = json.dumps(_described(entry, day), ensure_ascii=False)
        size += len(line) + 1
        if size > limit:
            break
        lines.append(line)
    return "\n".join(lines)


def _in_order(text: str, gazetteer: Gazetteer) -> Iterable[Entry]:
    named = NameIndex.of(gazetteer).named_in(text)
    sponsors = {name for entry in named if isinstance(entry, ProposalEntry) for name in entry.sponsors}
    behind = {entry.speaks_for for entry in named if isinstance(entry, PersonEntry)} | sponsors
    latest_first = sorted(gazetteer.proposals, key=lambda entry: entry.tabled_on or date.min, reverse=True)
    lists: tuple[Iterable[Entry], ...] = (
        named,
        (actor for actor in gazetteer.actors if actor.name in behind),
        latest_first,
        gazetteer.issues,
        gazetteer.actors,
    )
    return dict.fromkeys(entry for entries in lists for entry in entries)


def _described(entry: Entry, day: date | None) -> dict[str, Any]:
    about: dict[str, Any] = {"name": entry.name}
    match entry:
        case ActorEntry():
            about |= {"is": entry.kind or "actor"}
        case PersonEntry():
            held = day is None or entry.held_on(day)
            until = "" if held else f" (from {entry.start or '?'} to {entry.end or '?'}: not on this day)"
            office = " of ".join(filter(None, (entry.title, entry.speaks_for)))
            about |= {"is": "person", "office": f"{office}{until}"} if office else {"is": "person"}
        case ProposalEntry():
            about |= {"is": "proposal", "tabled": str(entry.tabled_on or ""), "by": list(entry.sponsors)}
        case ProvisionEntry():
            about |= {"is": "provision", "of": entry.proposal, "number": entry.number}
        case IssueEntry():
            about |= {"is": "issue"}
    other = (entry.terms if isinstance(entry, IssueEntry) else entry.aliases)[:MOST_ALIASES]
    return about | ({"also": list(other)} if other else {})


class KnownNames:
    """From a name in an answer to the gazetteer's own."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._actors = _keys([*gazetteer.actors, *gazetteer.people])
        self._targets = {
            "proposal": _keys(gazetteer.proposals),
            "provision": _keys(gazetteer.provisions),
            "issue": _keys(gazetteer.issues),
        }

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> KnownNames:
        names = _known.get(gazetteer)
        if names is None:
            names = _known[gazetteer] = cls(gazetteer)
        return names

    def actor(self, name: str) -> str | None:
        return self._actors.get(_key(name))

    def target(self, kind: str, name: str) -> str | None:
        return self._targets[kind].get(_key(name))


def _keys(entries: Iterable[Entry]) -> dict[str, str]:
    """A name of its own goes before another's alias; an alias of two names is neither's."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        for alias in entry.terms if isinstance(entry, IssueEntry) else entry.aliases:
            found.setdefault(_key(alias), set()).add(entry.name)
    own = {_key(entry.name): entry.name for entry in entries}
    return {key: next(iter(names)) for key, names in found.items() if len(names) == 1} | own


@lru_cache(maxsize=10_000)
def _key(name: str) -> str:
    return " ".join(word.key for word in words(plain(name))).removeprefix("the ")
