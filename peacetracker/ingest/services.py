"""The way of an article through the pipeline. Its state lies in the database, so that losing the broker loses nothing.

    queued → fetched → parsed → extracted        and from each of the first three → failed

A step does its work without holding a lock and then stores the result only if the article is still in the state that
it started from. Two workers with the same article do the work twice and store it once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from peacetracker.database.fields import validate_text
from peacetracker.ingest import deduplicate, extract
from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.fetch import FetchProblem, fetch
from peacetracker.ingest.parse import ParsedArticle, Unparsable, parse
from peacetracker.press.models import Article, Snapshot, Source

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # at one step
IDLE_FOR = dt.timedelta(minutes=2)  # an article that nothing has moved for so long is queued again


class Overtaken(Exception):
    """Another worker moved the article on meanwhile."""


@dataclass(frozen=True)
class Submission:
    """What somebody hands in: an address, or the bytes of a file."""

    url: str = ""
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    title: str = ""
    publisher: str = ""
    published_on: dt.date | None = None


def submit(submission: Submission) -> Article:
    """The article of a submission: a new one, or the one that stands already. Raises BadAddress and Unparsable."""
    if submission.url:
        return _submit_address(submission)
    if not submission.body.strip():
        raise Unparsable("there is nothing in it")
    digest = hashlib.sha256(submission.body).hexdigest()
    with transaction.atomic():
        article, created = Article.objects.get_or_create(
            canonical_url=f"urn:sha256:{digest}",
            defaults={"url": f"urn:sha256:{digest}", "state": Article.State.FETCHED, **_given(submission)},
        )
        if created:
            _keep(article, article.url, 200, submission.content_type, submission.body)
    return article


def _submit_address(submission: Submission) -> Article:
    address = normal_address(submission.url)
    article, _ = Article.objects.get_or_create(
        canonical_url=address, defaults={"url": submission.url.strip(), **_given(submission)}
    )
    return article


def _given(submission: Submission) -> dict[str, object]:
    given: dict[str, object] = {"title": submission.title[:500]}
    if submission.publisher:
        given["source"] = source_named(submission.publisher)
    if submission.published_on:
        given |= {"published_on": submission.published_on, "date_provenance": "given"}
    return given


def source_named(name: str) -> Source:
    """The source of that name; a new one has the grade “cannot be judged” until an editor judges it."""
    found = Source.objects.filter(name__iexact=name).first()
    if found:
        return found
    source, _ = Source.objects.get_or_create(slug=slugify(name)[:80] or "unnamed", defaults={"name": name[:200]})
    return source


def advance(article_id: int, until: str) -> str:
    """Move an article on to a state, step by step; its state afterwards. Never raises for what is wrong with it."""
    article = Article.objects.get(pk=article_id)
    while article.state in _STEPS and article.state != until:
        if not _take_step(article):
            break
        article.refresh_from_db()
    return article.state


def _take_step(article: Article) -> bool:
    """Try one step; whether another may follow at once."""
    before, step = article.state, _STEPS[article.state]
    if article.attempts >= MOST_ATTEMPTS:
        _fail(
            article,
            before,
            article.reason or f"gave up after {MOST_ATTEMPTS} attempts that ended without a word",
        )
        return False
    # Counted before the work, so that an article which kills its worker comes to an end too.
    Article.objects.filter(pk=article.pk).update(attempts=F("attempts") + 1)
    try:
        with pghistory.context(step=before):
            step(article)
    except Overtaken:
        return False
    except _REASONS as problem:
        log.warning("article %s: %s: %s", article.pk, before, problem)
        if getattr(problem, "passing", False) and article.attempts + 1 < MOST_ATTEMPTS:
            Article.objects.filter(pk=article.pk, state=before).update(
                reason=str(problem), state_changed_at=timezone.now()
            )
        else:
            _fail(article, before, str(problem))
        return False
    except Exception as error:  # whatever a text can do to a parser must be seen by an editor and stop there
        log.exception("article %s: %s", article.pk, before)
        _fail(article, before, f"internal error, {type(error).__name__}: {error}")
        return False
    return True


def _fail(article: Article, before: str, reason: str) -> None:
    Article.objects.filter(pk=article.pk, state=before).update(
        state=Article.State.FAILED, reason=reason, state_changed_at=timezone.now()
    )


def _move_on(article: Article, before: str, after: str, reason: str = "", **values: object) -> None:
    """Store a step's result, in the caller's transaction. Raises Overtaken."""
    moved = Article.objects.filter(pk=article.pk, state=before).update(
        state=after, reason=reason, attempts=0, state_changed_at=timezone.now(), **values
    )
    if not moved:
        raise Overtaken


def _fetch(article: Article) -> None:
    response = fetch(article.url)
    with transaction.atomic():
        _move_on(article, Article.State.QUEUED, Article.State.FETCHED)
        _keep(article, response.url, response.status, response.content_type, response.body)


def _keep(article: Article, url: str, status: int, content_type: str, body: bytes) -> None:
    Snapshot.objects.get_or_create(
        article=article,
        digest=hashlib.sha256(body).hexdigest(),
        defaults={"url": url, "status": status, "content_type": content_type[:200], "body": body},
    )


def _parse(article: Article) -> None:
    snapshot = article.snapshots.latest()
    page_url = snapshot.url if article.link else ""
    parsed = parse(bytes(snapshot.body), snapshot.content_type, page_url)
    validate_text(parsed.text)
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=article.pk)
        if article.state != Article.State.FETCHED:
            raise Overtaken
        twin = _same_page(article, parsed)
        for name, value in _read_values(article, parsed).items():
            setattr(article, name, value)
        article.state, article.attempts, article.reason = Article.State.PARSED, 0, ""
        article.state_changed_at = timezone.now()
        article.syndicated_from = twin
        article.save()
        if twin is None:
            original = deduplicate.find_original(article)
            if original:
                Article.objects.filter(pk=article.pk).update(syndicated_from=original)


def _same_page(article: Article, parsed: ParsedArticle) -> Article | None:
    """The article that stands under the canonical address which the page names, where that is another."""
    try:
        address = normal_address(parsed.canonical_url)
    except BadAddress:
        return None
    return Article.objects.filter(canonical_url=address).exclude(pk=article.pk).first()


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


def _extract(article: Article) -> None:
    if article.syndicated_from_id:
        with transaction.atomic():
            _move_on(
                article,
                Article.State.PARSED,
                Article.State.EXTRACTED,
                "a copy: its original holds the statements",
            )
        return
    candidates, note = extract.candidates_of(article, settings.EXTRACTOR)
    with transaction.atomic():
        _move_on(article, Article.State.PARSED, Article.State.EXTRACTED, note)
        extract.store(article, candidates)


_STEPS: dict[str, Callable[[Article], None]] = {
    Article.State.QUEUED: _fetch,
    Article.State.FETCHED: _parse,
    Article.State.PARSED: _extract,
}
_REASONS = (FetchProblem, Unparsable, BadAddress, ValidationError)
