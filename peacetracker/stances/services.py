"""Commands that change statements and stances. Each is one transaction and raises `Refused` in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone
from django.utils.text import Truncator

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
    """Record that an actor holds a new position from a day on.

    The published stance that runs on that day ends there; the new one runs until the next stance begins, if one
    does. Refused where a stance already begins on that very day, and without accepted evidence.
    """
    with checked():
        stances = lock_cell(actor, target)
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


def lock_cell(actor: Actor, target: Target) -> list[Stance]:
    """The published stances of a cell, first to last, until the end of the transaction ours alone to change.

    Rows alone are not enough: two first positions have none to lock, and would meet in the exclusion constraint.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"cell {actor.pk} {target.pk}"])
    cell = Stance.objects.published().filter(actor=actor, target=target).select_for_update()
    return list(cell.order_by("period"))


def propose_position(
    actor: Actor,
    target: Target,
    from_day: dt.date,
    position: str,
    *,
    evidence: Iterable[Statement],
    by: AbstractBaseUser | None = None,
    condition: str = "",
) -> Stance:
    """Accept what of the evidence is still a candidate, and draft the position that it proves."""
    with checked():
        statements = _accepted(evidence, by)
        stance = Stance.objects.create(
            actor=actor, target=target, period=period(from_day, None), position=position, condition=condition
        )
        Evidence.objects.bulk_create(Evidence(stance=stance, statement=statement) for statement in statements)
    return stance


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
    if waiting := [statement for statement in statements if statement.state == Statement.State.CANDIDATE]:
        accept_all(waiting, by)
    return statements
