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
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile
from typing import Any, TypeVar

import pghistory
import redis
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.text import slugify

from peacetracker.database.fields import validate_text
from peacetracker.database.models import Merger
from peacetracker.ingest import deduplicate, extract, identity, watch
from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.crowd import Answer, fetch_many
from peacetracker.ingest.fetch import FetchProblem, Request, Response
from peacetracker.ingest.gazetteer import gate
from peacetracker.ingest.pace import LONGEST_PAUSE, PATIENCE
from peacetracker.ingest.parse import ParsedArticle, Unparsable, parse
from peacetracker.press import archive
from peacetracker.press.addresses import address_key, is_front_page
from peacetracker.press.models import Article, Snapshot, Source, digest_of
from peacetracker.press.services import pull_in
from peacetracker.press.states import UNFINISHED, State
from peacetracker.stances.versions import replace_text

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_ATTEMPTS = 5  # at one step
_GONE = {404, 410}
_CLAIM_MARGIN = 10  # seconds beyond a task's hard time limit: then nobody can be at work on it any more


@dataclass
class _Visit:
    """An article that a worker has in hand; what it has just fetched need not be read back from the disk."""

    article: Article
    came: tuple[Snapshot, bytes] | None = None
    in_hand: bool = True  # nobody has stored yet what became of it


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
            about = {"content_type": submission.content_type, "size": len(submission.body)}
            _snapshot(article, place, digest, url=urn, **about).save(force_insert=True)
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
    """Move an article on as `advance_all` does; its state afterwards, or nothing if it proved to be another one."""
    advance_all([article_id], until)
    return Article.objects.values_list("state", flat=True).filter(pk=article_id).first() or ""


def advance_all(keys: Sequence[int], until: str) -> list[int]:
    """Move articles on to `parsed` or `extracted`, step by step, as far as they are due; those that have come there.

    They are fetched all at once and then read one by one; what is not begun in time is given back.
    Never raises for what is wrong with an article.
    Raises what is wrong with the database or the broker; the articles are due again then.
    """
    with watch.together():
        visits = _claim(keys, until)
        try:
            return _go_on_in_time(_with_page(visits), until)
        finally:
            _give_back([visit.article for visit in visits if visit.in_hand], settings.RETRY_SECONDS)


def _go_on_in_time(visits: list[_Visit], until: str) -> list[int]:
    """Those that arrive; none is begun so late that it would be blamed for the time that the others took."""
    latest = time.monotonic() + settings.CELERY_TASK_SOFT_TIME_LIMIT / 4
    arrived = []
    for number, visit in enumerate(visits):
        if number and time.monotonic() > latest:
            break
        if _go_on(visit, until):
            arrived.append(visit.article.pk)
        visit.in_hand = False
    return arrived


def _claim(keys: Sequence[int], until: str) -> list[_Visit]:
    """Those articles whose next step is due and comes before `until`; nobody else gets them for as long as it takes."""
    now = timezone.now()
    claimed = Article.objects.raw(_claim_due(), [now + _lease(), list(keys), now, _states_before(until)])
    return [_Visit(article) for article in sorted(claimed, key=lambda article: article.pk)]


def _lease() -> dt.timedelta:
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


def _go_on(visit: _Visit, until: str) -> bool:
    """Take an article's steps one by one; whether it has come to where it should."""
    while True:
        name, step = _STEPS[visit.article.state]
        with watch.step(name, article=visit.article.pk) as run:
            after = _attempt(visit, partial(step, visit))
            run.ended_well = after is not None
        if after is None or after not in _states_before(until):
            return after == until
        if not (claimed := _claim([visit.article.pk], until)):
            return False
        visit.article = claimed[0].article


def _attempt(visit: _Visit, work: Callable[[], T]) -> T | None:
    """Try a step of an article, or a part of one; what it gives, or nothing where no other step may follow at once."""
    try:
        done = _tried(visit.article, work)
    except BaseException:
        visit.in_hand = False
        raise
    if done is None:
        visit.in_hand = False
    return done


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
    except identity.NotYet:
        _give_back([article], settings.RETRY_SECONDS)
        return None
    except _NOT_ITS_FAULT:
        _give_back([article], settings.RETRY_SECONDS)
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
        _give_back([article], problem.retry_after or 0)
    else:
        _try_later(article, before, str(problem), problem.retry_after)


