"""Commands that change statements and stances. Each is one transaction and raises `Refused` in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils import timezone

from peacetracker.actors.models import Actor
from peacetracker.database.fields import period
from peacetracker.database.refusals import Refused, checked
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Evidence, Stance, Statement

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def accept(statement: Statement, by: AbstractBaseUser | None = None) -> None:
    """Decide that a statement counts as evidence. It must have an actor, a target and a date."""
    _decide(statement, Statement.State.ACCEPTED, by)


def reject(statement: Statement, reason: str = "", by: AbstractBaseUser | None = None) -> None:
    """Decide that a statement does not count. Refused while a published stance rests on it alone."""
    _decide(statement, Statement.State.REJECTED, by, reason)


def reopen(statement: Statement, by: AbstractBaseUser | None = None) -> None:
    """Take a decision back. Refused while a published stance rests on the statement alone."""
    _decide(statement, Statement.State.CANDIDATE, by)


def _decide(statement: Statement, state: str, by: AbstractBaseUser | None, reason: str = "") -> None:
    decision = {
        "state": state,
        "rejection_reason": reason,
        "decided_by": by,
        "decided_at": timezone.now(),
    }
    with checked():
        Statement.objects.filter(pk=statement.pk).update(**decision)
    for field, value in decision.items():
        setattr(statement, field, value)


def record_position(
    actor: Actor,
    target: Target,
    from_day: dt.date,
    position: str,
    *,
    evidence: Iterable[Statement],
    condition: str = "",
    note: str = "",
) -> Stance:
    """Record that an actor holds a new position from a day on.

    The published stance that runs on that day ends there; the new one runs until the next stance begins, if one
    does. Refused where a stance already begins on that very day, and without accepted evidence.
    """
    with checked():
        cell = Stance.objects.published().filter(actor=actor, target=target).select_for_update()
        stances = sorted(cell, key=lambda stance: stance.period.lower)
        if any(stance.period.lower == from_day for stance in stances):
            raise Refused("position_begins_once_a_day")
        running = [
            s for s in stances if s.period.lower < from_day and (not s.period.upper or s.period.upper > from_day)
        ]
        later = [stance.period.lower for stance in stances if stance.period.lower > from_day]
        for stance in running:
            stance.period = period(stance.period.lower, from_day)
            stance.save(update_fields=["period"])
        return publish_new(
            actor, target, period(from_day, min(later, default=None)), position, evidence, condition, note
        )


def publish_new(
    actor: Actor,
    target: Target,
    days: object,
    position: str,
    evidence: Iterable[Statement],
    condition: str = "",
    note: str = "",
) -> Stance:
    """A published stance with its evidence, within the caller's transaction."""
    stance = Stance.objects.create(
        actor=actor,
        target=target,
        period=days,
        position=position,
        condition=condition,
        note=note,
        published=True,
    )
    Evidence.objects.bulk_create(Evidence(stance=stance, statement=statement) for statement in evidence)
    return stance


def publish(stance: Stance) -> None:
    """Show a draft to readers. Refused without accepted evidence, or beside a published stance of that time."""
    _set_published(stance, True)


def withdraw(stance: Stance) -> None:
    """Take a stance back from readers; it stays as a draft."""
    _set_published(stance, False)


def _set_published(stance: Stance, published: bool) -> None:
    with checked():
        Stance.objects.filter(pk=stance.pk).update(published=published)
    stance.published = published


def accept_and_record(
    actor: Actor,
    target: Target,
    from_day: dt.date,
    position: str,
    *,
    evidence: Iterable[Statement],
    by: AbstractBaseUser | None = None,
    condition: str = "",
    note: str = "",
) -> Stance:
    """Accept what of the evidence is still a candidate, and record the position that it proves; both or neither."""
    with checked():
        statements = _accepted(evidence, by)
        return record_position(actor, target, from_day, position, evidence=statements, condition=condition, note=note)


def corroborate(stance: Stance, evidence: Iterable[Statement], by: AbstractBaseUser | None = None) -> None:
    """Add to what a stance rests on, accepting what of it is still a candidate."""
    with checked():
        Evidence.objects.bulk_create(
            (Evidence(stance=stance, statement=statement) for statement in _accepted(evidence, by)),
            ignore_conflicts=True,
        )


def _accepted(evidence: Iterable[Statement], by: AbstractBaseUser | None) -> list[Statement]:
    statements = list(evidence)
    for statement in statements:
        if statement.state == Statement.State.CANDIDATE:
            accept(statement, by)
    return statements
