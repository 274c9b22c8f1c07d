"""An article in a worker's hands: how it is claimed, what becomes of a try that fails, and how it moves on.

A worker claims an article for one step by moving `due_at` beyond its own time limit: a second delivery of the task
finds nothing due, and an article whose worker died is due again when that limit has passed. The step's result is stored
only if the article is still in the state that the step started from.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile
from typing import Any, TypeVar

import pghistory
import redis
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from peacetracker.ingest import watch
from peacetracker.ingest.addresses import BadAddress
from peacetracker.ingest.fetch import FetchProblem
from peacetracker.ingest.identity import NotYet
from peacetracker.ingest.pace import LONGEST_PAUSE
from peacetracker.ingest.parse import Unparsable
from peacetracker.press import archive
from peacetracker.press.models import Article, Snapshot
from peacetracker.press.states import UNFINISHED, State

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_ATTEMPTS = 5  # at one step
_GONE = {404, 410}
_CLAIM_MARGIN = 10  # seconds beyond a task's hard time limit: then nobody can be at work on it any more
_REASONS = (FetchProblem, Unparsable, BadAddress, ValidationError, archive.Lost, ImproperlyConfigured)
# The database, the broker and the disk come back; the article waits for them.
NOT_ITS_FAULT = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError, OSError)


@dataclass
class Visit:
    """An article that a worker has in hand; what it has just fetched need not be read back from the disk."""

    article: Article
    came: tuple[Snapshot, bytes] | None = None
    in_hand: bool = True  # nobody has stored yet what became of it


class Overtaken(Exception):
    """Another worker moved the article on meanwhile."""


def claim(keys: Sequence[int], until: str) -> list[Visit]:
    """Those articles whose next step is due and comes before `until`; nobody else gets them for as long as it takes."""
    now = timezone.now()
    claimed = Article.objects.raw(_claim_due(), [now + lease(), list(keys), now, _states_before(until)])
    return [Visit(article) for article in sorted(claimed, key=lambda article: article.pk)]


def lease() -> dt.timedelta:
    return dt.timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + _CLAIM_MARGIN)


@cache
def _claim_due() -> str:
    """The attempt is counted before the work, so that an article which kills its worker comes to an end too."""
    columns = ", ".join(str(field.column) for field in Article._meta.concrete_fields if field.name != "search")
    return (
        "UPDATE press_article SET attempts = attempts + 1, due_at = %s WHERE id IN (SELECT id FROM press_article"
        " WHERE id = ANY(%s) AND due_at <= %s AND state = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED)"
        f" RETURNING {columns}"
    )


def _states_before(until: str) -> list[str]:
    return [str(state) for state in takewhile(lambda state: state != until, UNFINISHED)]


def attempt(visit: Visit, work: Callable[[], T]) -> T | None:
    """Try a step of an article, or a part of one; what it gives, or nothing where no other step may follow at once."""
    try:
        done = _tried(visit.article, work)
    except BaseException:
        visit.in_hand = False
        raise
    if done is None:
        visit.in_hand = False
    return done


def attempt_step(name: str, visit: Visit, work: Callable[[], T], since: float | None = None) -> T | None:
    """Try it as `attempt` does, and note how long the step took and whether it ended well."""
    with watch.step(name, since=since, article=visit.article.pk) as run:
        done = attempt(visit, work)
        run.ended_well = done is not None
    return done


def attempt_in_turn(name: str, visits: Iterable[Visit], work: Callable[[Visit], T]) -> Iterator[tuple[Visit, T | None]]:
    """Try a step on one after the other.

    None is begun so late that it would be blamed for the time that the others took.
    """
    latest = time.monotonic() + settings.CELERY_TASK_SOFT_TIME_LIMIT / 4
    for number, visit in enumerate(visits):
        if number and time.monotonic() > latest:
            return
        yield visit, attempt_step(name, visit, partial(work, visit))


def _tried(article: Article, work: Callable[[], T]) -> T | None:
    before = article.state
    if article.attempts > MOST_ATTEMPTS:
        _fail(article, before, article.reason or f"gave up after {MOST_ATTEMPTS} attempts that ended without a word")
        return None
    try:
        with pghistory.context(step=before):
            return work()
    except Overtaken:
        return None
    except NotYet:
        give_back([article], settings.RETRY_SECONDS)
        return None
    except NOT_ITS_FAULT:
        give_back([article], settings.RETRY_SECONDS)
        raise
    except SoftTimeLimitExceeded:
        _try_later(article, before, f"took longer than {settings.CELERY_TASK_SOFT_TIME_LIMIT:.0f} s")
        return None
    except _REASONS as problem:
        log.warning("article %s: %s: %s", article.pk, before, problem)
        _note_problem(article, before, problem)
        return None
    except Exception as error:  # whatever a text can do to a parser must be seen by an editor and stop there
        log.exception("article %s: %s", article.pk, before)
        _fail(article, before, f"internal error, {type(error).__name__}: {error}")
        return None


def _note_problem(article: Article, before: str, problem: Exception) -> None:
    if not isinstance(problem, FetchProblem) or not problem.passing:
        _fail(article, before, str(problem), gone=getattr(problem, "status", 0) in _GONE)
    elif problem.busy:
        give_back([article], problem.retry_after or 0)
    else:
        _try_later(article, before, str(problem), problem.retry_after)


def give_back(articles: Sequence[Article], seconds: float) -> None:
    """Nothing was tried: the attempt does not count."""
    unmoved = Q(pk__in=[])
    for article in articles:
        unmoved |= Q(pk=article.pk, state=article.state)
    try:
        Article.objects.filter(unmoved).update(attempts=Greatest(F("attempts") - 1, 0), due_at=_in(seconds))
    except DatabaseError:
        keys = [article.pk for article in articles]
        log.warning("articles %s: the database cannot be reached; their claim runs out by itself", keys)


def _try_later(article: Article, before: str, reason: str, seconds: float | None = None) -> None:
    """Four times as late each time, or when the server says, and not all at the same moment."""
    if article.attempts >= MOST_ATTEMPTS:
        _fail(article, before, reason)
        return
    pause = settings.RETRY_SECONDS * 4 ** (article.attempts - 1) * random.uniform(0.8, 1.2)  # noqa: S311
    Article.objects.filter(pk=article.pk, state=before).update(reason=reason, due_at=_in(max(pause, seconds or 0)))


def _in(seconds: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=min(seconds, LONGEST_PAUSE))


def _fail(article: Article, before: str, reason: str, *, gone: bool = False) -> None:
    """Park an article with its reason. One that was read before keeps its text: only reading it again has failed."""
    values: dict[str, Any] = {"state": State.FAILED, "reason": reason}
    if article.text and before != State.PARSED:
        values = {"state": State.EXTRACTED, "reason": f"reading it again failed: {reason}"}
    if gone and article.text:
        values["withdrawn_at"] = article.withdrawn_at or timezone.now()
    Article.objects.filter(pk=article.pk, state=before).update(
        **values, attempts=0, state_changed_at=timezone.now(), due_at=timezone.now()
    )


def move_on(article: Article, before: str, after: str, reason: str = "", **values: object) -> None:
    """Store a step's result, in the caller's transaction. Raises Overtaken."""
    moved = Article.objects.filter(pk=article.pk, state=before).update(
        state=after, reason=reason, attempts=0, state_changed_at=timezone.now(), due_at=timezone.now(), **values
    )
    if not moved:
        raise Overtaken