def _give_back(articles: Sequence[Article], seconds: float) -> None:
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


def _move_on(article: Article, before: str, after: str, reason: str = "", **values: object) -> None:
    """Store a step's result, in the caller's transaction. Raises Overtaken."""
    moved = Article.objects.filter(pk=article.pk, state=before).update(
        state=after, reason=reason, attempts=0, state_changed_at=timezone.now(), due_at=timezone.now(), **values
    )
    if not moved:
        raise Overtaken


# Fetching.


@dataclass(frozen=True)
class _Page:
    """What came for an article and is not kept yet; without a response where it is what was kept the last time."""

    visit: _Visit
    response: Response | None = None
    digest: str = ""
    record: bytes = b""


def _with_page(visits: Iterable[_Visit]) -> list[_Visit]:
    """The visits that have something to read: what is queued is fetched, all at once, and kept."""
    begun = time.perf_counter()
    queued = [visit for visit in visits if visit.article.state == State.QUEUED]
    newest = _newest_snapshots(queued)
    asked: defaultdict[Request, list[_Visit]] = defaultdict(list)
    for visit in queued:
        if request := _attempt(visit, partial(_request, visit.article, newest.get(visit.article.pk))):
            asked[request].append(visit)
    pages = []
    for request, answer in fetch_many(asked, PATIENCE):
        for visit in asked[request]:
            with watch.step("fetch", since=begun, article=visit.article.pk) as run:
                page = _attempt(visit, partial(_page, visit, answer, newest.get(visit.article.pk)))
                run.ended_well = page is not None
            if page and visit.article.state == State.QUEUED:
                pages.append(page)
    return [visit for visit in visits if visit.article.state in _STEPS] + _keep_pages(pages)


def _newest_snapshots(visits: list[_Visit]) -> dict[int, Snapshot]:
    articles = [visit.article.pk for visit in visits]
    newest = Snapshot.objects.filter(article__in=articles).order_by("article_id", "-fetched_at", "-pk")
    return {snapshot.article_id: snapshot for snapshot in newest.distinct("article_id")} if articles else {}


def _request(article: Article, newest: Snapshot | None) -> Request:
    """What was read is sent again only if it has changed."""
    if article.text and newest and newest.url == article.url:
        return Request(article.url, newest.etag, newest.last_modified)
    return Request(article.url)


def _page(visit: _Visit, answer: Answer, newest: Snapshot | None) -> _Page:
    if isinstance(answer, FetchProblem):
        raise answer
    article = visit.article
    if is_front_page(address_key(answer.url)) and not is_front_page(address_key(article.url)):
        raise FetchProblem("the address leads to the site's front page now: the article is gone", status=410)
    digest = hashlib.sha256(answer.body).hexdigest()
    if not answer.unchanged and (newest is None or newest.digest != digest):
        headers = answer.headers.multi_items()
        record = archive.response_record(answer.url, answer.status, headers, answer.raw, answer.fetched_at)
        return _Page(visit, answer, digest, record)
    if article.text:
        _move_on(article, State.QUEUED, State.EXTRACTED, withdrawn_at=None)
        article.state, visit.in_hand = State.EXTRACTED, False
    return _Page(visit)


def _keep_pages(pages: list[_Page]) -> list[_Visit]:
    """Keep what came, all on the disk before any row says so; the visits that go on.

    Where the database refuses a row, each is stored by itself, and no other suffers from it.
    """
    places = iter(archive.append([page.record for page in pages if page.record]))
    kept = [(page, next(places) if page.record else None) for page in pages]
    try:
        return _store_pages(kept)
    except _NOT_ITS_FAULT:
        raise
    except Exception:
        return [visit for each in kept for visit in _attempt(each[0].visit, partial(_store_pages, [each])) or []]


