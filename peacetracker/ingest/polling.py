"""Polling feeds: who is due, what their servers answer, and what is kept of it.

A claim moves `next_poll_at` ahead, so that no two workers poll a feed at once and one whose worker dies is due again
when the claim runs out. What a poll finds is stored for many feeds at once, in one transaction.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pghistory
from django.db import connection, transaction
from django.utils import timezone

from peacetracker.ingest import arrivals
from peacetracker.ingest import feeds as reading
from peacetracker.ingest.arrivals import Arrival
from peacetracker.ingest.crowd import Answer, Unreachable, fetch_many
from peacetracker.ingest.feeds import BadFeed, Contents, Item, schedule
from peacetracker.ingest.fetch import FEEDS, FetchProblem, Request, Response, fetch
from peacetracker.press.models import Feed

log = logging.getLogger(__name__)

CLAIM = dt.timedelta(minutes=10)
BATCH = 200  # feeds a task
MOST_OF_A_HOST = 60  # feeds of one host that are claimed at once: more would wait for their turns in vain
STORED_AT_ONCE = 100
MOST_ITEMS = 1000  # that a poll takes from a feed: its newest
GONE = 410


@dataclass
class Outcome:
    """What a poll of one feed found, before it is stored."""

    feed: Feed
    status: int = 0
    arriving: Sequence[Arrival] = ()
    notes: tuple[str, ...] = ()
    problem: FetchProblem | BadFeed | None = None
    headers: Any = field(default_factory=dict)
    url: str = ""  # where it has moved for good
    new: int = 0

    @property
    def unreachable(self) -> bool:
        return isinstance(self.problem, Unreachable)

    def __str__(self) -> str:
        if self.problem:
            return f"{self.feed.url}: {self.problem}"
        if self.status == 304:
            return f"{self.feed.url}: unchanged"
        said = f"{self.new} new of {len(self.arriving)}"
        return f"{self.feed.url}: {'; '.join([said, *self.notes])}"


# Who is polled.


def claim_due(most: int) -> list[list[int]]:
    """Claim feeds that are due; their keys in batches. A host's feeds share a batch: turns are taken one by one."""
    with transaction.atomic():
        due = list(Feed.objects.due().select_for_update(skip_locked=True, of=("self",)).values_list("pk", "url")[:most])
        by_host: defaultdict[str, list[int]] = defaultdict(list)
        for pk, url in due:
            of_host = by_host[urlsplit(url).netloc]
            if len(of_host) < MOST_OF_A_HOST:
                of_host.append(pk)
        Feed.objects.filter(pk__in=[pk for keys in by_host.values() for pk in keys]).update(
            next_poll_at=timezone.now() + CLAIM
        )
    return _batches(by_host.values())


def _batches(hosts: Iterable[list[int]]) -> list[list[int]]:
    batches: list[list[int]] = []
    for keys in hosts:
        if batches and len(batches[-1]) + len(keys) <= BATCH:
            batches[-1] += keys
        else:
            batches.append(list(keys))
    return batches


# Polling.


def poll(feeds: Iterable[Feed], on_outcome: Callable[[Outcome], None] = lambda outcome: None) -> Counter[str]:
    """Poll feeds whatever their due date and store what they bring; how many brought news, failed and so on.

    Never raises for what is wrong with a feed: that is noted on its row.
    """
    feeds = list(feeds)
    counts: Counter[str] = Counter()
    held_back: list[Outcome] = []  # until it is known whether it is they or we who are offline
    ready: list[Outcome] = []
    for outcome in _outcomes(feeds):
        (held_back if outcome.unreachable else ready).append(outcome)
        if len(ready) >= STORED_AT_ONCE:
            counts += _store(ready, on_outcome)
            ready = []
    offline = _offline(held_back, len(feeds))
    counts += _store(ready, on_outcome) + _store(held_back, on_outcome, offline=offline)
    if offline:
        log.warning("none of %s hosts could be reached: this machine seems to be offline", len(_hosts(held_back)))
    return counts


def _hosts(outcomes: Iterable[Outcome]) -> set[str]:
    return {urlsplit(outcome.feed.url).netloc for outcome in outcomes}


