"""The way of an article through the pipeline. Its state lies in the database, so that losing the broker loses nothing.

    queued → fetched → parsed → extracted        and from each of the first three → failed
                     ↘ passed over: it came from a feed about many things and is not about a process

(`peacetracker.press.states` has them all.) A worker claims an article for one step by moving `due_at` beyond its own
time limit: a second delivery of the task finds nothing due, and an article whose worker died is due again when that
limit has passed. The step's result is stored only if the article is still in the state that the step started from.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

import pghistory
import redis
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from peacetracker.database.fields import validate_text
from peacetracker.database.models import Merger
from peacetracker.ingest import deduplicate, extract, identity, watch
from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.fetch import FetchProblem, Request, fetch
from peacetracker.ingest.gazetteer import gate
from peacetracker.ingest.pace import LONGEST_PAUSE
from peacetracker.ingest.parse import ParsedArticle, Unparsable, parse
from peacetracker.press import archive
from peacetracker.press.addresses import address_key, is_front_page
from peacetracker.press.models import Article, Snapshot, Source
from peacetracker.press.services import pull_in
from peacetracker.press.states import State
from peacetracker.stances.versions import replace_text

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5  # at one step
_GONE = {404, 410}
_CLAIM_MARGIN = 10  # seconds beyond a task's hard time limit: then nobody can be at work on it any more


@dataclass
class _Visit:
    """An article that a worker has in hand; what it has just fetched need not be read back from the disk."""

    article: Article
    came: tuple[Snapshot, bytes] | None = None


class Overtaken(Exception):
    """Another worker moved the article on meanwhile."""


@dataclass(frozen=True)
class Submission:
    """What somebody hands in: an address, or the bytes of a file; and what they know of it."""

    url: str = ""
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    title: str = ""
    publisher: str = ""  # a name; or give the source itself
    source: Source | None = None
    published_on: dt.date | None = None
    date_provenance: str = "given"  # or "feed"


def submit(submission: Submission) -> Article:
    """The article of a submission: a new one, or the one that stands already. Raises BadAddress and Unparsable."""
    if submission.url:
        return _submit_address(submission)
    if not submission.body.strip():
        raise Unparsable("there is nothing in it")
    digest = hashlib.sha256(submission.body).hexdigest()
    urn = f"urn:sha256:{digest}"
    if found := Article.objects.filter(canonical_url=urn).first():
        return found
    place = archive.keep_resource(urn, submission.content_type, submission.body, timezone.now())
    with transaction.atomic(), _alone(urn):
        article, created = Article.objects.get_or_create(
            canonical_url=urn, defaults={"url": urn, "state": State.FETCHED, **_given(submission)}
        )
        if created:
            _keep(article, place, digest, url=urn, content_type=submission.content_type, size=len(submission.body))
    return article


def _submit_address(submission: Submission) -> Article:
    address = normal_address(submission.url)
    key = address_key(address)
    with transaction.atomic(), _alone(key):
        known = Article.objects.filter(addresses__key=key) | Article.objects.filter(canonical_url=address)
        if found := known.first():
            return _wanted(found)
        return Article.objects.create(canonical_url=address, url=submission.url.strip(), **_given(submission))


def _wanted(article: Article) -> Article:
    """What a feed brought and somebody hands in is read, whatever it is about."""
    mine = Article.objects.filter(pk=article.pk)
    if pull_in(mine) or mine.filter(gated=True).update(gated=False):
        article.refresh_from_db()
    return article


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Until the end of the transaction nobody else is here with the same name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    yield


def _given(submission: Submission) -> dict[str, object]:
    given: dict[str, object] = {"title": submission.title[:500]}
    if submission.source:
        given["source"] = submission.source
    elif submission.publisher:
        given["source"] = source_named(submission.publisher)
    if submission.published_on:
        given |= {"published_on": submission.published_on, "date_provenance": submission.date_provenance}
    return given


def source_named(name: str) -> Source:
    """The source of that name; a new one has the grade “cannot be judged” until an editor judges it."""
    found = Source.objects.filter(name__iexact=name).first() or _merged_source(name)
    if found:
        return found
    source, _ = Source.objects.get_or_create(slug=slugify(name)[:80] or "unnamed", defaults={"name": name[:200]})
    return source


def _merged_source(name: str) -> Source | None:
    """The source into which one of that name was merged."""
    kept = Merger.objects.kept_instead_of("press.source", gone_name__iexact=name)
    return Source.objects.filter(pk=kept).first() if kept else None


def advance(article_id: int, until: str) -> str:
    """Move an article on to a state, step by step; its state afterwards, or nothing if it proved to be another one.

    Never raises for what is wrong with the article.
    Raises what is wrong with the database or the broker; the article is due again then.
    """
    came = None
    while article := _claim(article_id, until):
        visit = _Visit(article, came)
        with watch.step(_NAMES[article.state], article=article.pk) as run:
            after = _take_step(visit)
            run.ended_well = after is not None
        came = visit.came
        if after is None:
            break
        if after not in _states_before(until):
            return after
    return Article.objects.values_list("state", flat=True).filter(pk=article_id).first() or ""


def _claim(article_id: int, until: str) -> Article | None:
    """The article, if its next step is due and comes before `until`; nobody else gets it for as long as that takes."""
    now = timezone.now()
    lease = dt.timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + _CLAIM_MARGIN)
    claimed = Article.objects.raw(_claim_one(), [now + lease, article_id, now, _states_before(until)])
    return next(iter(claimed), None)


@cache
def _claim_one() -> str:
    """The attempt is counted before the work, so that an article which kills its worker comes to an end too."""
    columns = ", ".join(str(field.column) for field in Article._meta.concrete_fields if field.name != "search")
    return (
        "UPDATE press_article SET attempts = attempts + 1, due_at = %s"
        f" WHERE id = %s AND due_at <= %s AND state = ANY(%s) RETURNING {columns}"
    )


def _states_before(until: str) -> list[str]:
    return [str(state) for state in takewhile(lambda state: state != until, _STEPS)]


def _take_step(visit: _Visit) -> str | None:
    """Try one step; the state that it led to, or nothing where no other step may follow at once."""
    article = visit.article
    before, step = article.state, _STEPS[article.state]
    if article.attempts > MOST_ATTEMPTS:
        _fail(article, before, article.reason or f"gave up after {MOST_ATTEMPTS} attempts that ended without a word")
        return None
    try:
        with pghistory.context(step=before):
            return step(visit)
    except Overtaken:
        return None
    except identity.NotYet:
        _give_back(article, before, settings.RETRY_SECONDS)
        return None
    except _NOT_ITS_FAULT:
        _give_back(article, before, settings.RETRY_SECONDS)
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
        _give_back(article, before, problem.retry_after or 0)
    else:
        _try_later(article, before, str(problem), problem.retry_after)


def _give_back(article: Article, before: str, seconds: float) -> None:
    """Nothing was tried: the attempt does not count."""
    try:
        Article.objects.filter(pk=article.pk, state=before).update(attempts=F("attempts") - 1, due_at=_in(seconds))
    except DatabaseError:
        log.warning("article %s: the database cannot be reached; its claim runs out by itself", article.pk)


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


def _move_on(article: Article, before: str, after: str, reason: str = "", **values: object) -> None:
    """Store a step's result, in the caller's transaction. Raises Overtaken."""
    moved = Article.objects.filter(pk=article.pk, state=before).update(
        state=after, reason=reason, attempts=0, state_changed_at=timezone.now(), due_at=timezone.now(), **values
    )
    if not moved:
        raise Overtaken


def _fetch(visit: _Visit) -> State:
    article = visit.article
    known = article.snapshots.filter(url=article.url).first() if article.text else None
    request = Request(article.url, known.etag, known.last_modified) if known else Request(article.url)
    response = fetch(request)
    if is_front_page(address_key(response.url)) and not is_front_page(address_key(article.url)):
        raise FetchProblem("the address leads to the site's front page now: the article is gone", status=410)
    digest = hashlib.sha256(response.body).hexdigest()
    newest = article.snapshots.first()
    if response.unchanged or (newest and newest.digest == digest):
        return _settle_unchanged(article)
    place = archive.keep_response(
        response.url, response.status, response.headers.multi_items(), response.raw, response.fetched_at
    )
    with transaction.atomic():
        _move_on(article, State.QUEUED, State.FETCHED, withdrawn_at=None)
        snapshot = _keep(
            article,
            place,
            digest,
            url=response.url,
            status=response.status,
            content_type=response.content_type,
            etag=response.etag,
            last_modified=response.last_modified,
            size=len(response.body),
            fetched_at=response.fetched_at,
        )
    visit.came = snapshot, response.body
    return State.FETCHED


def _settle_unchanged(article: Article) -> State:
    """What was fetched again and has not changed is where it was; what was never read goes on to be read."""
    after = State.EXTRACTED if article.text else State.FETCHED
    _move_on(article, State.QUEUED, after, withdrawn_at=None)
    return after


def _keep(article: Article, place: archive.Place, digest: str, **about: Any) -> Snapshot:
    for name in {"content_type", "etag", "last_modified"} & set(about):
        about[name] = about[name][: Snapshot._meta.get_field(name).max_length]  # type: ignore[union-attr]
    where = {"file": place.file, "offset": place.offset, "length": place.length}
    return Snapshot.objects.create(article=article, digest=digest, **where, **about)


def _parse(visit: _Visit) -> State:
    article = visit.article
    snapshot, body = visit.came or _kept(article)
    page_url = snapshot.url if article.link else ""
    parsed = parse(body, snapshot.content_type, page_url)
    validate_text(parsed.text)
    judged = article.gated and not article.text
    if judged and not (verdict := gate().judge(article.title or parsed.title, parsed.text)).relevant:
        return _pass_over(article, parsed, verdict.reason)
    signature = deduplicate.fingerprint(parsed.text)
    with transaction.atomic(), _alone("the same text"):
        article = Article.objects.select_for_update().defer("search").get(pk=article.pk)
        if article.state != State.FETCHED:
            raise Overtaken
        known = identity.is_known(article, [page_url, parsed.canonical_url], signature)
        if known:
            article.delete()
        else:
            _take_text(article, parsed)
            if turned := deduplicate.place_among_copies(article, signature):
                extract.drop_undecided(turned)
    if known:
        raise Overtaken
    return State.PARSED


def _kept(article: Article) -> tuple[Snapshot, bytes]:
    snapshot = article.snapshots.latest()
    return snapshot, snapshot.body()


def _pass_over(article: Article, parsed: ParsedArticle, reason: str) -> State:
    """Keep its headline, and not its text."""
    headline = {name: value for name, value in _read_values(article, parsed).items() if name != "text"}
    _move_on(article, State.FETCHED, State.PASSED_OVER, f"passed over: {reason}", **headline)
    return State.PASSED_OVER


def _take_text(article: Article, parsed: ParsedArticle) -> None:
    if article.text:
        replace_text(article, parsed.text)
    for name, value in _read_values(article, parsed).items():
        setattr(article, name, value)
    article.state, article.attempts, article.reason = State.PARSED, 0, parsed.remark
    article.state_changed_at = article.due_at = timezone.now()
    article.save()


def _read_values(article: Article, parsed: ParsedArticle) -> dict[str, object]:
    """What the page says, where nobody said otherwise."""
    values: dict[str, object] = {"text": parsed.text, "language": parsed.language, "author": parsed.author}
    if not article.title:
        values["title"] = parsed.title
    if not article.published_on and parsed.published_on:
        values |= {"published_on": parsed.published_on, "date_provenance": parsed.date_provenance}
    if not article.source_id and parsed.publisher:
        values["source"] = source_named(parsed.publisher)
    return values


def _extract(visit: _Visit) -> State:
    article = visit.article
    if article.syndicated_from_id:
        with transaction.atomic():
            _move_on(
                article,
                State.PARSED,
                State.EXTRACTED,
                "a copy: its original holds the statements",
            )
        return State.EXTRACTED
    reading = extract.reading_of(article, settings.EXTRACTOR)
    after = State.WAITING if reading.waits else State.EXTRACTED
    with transaction.atomic():
        _move_on(article, State.PARSED, after, reading.note or article.reason)
        if not reading.waits:
            extract.store(article, reading.candidates)
    return after


_STEPS: dict[str, Callable[[_Visit], State]] = {
    State.QUEUED: _fetch,
    State.FETCHED: _parse,
    State.PARSED: _extract,
}
_NAMES: dict[str, str] = {
    State.QUEUED: "fetch",
    State.FETCHED: "parse",
    State.PARSED: "extract",
}
_REASONS = (FetchProblem, Unparsable, BadAddress, ValidationError, archive.Lost, ImproperlyConfigured)
# The database, the broker and the disk come back; the article waits for them.
_NOT_ITS_FAULT = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError, OSError)
