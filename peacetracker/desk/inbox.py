"""What waits for an editor: candidates with their passage, and what the record says beside each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Max, QuerySet
from django.utils import timezone

from peacetracker.actors.models import Actor
from peacetracker.dashboard.evidence import Exhibit, exhibit
from peacetracker.press.models import Article
from peacetracker.proposals.models import Process, Target
from peacetracker.stances.models import Stance, Statement
from peacetracker.stances.outlook import Outlook, outlook

ARTICLES_A_PAGE = 10
FILTERS = {"process": "target__process__slug", "actor": "actor__slug", "target": "target__slug"}


@dataclass(frozen=True)
class Item:
    """One candidate and what deciding it would do."""

    exhibit: Exhibit
    now: Stance | None  # what the record says today
    outlook: Outlook | None  # what recording it would change; None where something is missing

    @property
    def statement(self) -> Statement:
        return self.exhibit.statement

    @property
    def missing(self) -> str:
        """What it lacks to be accepted."""
        statement = self.statement
        lacks = {"actor": statement.actor_id, "target": statement.target_id, "day": statement.said_on}
        return ", ".join(name for name, value in lacks.items() if not value)

    @property
    def confirms(self) -> bool:
        """It says what the record says of that day: more evidence, and no new position."""
        statement = self.statement
        return self.outlook is not None and self.outlook.confirms(statement.position, statement.condition)


@dataclass(frozen=True)
class Batch:
    """The candidates of one article."""

    article: Article
    items: list[Item]


def candidates(filters: Mapping[str, str]) -> QuerySet[Statement]:
    """Candidates that meet the filters of the address."""
    wanted = {FILTERS[name]: value for name, value in filters.items() if name in FILTERS and value}
    return Statement.objects.candidates().filter(**wanted)


def page_of(waiting: QuerySet[Statement], number: Any) -> Page[Any]:
    """A page of articles with candidates, the one that was added to last first."""
    articles = waiting.order_by().values("article").annotate(newest=Max("added_at"))
    return Paginator(articles.order_by("-newest", "-article"), ARTICLES_A_PAGE).get_page(number)


def batches(waiting: QuerySet[Statement], page: Page[Any]) -> list[Batch]:
    """The candidates of a page's articles, in the order of the page and of the text."""
    keys = [row["article"] for row in page]
    found = defaultdict(list)
    for item in items(waiting.filter(article__in=keys).order_by("start", "pk")):
        found[item.statement.article_id].append(item)
    return [Batch(found[key][0].statement.article, found[key]) for key in keys if key in found]


def items(statements: QuerySet[Statement]) -> list[Item]:
    """Statements with their passages and the stances beside them: two queries."""
    shown = list(statements.for_display().select_related("decided_by").with_passage())  # type: ignore[attr-defined]
    cells = _cells(shown)
    today = timezone.localdate()
    return [_item(statement, cells[statement.actor_id, statement.target_id], today) for statement in shown]


def _item(statement: Statement, cell: list[Stance], today: Any) -> Item:
    complete = statement.actor_id and statement.target_id and statement.said_on
    return Item(
        exhibit=exhibit(statement, cell),
        now=outlook(cell, today).running,
        outlook=outlook(cell, statement.said_on) if complete and statement.said_on else None,
    )


def _cells(statements: Iterable[Statement]) -> Mapping[tuple[int | None, int | None], list[Stance]]:
    """The published stances of the statements' actors on their targets."""
    actors, targets = {s.actor_id for s in statements}, {s.target_id for s in statements}
    cells: defaultdict[tuple[int | None, int | None], list[Stance]] = defaultdict(list)
    stances = Stance.objects.published().filter(actor__in=actors - {None}, target__in=targets - {None})
    for stance in stances.order_by("period"):
        cells[stance.actor_id, stance.target_id].append(stance)
    return cells


def choices() -> dict[str, QuerySet[Any]]:
    """What the filters offer: only what some candidate has."""
    waiting = Statement.objects.candidates()
    return {
        "process": Process.objects.filter(targets__in=waiting.values("target")).distinct(),
        "actor": Actor.objects.filter(pk__in=waiting.values("actor")),
        "target": Target.objects.filter(pk__in=waiting.values("target")).select_related("proposal"),
    }
