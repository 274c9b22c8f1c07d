from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone

from peacetracker.press.addresses import address_key
from peacetracker.press.states import UNFINISHED

if TYPE_CHECKING:
    from peacetracker.press.models import Address, Article, Feed  # noqa: F401


class AddressQuerySet(models.QuerySet["Address"]):
    def remember(self, pairs: Iterable[tuple[Article, str]]) -> None:
        """Find these articles under these addresses too. An address that is another article's stays its own."""
        self.lead([(address_key(url), article.pk) for article, url in pairs])

    def lead(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Let each key lead to an article, unless it leads to one already."""
        articles = dict(pairs)
        if articles:
            with connection.cursor() as cursor:
                cursor.execute(_REMEMBER, [list(articles), list(articles.values())])

    def led_to(self, keys: Iterable[str]) -> dict[str, int]:
        """Which article each of these keys leads to, if any."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT key, article_id FROM press_address WHERE key = ANY(%s)", [list(keys)])
            return dict(cursor.fetchall())


# Of a row or two, once or twice for each article: making the statement with the ORM takes longer than running it.
_REMEMBER = """
INSERT INTO press_address (key, article_id) SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING
"""


class ArticleQuerySet(models.QuerySet["Article"]):
    def due(self) -> ArticleQuerySet:
        """Unfinished articles whose next step may be taken, the longest waiting first."""
        return self.filter(state__in=UNFINISHED, due_at__lte=timezone.now()).order_by("due_at")

    def to_be_sent(self, *, lost_after: dt.timedelta | None = None) -> ArticleQuerySet:
        """What is due and was not sent since then; or so long ago that the broker must have lost it."""
        unsent = Q(sent_at=None) | Q(sent_at__lt=F("due_at"))
        lost = Q(sent_at__lt=timezone.now() - lost_after) if lost_after is not None else Q(pk__in=[])
        return self.due().filter(unsent | lost)

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
        return self.filter(self.condition(health))

    @staticmethod
    def condition(health: str) -> Q:
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
        return chosen