def _store_pages(kept: list[tuple[_Page, archive.Place | None]]) -> list[_Visit]:
    """Store where pages are kept and claim the articles for the next step; nothing of those moved on meanwhile."""
    now, keys = timezone.now(), [page.visit.article.pk for page, _ in kept]
    with transaction.atomic(), pghistory.context(step=State.QUEUED):
        unmoved = Article.objects.filter(pk__in=keys, state=State.QUEUED).order_by("pk").select_for_update()
        mine = set(unmoved.values_list("pk", flat=True))
        Article.objects.filter(pk__in=mine).update(
            state=State.FETCHED, reason="", attempts=1, state_changed_at=now, due_at=now + _lease(), withdrawn_at=None
        )
        for page, place in kept:
            page.visit.in_hand = page.visit.article.pk in mine
            if page.visit.in_hand and page.response and place:
                snapshot = _snapshot_of(page.visit.article, page.response, page.digest, place)
                page.visit.came = snapshot, page.response.body
        Snapshot.objects.bulk_create(page.visit.came[0] for page, _ in kept if page.visit.came)
    going_on = [page.visit for page, _ in kept if page.visit.in_hand]
    for visit in going_on:
        visit.article.state, visit.article.attempts = State.FETCHED, 1
    return going_on


def _snapshot_of(article: Article, response: Response, digest: str, place: archive.Place) -> Snapshot:
    return _snapshot(
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


def _snapshot(article: Article, place: archive.Place, digest: str, **about: Any) -> Snapshot:
    for name in {"content_type", "etag", "last_modified"} & set(about):
        about[name] = about[name][: Snapshot._meta.get_field(name).max_length]  # type: ignore[union-attr]
    where = {"file": place.file, "offset": place.offset, "length": place.length}
    return Snapshot(article=article, digest=digest, **where, **about)


# Reading.


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
    with transaction.atomic():
        _hold_alone(article)
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


# These few statements run for every article, and making one with the ORM takes longer than running it.
_OTHERS_CHANGE = ("state", "text", "title", "published_on", "date_provenance", "source_id", "syndicated_from_id")
_HOLD = f"""
SELECT pg_advisory_xact_lock(hashtextextended('the same text', 0));
SELECT {", ".join(_OTHERS_CHANGE)} FROM press_article WHERE id = %s FOR UPDATE
"""


def _hold_alone(article: Article) -> None:
    """Lock an article's row, and take over what others may have changed in it meanwhile. Raises Overtaken.

    Until the end of the transaction nobody else is here: two copies that arrive at once would miss each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [article.pk])
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    if row is None or row[0] != State.FETCHED:
        raise Overtaken
    for name, value in zip(_OTHERS_CHANGE, row, strict=True):
        setattr(article, name, value)


def _take_text(article: Article, parsed: ParsedArticle) -> None:
    if article.text:
        replace_text(article, parsed.text)
    now = timezone.now()
    values = _read_values(article, parsed) | {"digest": digest_of(parsed.text), "reason": parsed.remark}
    values |= {"state": State.PARSED.value, "attempts": 0, "state_changed_at": now, "due_at": now}
    for name, value in values.items():
        setattr(article, name, value)
    with connection.cursor() as cursor:
        changes = ", ".join(f"{column} = %s" for column in values)
        cursor.execute(f"UPDATE press_article SET {changes} WHERE id = %s", [*values.values(), article.pk])


def _read_values(article: Article, parsed: ParsedArticle) -> dict[str, Any]:
    """What the page says, where nobody said otherwise."""
    values: dict[str, Any] = {"text": parsed.text, "language": parsed.language, "author": parsed.author}
    if not article.title:
        values["title"] = parsed.title
    if not article.published_on and parsed.published_on:
        values |= {"published_on": parsed.published_on, "date_provenance": parsed.date_provenance}
    if not article.source_id and parsed.publisher:
        values["source_id"] = source_named(parsed.publisher).pk
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


_STEPS: dict[str, tuple[str, Callable[[_Visit], State]]] = {
    State.FETCHED: ("parse", _parse),
    State.PARSED: ("extract", _extract),
}
_REASONS = (FetchProblem, Unparsable, BadAddress, ValidationError, archive.Lost, ImproperlyConfigured)
# The database, the broker and the disk come back; the article waits for them.
_NOT_ITS_FAULT = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError, OSError)
