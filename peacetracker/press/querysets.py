from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import models
from django.db.models import F
from django.utils import timezone

if TYPE_CHECKING:
    from peacetracker.press.models import Article, Feed  # noqa: F401


class ArticleQuerySet(models.QuerySet["Article"]):
    def unfinished(self, *, idle_for: dt.timedelta = dt.timedelta(0)) -> ArticleQuerySet:
        """Articles that the pipeline has not finished and that nothing has moved for a while."""
        return self.filter(state__in=["queued", "fetched", "parsed"], state_changed_at__lte=timezone.now() - idle_for)

    def readable(self) -> ArticleQuerySet:
        """Articles that readers see: those that hold evidence."""
        # Several accepted statements must not make an article appear several times.
        return self.filter(pk__in=self.model.objects.filter(statements__state="accepted").values("pk"))

    def matching(self, words: str) -> ArticleQuerySet:
        """Articles that speak of `words`, best first, with the passage that does."""
        query = SearchQuery(words, config="english", search_type="websearch")
        return (
            self.filter(search=query).annotate(rank=SearchRank(F("search"), query)).order_by("-rank", "-published_on")
        )


class FeedQuerySet(models.QuerySet["Feed"]):
    def due(self) -> FeedQuerySet:
        """Feeds that are to be polled now, the longest waiting first."""
        return self.filter(enabled=True, next_poll_at__lte=timezone.now()).order_by("next_poll_at")

    def of_health(self, health: str) -> FeedQuerySet:
        """Feeds that fare so: the conditions of `Feed.health`, in its order."""
        conditions = {
            "retired": Q(enabled=False, retired_at__isnull=False),
            "off": Q(enabled=False),
            "failing": Q(failures__gt=0),
            "odd": Q(problem__gt=""),
            "well": Q(polled_at__isnull=False),
            "new": Q(polled_at=None),
        }
        before = list(conditions)[: list(conditions).index(health)]
        chosen = conditions[health]
        for name in before:
            chosen &= ~conditions[name]
        return self.filter(chosen)
