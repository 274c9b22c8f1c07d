"""What workers do. A task carries an id, calls a service and hands on to the next queue; it can run twice."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from peacetracker.extraction.llm import configured
from peacetracker.ingest import polling, services, watch
from peacetracker.ingest.broker import memory
from peacetracker.press import services as press
from peacetracker.press.models import Article, Feed

MOST_AT_ONCE = 1000
MOST_WAITING = 100
_WAITING = {"fetch": [Article.State.QUEUED, Article.State.FETCHED], "extract": [Article.State.PARSED]}


@shared_task
def fetch_articles(keys: list[int]) -> None:
    """Fetch and parse, then hand on to extraction."""
    send(services.advance_all(keys, until=Article.State.PARSED), Article.State.PARSED)


@shared_task
def extract_articles(keys: list[int]) -> None:
    services.advance_all(keys, until=Article.State.EXTRACTED)


@shared_task
def send_due() -> None:
    """Send what is due: what was just submitted, what a host was too busy for, what a worker died with."""
    lost_after = dt.timedelta(seconds=settings.RESEND_SECONDS)
    for queue, states in _WAITING.items():
        # While messages wait in the queue, theirs may be among them; in an empty one they are not.
        waiting = memory().llen(queue)
        due = Article.objects.filter(state__in=states).to_be_sent(lost_after=None if waiting else lost_after)
        rows = _spread(due.values_list("pk", "url", "attempts")[:MOST_AT_ONCE])
        send([key for key, attempts in rows if not attempts], states[0])
        for key in (key for key, attempts in rows if attempts):  # it may have killed its worker, and all in its batch
            send([key], states[0])


def _spread(rows: Iterable[tuple[int, str, int]]) -> list[tuple[int, int]]:
    """Keys and attempts, in turns from all hosts: those of one would wait for one another."""
    taken: Counter[str] = Counter()

    def turn(row: tuple[int, str, int]) -> int:
        host = urlsplit(row[1]).netloc
        taken[host] += 1
        return taken[host]

    return [(key, attempts) for key, _, attempts in sorted(rows, key=turn)]


@shared_task
def poll_due() -> None:
    """Hand out the feeds that are due. A batch that no worker takes before its claim runs out is not worth polling."""
    for keys in polling.claim_due(MOST_AT_ONCE):
        poll_feeds.apply_async([keys], expires=polling.CLAIM.total_seconds())


@shared_task
def poll_feeds(keys: list[int]) -> None:
    with watch.step("poll") as run:
        run.number = len(keys)
        polling.poll(Feed.objects.filter(pk__in=keys, enabled=True))


@shared_task
def extract_waiting() -> None:
    """Take up articles that no extractor could read, where there is a language model now: a hundred at a time."""
    if not configured():
        return
    oldest = Article.objects.filter(state=Article.State.WAITING).order_by("state_changed_at").values("pk")
    press.take_up(Article.objects.filter(pk__in=list(oldest.values_list("pk", flat=True)[:MOST_WAITING])))


@shared_task
def forget_old_runs() -> None:
    watch.forget_old()


def send(keys: Sequence[int], state: str) -> None:
    """Queue articles for the step that they wait for in that state.

    The first message is half as long as the others: processes that begin at once would wait for their pages at once,
    time after time.
    """
    Article.objects.filter(pk__in=keys).update(sent_at=timezone.now())
    task, together = (extract_articles, 5) if state == Article.State.PARSED else (fetch_articles, 40)
    for first in range(-(together // 2), len(keys), together):
        if batch := keys[max(first, 0) : first + together]:
            task.delay(batch)
