"""What waits for somebody, in numbers with links: the admin's first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from peacetracker.press.models import Article, Feed
from peacetracker.stances.models import Stance, Statement


@dataclass(frozen=True)
class Waiting:
    what: str
    number: int
    address: str


def waiting(user: Any) -> list[Waiting]:
    """What waits that the user may see: one count each."""
    candidates = Statement.objects.candidates()
    piles: list[tuple[str, str, QuerySet[Any], dict[str, str]]] = [
        ("candidates to decide", "stances.statement", candidates, {"state": "candidate"}),
        ("of them with warnings", "stances.statement", candidates.exclude(warnings=[]), {"flagged": "yes"}),
        ("drafts of stances", "stances.stance", Stance.objects.filter(published=False), {"published__exact": "0"}),
        (
            "accepted statements that prove no stance yet",
            "stances.statement",
            Statement.objects.accepted().filter(evidence=None),
            {"state": "accepted", "unused": "yes"},
        ),
        ("articles that failed", "press.article", Article.objects.filter(state="failed"), {"state__exact": "failed"}),
        (
            "feeds with problems",
            "press.feed",
            Feed.objects.filter(enabled=True).exclude(problem=""),
            {"enabled__exact": "1", "problem__isempty": "0"},
        ),
    ]
    seen = [pile for pile in piles if user.has_perm("{}.view_{}".format(*pile[1].split(".")))]
    return [Waiting(what, rows.count(), _list_of(table, query)) for what, table, rows, query in seen]


def _list_of(table: str, query: dict[str, str]) -> str:
    """The admin's list of a table, filtered."""
    return reverse("admin:{}_{}_changelist".format(*table.split("."))) + "?" + urlencode(query)
