"""Where those differ who belong together: an actor's members, speakers and blocs, and its own voices."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.database.fields import covers
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance, Statement


@dataclass(frozen=True)
class Split:
    """An actor's own stance on a target, and the stances of others that are not the same."""

    own: Stance
    others: list[Stance]


@dataclass(frozen=True)
class Discord:
    """What was said on an actor's behalf on a target, on a day on which its stance was another."""

    target: Target
    statements: list[tuple[Statement, Stance]]  # with the stance of its day


def splits(
    who: Actor, held: Mapping[int, Stance], ties: Iterable[Affiliation], day: dt.date
) -> tuple[list[Split], list[Split]]:
    """Where members and speakers hold another position than `who`, and where `who` leaves the line of its blocs."""
    current = [tie for tie in ties if covers(tie.period, day)]
    inside = {tie.actor_id for tie in current if tie.organisation_id == who.pk}
    above = {tie.organisation_id for tie in current if tie.actor_id == who.pk and tie.kind == "member"}
    if not held or not inside | above:
        return [], []
    others = Stance.objects.on(day).filter(actor__in=inside | above, target__in=held).for_display()
    differing = [
        stance for stance in others.order_by("actor__name") if stance.position != held[stance.target_id].position
    ]
    return _by_target(held, differing, inside), _by_target(held, differing, above)


def _by_target(held: Mapping[int, Stance], differing: Iterable[Stance], actors: set[int]) -> list[Split]:
    theirs: dict[int, list[Stance]] = defaultdict(list)
    for stance in differing:
        if stance.actor_id in actors:
            theirs[stance.target_id].append(stance)
    return [Split(own, theirs[target]) for target, own in held.items() if theirs[target]]


def discords(who: Actor, statements: Iterable[Statement], stances: Iterable[Stance]) -> list[Discord]:
    """Statements by named speakers that say something else than the stance of their day, by target."""
    of_target: dict[int, list[Stance]] = defaultdict(list)
    for stance in stances:
        of_target[stance.target_id].append(stance)
    found: dict[Target, list[tuple[Statement, Stance]]] = defaultdict(list)
    for statement in statements:
        if statement.actor_id != who.pk or statement.target is None or statement.said_on is None:
            continue
        for stance in of_target[statement.target.pk]:
            if covers(stance.period, statement.said_on) and stance.position != statement.position:
                found[statement.target].append((statement, stance))
    return [Discord(target, said) for target, said in found.items()]
