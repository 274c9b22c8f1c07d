"""The record's names as extraction reads them, and the way back from a name to its row."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.database.revision import current_revision
from peacetracker.extraction import (
    ActorEntry,
    Gazetteer,
    IssueEntry,
    PersonEntry,
    ProposalEntry,
    ProvisionEntry,
)
from peacetracker.extraction.relevance import Gate
from peacetracker.proposals.models import Target


@dataclass(frozen=True)
class RecordNames:
    gazetteer: Gazetteer
    actors: dict[str, int]
    targets: dict[tuple[str, str], int]


def record_names() -> RecordNames:
    """The names now. Kept until what readers see changes: building them and their index takes time."""
    return names_at(current_revision())


@lru_cache(maxsize=1)
def names_at(revision: int) -> RecordNames:
    actors = list(Actor.objects.prefetch_related("aliases"))
    targets = list(Target.objects.select_related("proposal").prefetch_related("sponsors"))
    gazetteer = Gazetteer(
        actors=[ActorEntry(a.name, a.kind, _aliases(a)) for a in actors if a.kind != Actor.Kind.PERSON],
        people=_people([actor for actor in actors if actor.kind == Actor.Kind.PERSON]),
        proposals=[
            ProposalEntry(t.name, tuple(t.terms), t.tabled_on, tuple(sponsor.name for sponsor in t.sponsors.all()))
            for t in targets
            if t.kind == Target.Kind.PROPOSAL
        ],
        provisions=[
            ProvisionEntry(t.name, t.proposal.name, t.number or 0, tuple(t.terms)) for t in targets if t.proposal
        ],
        issues=[IssueEntry(t.name, tuple(t.terms)) for t in targets if t.kind == Target.Kind.ISSUE],
    )
    return RecordNames(
        gazetteer=gazetteer,
        actors=_unambiguous((actor.name, actor.pk) for actor in actors),
        targets=_unambiguous(((target.kind, target.name), target.pk) for target in targets),
    )


def gate() -> Gate:
    """What decides whether an article is about a process. Kept as long as the names are."""
    return gate_at(current_revision())


@lru_cache(maxsize=1)
def gate_at(revision: int) -> Gate:
    belligerents = Actor.objects.filter(parties__role="belligerent").distinct()
    return Gate(names_at(revision).gazetteer, [actor.name for actor in belligerents])


Name = TypeVar("Name", bound=Hashable)


def _unambiguous(pairs: Iterable[tuple[Name, int]]) -> dict[Name, int]:
    """What each name stands for; a name of two rows stands for neither, and an editor decides."""
    rows: dict[Name, set[int]] = defaultdict(set)
    for name, row in pairs:
        rows[name].add(row)
    return {name: next(iter(found)) for name, found in rows.items() if len(found) == 1}


def _aliases(actor: Actor) -> tuple[str, ...]:
    return tuple(alias.text for alias in actor.aliases.all())


def _people(persons: list[Actor]) -> list[PersonEntry]:
    offices: dict[int, list[Affiliation]] = defaultdict(list)
    for office in Affiliation.objects.speaking().select_related("organisation"):
        offices[office.actor_id].append(office)
    entries = []
    for person in persons:
        aliases = (*_aliases(person), person.name.rpartition(" ")[2])
        for office in offices[person.pk]:
            entries.append(
                PersonEntry(
                    person.name,
                    aliases,
                    office.organisation.name,
                    office.role,
                    office.period.lower,
                    office.period.upper and office.period.upper - dt.timedelta(days=1),
                )
            )
        if not offices[person.pk]:
            entries.append(PersonEntry(person.name, aliases))
    return entries
