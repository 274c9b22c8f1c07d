"""What editors do at the desk. Each command is one transaction, leaves one `Decision`, and raises `Refused` in words.

A command carries the version of the statement that its editor saw: whoever comes second is told what happened
meanwhile, and nothing is overwritten. Statements are locked in the order of their numbers and before stances, so that
deciders wait for one another and never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from peacetracker.actors.models import Actor, Alias
from peacetracker.database.refusals import Refused, checked
from peacetracker.desk import coding
from peacetracker.desk.models import Coding, Decision
from peacetracker.desk.undo import Change, Picture, differences, picture
from peacetracker.press.models import Article, Source
from peacetracker.proposals.models import Target
from peacetracker.stances import services as record
from peacetracker.stances.models import CONDITIONAL, Evidence, Stance, Statement
from peacetracker.stances.outlook import outlook

MOST_AT_ONCE = 500  # statements in one bulk action


class Stale(Refused):
    """Somebody else was first. `statement` is how it stands now."""

    def __init__(self, statement: Statement, words: str) -> None:
        self.statement = statement
        super().__init__("seen_as_it_stands", words)


@dataclass
class Group:
    """A candidate with its echoes, decided together, and the rows that the decision can change."""

    original: Statement
    echoes: list[Statement]
    rows: list[QuerySet[Any]] = field(default_factory=list)
    before: Picture = field(default_factory=dict)
    words: str = ""  # what was done

    @property
    def statements(self) -> list[Statement]:
        return [self.original, *self.echoes]

    def watch(self, rows: QuerySet[Any]) -> None:
        """Keep rows as they are before they change."""
        self.rows.append(rows)
        self.before |= picture([rows])

    def made(self, row: Model) -> None:
        """Keep that a row is new."""
        self.rows.append(type(row)._base_manager.filter(pk=row.pk))

    def changes(self) -> list[Change]:
        return differences(self.before, picture(self.rows))


def accept(pk: int, version: int, by: Any) -> Decision:
    """Accept a candidate and its echoes as evidence."""
    with _change(pk, version, by, "accept") as (group, decision):
        record.accept_all(group.statements, by)
        group.words = f"Accepted: {group.original}."
    return decision


def reject(pk: int, version: int, reason: str, by: Any) -> Decision:
    with _change(pk, version, by, "reject") as (group, decision):
        record.reject_all(group.statements, reason.strip()[:300], by)
        group.words = f"Rejected: {group.original}."
    return decision


def accept_and_record(pk: int, version: int, by: Any) -> Decision:
    """Accept a candidate with its echoes, and let a stance rest on them: the one held, or a new one from its day on.

    Without the right to publish the new stance is a draft, for a chief editor to publish.
    """
    with _change(pk, version, by, "record") as (group, decision):
        said = group.original
        if said.actor is None or said.target is None or said.said_on is None:
            raise Refused("accepted_statement_has_actor_target_and_date")
        cell = record.lock_cell(said.actor, said.target)
        view = outlook(cell, said.said_on)
        if view.running and view.confirms(said.position, said.condition):
            record.corroborate(view.running, group.statements, by)
            group.words = f"Accepted as further evidence: {said}."
        else:
            stance = record.accept_and_record(
                said.actor,
                said.target,
                said.said_on,
                said.position,
                evidence=group.statements,
                by=by,
                condition=said.condition,
            )
            draft = "" if stance.published else ", as a draft for a chief editor to publish"
            group.words = f"Accepted and recorded{draft}: {said}."
    return decision


def correct(pk: int, version: int, values: Mapping[str, Any], by: Any, *, alias: str = "", term: str = "") -> Decision:
    """Change fields of a candidate; its echoes follow in all but what is of their own article.

    An actor or target among the values may be new: it is saved on the way. `alias` and `term` are words of the article
    by which the actor and the target are to be known from now on.
    """
    values = dict(values)
    if values.get("position") and values["position"] not in CONDITIONAL:
        values["condition"] = ""
    own = {name: values.pop(name) for name in ("start", "end", "quote", "direct") if name in values}
    with _change(pk, version, by, "correct") as (group, decision):
        _learn_term(group, values.get("target"), term)
        _save_new(group, values)
        _learn_alias(group, values.get("actor"), alias)
        Statement.objects.filter(pk=pk).update(**own, **values)
        Statement.objects.filter(pk__in=[echo.pk for echo in group.echoes]).update(**values)
        group.words = f"Corrected: {Statement.objects.for_display().get(pk=pk)}."
    return decision


def _save_new(group: Group, values: Mapping[str, Any]) -> None:
    for row in (values.get("actor"), values.get("target")):
        if row is not None and row.pk is None:
            row.save(force_insert=True)
            group.made(row)


def _learn_term(group: Group, target: Target | None, term: str) -> None:
    if not term or target is None or term in target.terms:
        return
    target.terms = [*target.terms, term]
    if target.pk is not None:
        group.watch(Target.objects.filter(pk=target.pk))
        Target.objects.filter(pk=target.pk).update(terms=target.terms)


def _learn_alias(group: Group, actor: Actor | None, alias: str) -> None:
    language = group.original.article.language or "en"
    if alias and actor and not Alias.objects.filter(text__iexact=alias, language=language).exists():
        group.made(Alias.objects.create(actor=actor, text=alias, language=language))


def grade(pk: int, version: int, credibility: int | None, by: Any) -> Decision:
    """How credible a statement is (1 to 6), whatever is decided of it."""
    with _change(pk, version, by, "grade", waiting=False) as (group, decision):
        Statement.objects.filter(pk=pk).update(credibility=credibility)
        group.words = f"Graded {credibility or 'ungraded'}: {group.original}."
    return decision


def split(pk: int, version: int, by: Any) -> None:
    """Part an echo from its original: it is decided on its own from now on."""
    with checked():
        echo = _locked(Statement.objects.filter(pk=pk))[0]
        _seen(echo, version)
        Statement.objects.filter(pk=pk).update(echo_of=None)


def grade_source(source: Source, reliability: str, by: Any) -> Decision:
    """How reliable a source is, A to F."""
    rows = [Source.objects.filter(pk=source.pk)]
    with checked():
        before = picture(rows)
        rows[0].update(reliability=reliability)
        words = f"Source graded {reliability}: {source}."
        return _keep("source", by, words, None, differences(before, picture(rows)))


def add(article: Article, values: Mapping[str, Any], by: Any) -> tuple[Statement, Decision]:
    """A statement that the machine missed: a candidate, made by an editor."""
    with checked():
        for row in (values.get("actor"), values.get("target")):
            if row is not None and row.pk is None:
                row.save(force_insert=True)
        statement = Statement.objects.create(article=article, **values)
        rows = [Statement.objects.filter(pk=statement.pk)]
        return statement, _keep("add", by, f"Added: {statement}.", statement, differences({}, picture(rows)))


def code(pk: int, version: int, accepted: bool, values: Mapping[str, Any], by: Any, reason: str = "") -> str:
    """Keep what one of two blind editors finds; where the second agrees, decide so. Says in words what came of it."""
    with checked():
        statement = _locked(Statement.objects.filter(pk=pk))[0]
        _seen(statement, version)
        others = list(statement.codings.filter(settled=False).exclude(editor=by))
        if statement.state != Statement.State.CANDIDATE or len(others) >= coding.CODERS:
            raise Stale(statement, "Two editors have coded this already.")
        mine = _coding(statement, accepted, values, by, reason)
        if not others:
            return "Coded. It waits for a second editor."
        if not coding.agree(mine, others[0]):
            return "Coded. The two codings differ: see Differences."
        settle(statement.pk, mine, by)
        return "Coded. Both editors agree, so it is decided."


def _coding(statement: Statement, accepted: bool, values: Mapping[str, Any], by: Any, reason: str) -> Coding:
    _refuse_new(values)
    found = {name: values.get(name, getattr(statement, name)) for name in coding.FIELDS}
    if found["position"] not in CONDITIONAL:
        found["condition"] = ""
    if accepted and not (found["actor"] and found["target"] and statement.said_on):
        raise Refused("accepted_statement_has_actor_target_and_date")
    return Coding.objects.update_or_create(
        statement=statement, editor=by, defaults={"accepted": accepted, "reason": reason[:300], **found}
    )[0]


def _refuse_new(values: Mapping[str, Any]) -> None:
    """A blind coding makes nothing that the other editor would see."""
    if any(row is not None and row.pk is None for row in (values.get("actor"), values.get("target"))):
        raise Refused("codings_name_what_is_known", "A double-coded article takes actors and targets of the record.")


def settle(pk: int, chosen: Coding, by: Any) -> Decision:
    """Decide a double-coded candidate as one of its codings says."""
    with checked():
        version = Statement.objects.select_for_update().get(pk=pk).version
        with _change(pk, version, by, "settle") as (group, decision):
            if chosen.accepted:
                found = {name: getattr(chosen, name) for name in coding.FIELDS}
                Statement.objects.filter(pk__in=[s.pk for s in group.statements]).update(**found)
                record.accept_all(group.statements, by)
            else:
                record.reject_all(group.statements, chosen.reason, by)
            group.words = f"Settled, {'accepted' if chosen.accepted else 'rejected'}: {group.original}."
        Coding.objects.filter(statement=pk).update(settled=True)
    return decision


@dataclass(frozen=True)
class Bulk:
    """What a bulk action did, and what it had to leave."""

    decision: Decision | None
    done: int
    left: list[str]


def decide_many(seen: Mapping[int, int], verb: str, by: Any, reason: str = "") -> Bulk:
    """Accept or reject candidates, given as number → version. What cannot be is left, and told."""
    chosen = dict(list(seen.items())[:MOST_AT_ONCE])
    with checked():
        found = _locked(Statement.objects.filter(Q(pk__in=chosen) | Q(echo_of__in=chosen)))
        left = {s.pk: words for s in found if s.pk in chosen and (words := _obstacle(s, chosen[s.pk], verb))}
        ready = [s for s in found if (s.pk if s.pk in chosen else s.echo_of_id) not in left]
        ready = [s for s in ready if s.state == Statement.State.CANDIDATE]
        done = sum(s.pk in chosen for s in ready)
        if not ready:
            return Bulk(None, 0, list(left.values()))
        rows = [Statement.objects.filter(pk__in=[s.pk for s in ready])]
        before = picture(rows)
        if verb == "accept":
            record.accept_all(ready, by)
        else:
            record.reject_all(ready, reason, by)
        words = f"{'Accepted' if verb == 'accept' else 'Rejected'} {done} candidates at once."
        decision = _keep(f"{verb}_many", by, words, None, differences(before, picture(rows)))
    return Bulk(decision, done, list(left.values()))


def _obstacle(statement: Statement, version: int, verb: str) -> str:
    if statement.state != Statement.State.CANDIDATE:
        return f"{statement}: {statement.state} meanwhile."
    if statement.version != version:
        return f"{statement}: changed meanwhile."
    complete = statement.actor_id and statement.target_id and statement.said_on
    if verb == "accept" and not complete:
        return f"{statement}: lacks an actor, a target or a day."
    return ""


@contextmanager
def _change(pk: int, version: int, by: Any, verb: str, *, waiting: bool = True) -> Iterator[tuple[Group, Decision]]:
    """Lock a candidate with its echoes, check that it is what its editor saw, and keep what the block changes."""
    decision = Decision(editor=by, verb=verb)
    with checked():
        found = _locked(Statement.objects.filter(Q(pk=pk) | Q(echo_of=pk, state=Statement.State.CANDIDATE)))
        original = next(statement for statement in found if statement.pk == pk)
        if waiting and original.state != Statement.State.CANDIDATE:
            raise Stale(original, _decided(original))
        _seen(original, version)
        group = Group(original, [statement for statement in found if statement.pk != pk])
        for rows in _affected(group):
            group.watch(rows)
        yield group, decision
        decision.words = group.words[:500]
        decision.statement = original
        decision.changes = group.changes()
        decision.save()


def _locked(statements: QuerySet[Statement]) -> list[Statement]:
    rows = statements.select_for_update(of=("self",)).select_related("actor", "target__proposal", "decided_by")
    return list(rows.order_by("pk"))


def _seen(statement: Statement, version: int) -> None:
    if statement.version != version:
        raise Stale(
            statement,
            "Somebody changed this while you had it open. It is shown as it stands now, and what you typed is kept: "
            "look again and repeat what is still needed.",
        )


def _decided(statement: Statement) -> str:
    who = f" by {statement.decided_by}" if statement.decided_by else ""
    when = f" at {timezone.localtime(statement.decided_at):%H:%M}" if statement.decided_at else ""
    return f"This statement is {statement.get_state_display()} already{who}{when}. Undo that first to decide again."


def _affected(group: Group) -> list[QuerySet[Any]]:
    """The rows that a decision on a group can change."""
    keys = [statement.pk for statement in group.statements]
    cell = {"actor": group.original.actor_id, "target": group.original.target_id}
    return [
        Statement.objects.filter(pk__in=keys),
        Stance.objects.filter(**cell),
        Evidence.objects.filter(statement__in=keys),
    ]


def _keep(verb: str, by: Any, words: str, statement: Statement | None, changes: list[Any]) -> Decision:
    return Decision.objects.create(editor=by, verb=verb, words=words[:500], statement=statement, changes=changes)
