"""The open article: its text with every statement marked, and each candidate beside what the record says now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from peacetracker.desk import coding
from peacetracker.desk.marking import Piece, pieces
from peacetracker.desk.models import Coding, Decision
from peacetracker.press.models import Article
from peacetracker.stances.models import Position, Stance, Statement
from peacetracker.stances.outlook import Outlook, outlook

MOST_BESIDE = 8  # statements of a cell shown beside a candidate
Cell = tuple[int | None, int | None]


@dataclass
class Item:
    """A statement and what deciding it would do."""

    statement: Statement
    now: Stance | None  # what the record says today
    outlook: Outlook | None  # what recording it would change; None where something is missing
    agreeing: list[Statement] = field(default_factory=list)
    contradicting: list[Statement] = field(default_factory=list)
    echoes: list[Statement] = field(default_factory=list)
    decision: Decision | None = None  # the last one about it, where it can be undone
    coding: Coding | None = None  # this editor's own, in a double-coded article

    @property
    def missing(self) -> str:
        """What it lacks to be accepted."""
        statement = self.statement
        lacks = {"actor": statement.actor_id, "target": statement.target_id, "day": statement.said_on}
        return ", ".join(name for name, value in lacks.items() if not value)

    @property
    def state(self) -> str:
        """`waiting` for this editor, `coded` by them, an `echo` of another, or as it was decided."""
        if self.statement.state != Statement.State.CANDIDATE:
            return self.statement.state
        if self.coding:
            return "coded"
        return "echo" if self.statement.echo_of_id else "waiting"

    @property
    def waits(self) -> bool:
        return self.state == "waiting"

    @property
    def confirms(self) -> bool:
        """It says what the record says of that day: more evidence, and no new position."""
        statement = self.statement
        return self.outlook is not None and self.outlook.confirms(statement.position, statement.condition)

    @property
    def can_record(self) -> bool:
        return self.outlook is not None and (self.confirms or not self.outlook.taken)

    @property
    def sources(self) -> list[Article]:
        """The articles that carry it: its own first."""
        return [self.statement.article, *(echo.article for echo in self.echoes)]


@dataclass
class Workspace:
    """All that the page shows of one article."""

    article: Article
    pieces: list[Piece]
    items: list[Item]
    copies: list[Article]
    double: bool

    @property
    def left(self) -> int:
        return sum(item.waits for item in self.items)


def workspace(article_key: int, editor: Any) -> Workspace | None:
    """An article with its statements, in the order of the text; None where there is no such article."""
    articles = Article.objects.select_related("source", "claim__editor", "assignment__editor").defer("search")
    article = articles.filter(pk=article_key).first()
    if article is None:
        return None
    shown = items(article.statements.all().order_by("start", "pk"), editor)
    spans = [(s.pk, s.start, s.end) for s in (item.statement for item in shown) if s.former_text_id is None]
    return Workspace(
        article=article,
        pieces=pieces(article.text, spans),
        items=shown,
        copies=list(article.copies.select_related("source").defer("text", "search")[:20]),
        double=coding.is_double(article.pk),
    )


def items(statements: QuerySet[Statement], editor: Any) -> list[Item]:
    """Statements with the stances, other statements, echoes and decisions beside them: six queries, however many."""
    lean = statements.without_texts()  # type: ignore[attr-defined]
    shown = list(lean.select_related("decided_by", "echo_of"))
    keys = [statement.pk for statement in shown]
    stances, beside = _stances(shown), _beside(shown)
    echoes = _by_statement(Statement.objects.filter(echo_of__in=keys).without_texts(), "echo_of_id")
    decisions = {d.statement_id: d for d in _decisions(keys)}
    codings = {c.statement_id: c for c in Coding.objects.filter(statement__in=keys, editor=editor, settled=False)}
    today = timezone.localdate()
    found = []
    for statement in shown:
        cell = (statement.actor_id, statement.target_id)
        item = _item(statement, stances[cell], beside[cell], today)
        item.echoes, item.decision = echoes[statement.pk], decisions.get(statement.pk)
        item.coding = codings.get(statement.pk)
        found.append(item)
    return found


def _item(statement: Statement, stances: list[Stance], beside: list[Statement], today: dt.date) -> Item:
    complete = bool(statement.actor_id and statement.target_id and statement.said_on)
    others = [other for other in beside if other.pk != statement.pk and other.echo_of_id != statement.pk]
    return Item(
        statement=statement,
        now=outlook(stances, today).running,
        outlook=outlook(stances, statement.said_on) if complete and statement.said_on else None,
        agreeing=[other for other in others if _side(other) * _side(statement) >= 0],
        contradicting=[other for other in others if _side(other) * _side(statement) < 0],
    )


def _side(statement: Statement) -> int:
    value = Position(statement.position).value_of
    return (value > 0) - (value < 0)


def _of_cells(statements: Iterable[Statement]) -> Q:
    statements = list(statements)
    actors, targets = {s.actor_id for s in statements}, {s.target_id for s in statements}
    return Q(actor__in=actors - {None}, target__in=targets - {None})


def _stances(statements: Iterable[Statement]) -> Mapping[Cell, list[Stance]]:
    """The published stances of the statements' actors on their targets."""
    cells: defaultdict[Cell, list[Stance]] = defaultdict(list)
    for stance in Stance.objects.published().filter(_of_cells(statements)).order_by("period"):
        cells[stance.actor_id, stance.target_id].append(stance)
    return cells


def _beside(statements: Iterable[Statement]) -> Mapping[Cell, list[Statement]]:
    """The newest accepted statements of the same actors on the same targets, a few of each."""
    newest = Window(RowNumber(), partition_by=[F("actor"), F("target")], order_by=[F("said_on").desc(), F("pk").desc()])
    found = Statement.objects.accepted().filter(_of_cells(statements)).annotate(rank=newest)
    cells: defaultdict[Cell, list[Statement]] = defaultdict(list)
    for statement in found.filter(rank__lte=MOST_BESIDE).without_texts().order_by("-said_on"):
        cells[statement.actor_id, statement.target_id].append(statement)
    return cells


def _by_statement(rows: Iterable[Statement], key: str) -> Mapping[int, list[Statement]]:
    found: defaultdict[int, list[Statement]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


def _decisions(keys: list[int]) -> list[Decision]:
    """The newest decision about each statement last, so that it wins."""
    decided = Decision.objects.filter(statement__in=keys, undone_at=None).defer("changes").order_by("at", "pk")
    return [decision for decision in decided if decision.can_be_undone]