def _offline(unreachable: list[Outcome], polled: int) -> bool:
    """Several hosts, and nobody at any of them: it is not they who are down."""
    return len(unreachable) == polled and len(_hosts(unreachable)) >= 3


def _outcomes(feeds: Sequence[Feed]) -> Iterator[Outcome]:
    """Pages with links are web pages, whose robots.txt counts; a feed is there for programs."""
    pages = [feed for feed in feeds if feed.kind == Feed.Kind.LINKS]
    others = {_request(feed): feed for feed in feeds if feed.kind != Feed.Kind.LINKS}
    for request, answer in fetch_many(others):
        yield _read(others[request], answer)
    for feed in pages:
        yield _read(feed, _fetch(_request(feed)))


def _fetch(request: Request) -> Answer:
    try:
        return fetch(request)
    except FetchProblem as problem:
        return problem


def _request(feed: Feed) -> Request:
    links = feed.kind == Feed.Kind.LINKS
    options: dict[str, Any] = {"heed_robots": True} if links else {"accept": FEEDS, "heed_robots": False}
    return Request(feed.url, etag=feed.etag, last_modified=feed.last_modified, largest=reading.LARGEST_FEED, **options)


def _read(feed: Feed, answer: Answer) -> Outcome:
    if isinstance(answer, FetchProblem):
        return Outcome(feed, status=answer.status, problem=answer)
    outcome = Outcome(feed, status=answer.status, headers=answer.headers, url=answer.moved_to)
    if answer.unchanged:
        return outcome
    try:
        contents = _contents(feed, answer)
    except BadFeed as problem:
        outcome.problem = problem
    except Exception as error:  # whatever a document can do to a parser must be seen on its row and stop there
        log.exception("feed %s", feed.pk)
        outcome.problem = BadFeed(f"internal error, {type(error).__name__}: {error}")
    else:
        items, notes = _newest(contents)
        outcome.arriving, more = arrivals.arrivals(feed, items)
        outcome.notes = (*notes, *more)
    return outcome


def _contents(feed: Feed, answer: Response) -> Contents:
    """What stands in a feed, and in the sitemaps that it is an index of."""
    contents = reading.read(answer.body, answer.content_type, answer.url, feed.selector)
    if not contents.parts:
        return contents
    items, notes = list(contents.items), list(contents.notes)
    requests = [Request(part, accept=FEEDS, largest=reading.LARGEST_FEED, heed_robots=False) for part in contents.parts]
    for request, part in fetch_many(requests):
        try:
            if isinstance(part, FetchProblem):
                raise part
            items += reading.read(part.body, part.content_type, part.url).items
        except (FetchProblem, BadFeed) as problem:
            notes.append(f"{request.url}: {problem}")
    if not items and notes:
        raise BadFeed("; ".join(notes))
    return Contents(items=tuple(items), notes=tuple(notes))


def _newest(contents: Contents) -> tuple[Sequence[Item], tuple[str, ...]]:
    """The items that are taken; a stable sort keeps a feed's own order where it gives no dates."""
    items, notes = contents.items, contents.notes
    if len(items) <= MOST_ITEMS:
        return items, notes
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    newest = sorted(items, key=lambda item: item.published or never, reverse=True)[:MOST_ITEMS]
    return newest, (*notes, f"{len(items)} items, of which the newest {MOST_ITEMS} were taken")


# Storing.


def _store(outcomes: list[Outcome], on_outcome: Callable[[Outcome], None], *, offline: bool = False) -> Counter[str]:
    if outcomes:
        with transaction.atomic(), pghistory.context(step="poll"):
            _do_not_wait_for_the_disk()
            new = arrivals.store(each for outcome in outcomes for each in outcome.arriving)
            for outcome in outcomes:
                outcome.new = new[outcome.feed.pk]
            _update_feeds([_row(outcome, offline) for outcome in outcomes])
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts["failed" if outcome.problem else "unchanged" if not outcome.new else "changed"] += 1
        counts["articles"] += outcome.new
        on_outcome(outcome)
    return counts


