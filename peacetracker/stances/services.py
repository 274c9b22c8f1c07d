"""Commands that change statements and stances. Each is one transaction and raises `Refused` in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.text import Truncator

from peacetracker.accounts.roles import DECIDE, PUBLISH, require
from peacetracker.actors.models import Actor
from peacetracker.database.fields import period
from peacetracker.database.refusals import Refused, checked
from peacetracker.proposals.models import Target
from peacetracker.stances import evidence_rule
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


def accept_all(statements: Sequence[Statement], by: AbstractBaseUser | None = None) -> None:
    """Accept several statements, or none of them."""
    _decide_all(statements, Statement.State.ACCEPTED, by)


def reject_all(statements: Sequence[Statement], reason: str = "", by: AbstractBaseUser | None = None) -> None:
    """Reject several statements for one reason, or none of them."""
    _decide_all(statements, Statement.State.REJECTED, by, reason)


def _decide(statement: Statement, state: str, by: AbstractBaseUser | None, reason: str = "") -> None:
    _decide_all([statement], state, by, reason)


def _decide_all(statements: Sequence[Statement], state: str, by: AbstractBaseUser | None, reason: str = "") -> None:
    require(by, DECIDE)
    decision = {
        "state": state,
        "rejection_reason": reason,
        "decided_by": by,
        "decided_at": timezone.now(),
    }
    try:
        with checked():
            Statement.objects.filter(pk__in=[statement.pk for statement in statements]).update(**decision)
    except Refused as refusal:
        if refusal.constraint == evidence_rule.CONSTRAINT:
            raise LastEvidence(statements) from refusal
        raise
    for statement in statements:
        for field, value in decision.items():
            setattr(statement, field, value)


class LastEvidence(Refused):
    """A published stance would be left without evidence. Says which, and what to do first."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        super().__init__(evidence_rule.CONSTRAINT)
        keys = [statement.pk for statement in statements]
        self.stances = list(Stance.objects.resting_on(keys).for_display())
        self.others = {
            stance: list(
                Statement.objects.filter(actor=stance.actor_id, target=stance.target_id)
                .exclude(pk__in=keys)
                .exclude(state=Statement.State.REJECTED)
                .order_by("-state", "-said_on")[:3]
            )
            for stance in self.stances
        }

    def __str__(self) -> str:
        return " ".join([super().__str__(), *(self._way_out(stance) for stance in self.stances)])

    def _way_out(self, stance: Stance) -> str:
        words = f"{stance}, since {stance.period.lower:%-d %b %Y}, rests on this alone."
        others = [f"no. {s.pk} “{Truncator(s.quote).chars(60)}” ({s.state})" for s in self.others[stance]]
        if not others:
            return f"{words} No other statement is there to add: withdraw stance no. {stance.pk} first."
        return f"{words} Add {' or '.join(others)} to it, or withdraw stance no. {stance.pk} first."


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
    stances = lock_cell(actor, target)
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


def lock_cell(actor: Actor, target: Target) -> list[Stance]:
    """The published stances of a cell, first to last, until the end of the transaction ours alone to change.

    Rows alone are not enough: two first positions have none to lock, and would meet in the exclusion constraint.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"cell {actor.pk} {target.pk}"])
    cell = Stance.objects.published().filter(actor=actor, target=target).select_for_update()
    return list(cell.order_by("period"))


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
    if waiting := [statement for statement in statements if statement.state == Statement.State.CANDIDATE]:
        accept_all(waiting, by)
    return statements
