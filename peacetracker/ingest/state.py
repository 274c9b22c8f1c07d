"""How the pipeline fares, in numbers: what the operations page, /readyz and /metrics tell. All from the database, so
that it is the same whichever process is asked; only the queues' lengths are the broker's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from peacetracker.celery import app
from peacetracker.ingest.models import Heartbeat
from peacetracker.press.models import Article, Feed
from peacetracker.press.querysets import FeedQuerySet
from peacetracker.press.states import UNFINISHED

QUEUES = ("poll", "fetch", "extract")
PATIENCE = 2  # seconds for the broker


@dataclass(frozen=True)
class Alive:
    """Who has given a sign of life lately."""

    beat: bool
    workers: tuple[str, ...]


def alive() -> Alive:
    names = set(
        Heartbeat.objects.filter(at__gte=timezone.now() - Heartbeat.SILENT_AFTER).values_list("name", flat=True)
    )
    return Alive(beat=Heartbeat.BEAT in names, workers=tuple(sorted(names - {Heartbeat.BEAT})))


def queue_lengths() -> dict[str, int] | None:
    """How many messages wait in each queue; None where the broker does not answer."""
    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    try:
        with app.connection_for_read(transport_options=options, connect_timeout=PATIENCE) as connection:
            return {name: _length(connection, name) for name in QUEUES}
    except Exception:  # whatever a broker's client raises: that it cannot be reached is the answer
        return None


def _length(connection: Any, name: str) -> int:
    try:
        return int(connection.default_channel.queue_declare(name, passive=True).message_count)
    except connection.channel_errors:  # it is made when the first message is sent or waited for
        return 0


def articles_by_state() -> dict[str, int]:
    counts = dict(Article.objects.order_by().values_list("state").annotate(Count("pk")))
    return {state: counts.get(state, 0) for state in Article.State.values}


def feeds_by_health() -> dict[str, int]:
    health = Feed.Health
    counts = Feed.objects.aggregate(
        **{name: Count("pk", filter=FeedQuerySet.condition(name)) for name in health.values}
    )
    return {name: counts[name] for name in health.values}


def oldest_unfinished() -> dt.timedelta | None:
    """For how long the article has been due that has waited longest for its next step."""
    due = Article.objects.filter(state__in=UNFINISHED, due_at__lte=timezone.now()).aggregate(first=Min("due_at"))
    return timezone.now() - due["first"] if due["first"] else None


def longest_overdue() -> dt.timedelta | None:
    """For how long the feed has been due that has waited longest to be polled."""
    first = Feed.objects.due().values_list("next_poll_at", flat=True).first()
    return timezone.now() - first if first else None