def _do_not_wait_for_the_disk() -> None:
    """Should the machine fail before it is written, articles and feeds are lost together, and the next poll finds
    them again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _row(outcome: Outcome, offline: bool) -> dict[str, Any]:
    """A feed's columns after a poll."""
    feed, now = outcome.feed, timezone.now()
    row: dict[str, Any] = {
        "id": feed.pk,
        "was": feed.url,
        "url": feed.url,
        "polled_at": now.isoformat(),
        "changed_at": now.isoformat() if outcome.new else feed.changed_at and feed.changed_at.isoformat(),
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "interval": feed.interval.total_seconds(),
        "failures": 0,
        "problem": "; ".join(outcome.notes)[:500],
        "retired": False,
    }
    if outcome.problem:
        return row | _after_problem(outcome, offline, now)
    interval = schedule.adapted(feed.interval, changed=outcome.new > 0)
    row["interval"] = interval.total_seconds()
    row["next_poll_at"] = (now + schedule.after_success(interval, outcome.headers)).isoformat()
    if outcome.url and len(outcome.url) <= 1000:
        row["url"] = outcome.url
    if outcome.status == 304:
        row["problem"] = feed.problem if not feed.failures else ""  # a remark on what stands there unchanged holds
    else:
        row["etag"] = outcome.headers.get("etag", "")[:200]
        row["last_modified"] = outcome.headers.get("last-modified", "")[:100]
    return row


def _after_problem(outcome: Outcome, offline: bool, now: dt.datetime) -> dict[str, Any]:
    feed, problem = outcome.feed, outcome.problem
    asked = getattr(problem, "retry_after", None)
    wait = dt.timedelta(seconds=asked) if asked else None
    if getattr(problem, "busy", False):  # nothing was tried
        return {
            "polled_at": feed.polled_at and feed.polled_at.isoformat(),
            "failures": feed.failures,
            "problem": feed.problem,
            "next_poll_at": (now + (wait or schedule.SHORTEST)).isoformat(),
        }
    if offline:
        return {
            "failures": feed.failures,
            "problem": "this machine seems to be offline",
            "next_poll_at": (now + schedule.while_offline()).isoformat(),
        }
    failures = min(feed.failures + 1, 32000)
    return {
        "failures": failures,
        "problem": _gone(problem) if outcome.status == GONE else str(problem)[:500],
        "next_poll_at": (now + schedule.after_failure(failures, wait)).isoformat(),
        "retired": outcome.status == GONE,
    }


def _gone(problem: object) -> str:
    return f"{problem}; it is polled no more (410 Gone)"


_UPDATE = """
WITH polled AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS row(
        id bigint, was text, url text, polled_at timestamptz, changed_at timestamptz, next_poll_at timestamptz,
        etag text, last_modified text, interval double precision, failures int, problem text, retired boolean)
), moved AS MATERIALIZED ( -- else this is looked up again for each of them
    -- Its new address may be that of another feed here, or of two that moved at once.
    SELECT polled.id,
           EXISTS (SELECT 1 FROM press_feed other WHERE other.url = polled.url AND other.id <> polled.id)
           OR row_number() OVER (PARTITION BY polled.url ORDER BY polled.id) > 1 AS taken
    FROM polled WHERE polled.url <> polled.was
)
UPDATE press_feed feed SET
    url = CASE WHEN moved.taken THEN feed.url ELSE polled.url END,
    polled_at = polled.polled_at, changed_at = polled.changed_at, next_poll_at = polled.next_poll_at,
    etag = polled.etag, last_modified = polled.last_modified,
    interval = make_interval(secs => polled.interval), failures = polled.failures,
    problem = CASE WHEN moved.taken
                   THEN left('moved for good to ' || polled.url || ', which is a feed here already', 500)
                   ELSE polled.problem END,
    enabled = feed.enabled AND NOT polled.retired AND moved.taken IS NOT TRUE,
    retired_at = CASE WHEN polled.retired OR moved.taken THEN polled.polled_at END
FROM polled LEFT JOIN moved ON moved.id = polled.id
WHERE feed.id = polled.id AND feed.url = polled.was -- else an editor has given it another address meanwhile
"""


def _update_feeds(rows: list[dict[str, Any]]) -> None:
    """All feeds in one statement: a row a statement would take longer than the requests did."""
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [json.dumps(rows)])
