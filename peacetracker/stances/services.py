"""Commands that change statements and stances. Each is one transaction and raises `Refused` in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from peacetracker.accounts.roles import DECIDE, PUBLISH, require
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
    require(by, DECIDE)
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
    """Record and publish that an actor holds a new position from a day on.

    The published stance that runs on that day ends there; the new one runs until the next stance begins, if one
    does. Refused where a stance already begins on that very day, and without accepted evidence.
    """
    with checked():
        days = _make_way(actor, target, period(from_day, None))
        return publish_new(actor, target, days, position, evidence, condition, note)


def _make_way(actor: Actor, target: Target, days: DateRange) -> DateRange:
    """End the published stance that runs when a new one begins; says how long the new one can run.

    A new stance that ends before the running one is left to the constraint, which refuses it: what the actor held
    after it would be lost.
    """
    cell = Stance.objects.published().filter(actor=actor, target=target).select_for_update()
    stances = sorted(cell, key=lambda stance: stance.period.lower)
    if any(stance.period.lower == days.lower for stance in stances):
        raise Refused("position_begins_once_a_day")
    for stance in stances:
        until = stance.period.upper
        runs = stance.period.lower < days.lower and (not until or until > days.lower)
        if runs and (not days.upper or (until and until <= days.upper)):
            stance.period = period(stance.period.lower, days.lower)
            stance.save(update_fields=["period"])
    ends = [stance.period.lower for stance in stances if stance.period.lower > days.lower]
    return period(days.lower, min([*ends, *([days.upper] if days.upper else [])], default=None))


def draft_position(
    actor: Actor,
    target: Target,
    from_day: dt.date,
    position: str,
    *,
    evidence: Iterable[Statement],
    condition: str = "",
    note: str = "",
) -> Stance:
    """Record a new position as a draft, which changes no other stance before somebody publishes it."""
    with checked():
        if Stance.objects.published().filter(actor=actor, target=target, period__startswith=from_day).exists():
            raise Refused("position_begins_once_a_day")
        return _new(actor, target, period(from_day, None), position, evidence, condition, note, published=False)


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
    return _new(actor, target, days, position, evidence, condition, note, published=True)


def _new(
    actor: Actor,
    target: Target,
    days: object,
    position: str,
    evidence: Iterable[Statement],
    condition: str,
    note: str,
    *,
    published: bool,
) -> Stance:
    stance = Stance.objects.create(
        actor=actor,
        target=target,
        period=days,
        position=position,
        condition=condition,
        note=note,
        published=published,
    )
    Evidence.objects.bulk_create(Evidence(stance=stance, statement=statement) for statement in evidence)
    return stance


def publish(stance: Stance, by: AbstractBaseUser | None = None) -> None:
    """Show a draft to readers. The published stance that runs when it begins ends there, as in `record_position`.

    Refused without accepted evidence, and where a published stance begins on the same day.
    """
    require(by, PUBLISH)
    if stance.published:
        return
    with checked():
        days = _make_way(stance.actor, stance.target, stance.period)
        Stance.objects.filter(pk=stance.pk).update(published=True, period=days)
    stance.published, stance.period = True, days


def withdraw(stance: Stance, by: AbstractBaseUser | None = None) -> None:
    """Take a stance back from readers; it stays as a draft."""
    require(by, PUBLISH)
    with checked():
        Stance.objects.filter(pk=stance.pk).update(published=False)
    stance.published = False


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
    """Accept what of the evidence is still a candidate, and record the position that it proves; both or neither.

    It is published at once if that is theirs to do (`PUBLISH`); otherwise it is a draft that waits for a chief editor.
    """
    record = record_position if by is None or by.has_perm(PUBLISH) else draft_position  # type: ignore[attr-defined]
    with checked():
        statements = _accepted(evidence, by)
        return record(actor, target, from_day, position, evidence=statements, condition=condition, note=note)


def corroborate(stance: Stance, evidence: Iterable[Statement], by: AbstractBaseUser | None = None) -> None:
    """Add to what a stance rests on, accepting what of it is still a candidate."""
    require(by, DECIDE)
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
