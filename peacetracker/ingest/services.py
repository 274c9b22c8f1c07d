"""The way of an article through the pipeline. Its state lies in the database, so that losing the broker loses nothing.

    queued → fetched → parsed → extracted        and from each of the first three → failed
                     ↘ passed over: it came from a feed about many things and is not about a process

(`peacetracker.press.states` has them all.) `visits` has how an article is claimed and what becomes of a try that
fails, `pages` how it is fetched, `texts` how it is read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from peacetracker.ingest import extract, watch
from peacetracker.ingest.addresses import normal_address
from peacetracker.ingest.pages import snapshot_row, with_page
from peacetracker.ingest.parse import Unparsable
from peacetracker.ingest.texts import with_text
from peacetracker.ingest.visits import Visit, attempt_in_turn, claim, give_back, move_on
from peacetracker.press import archive
from peacetracker.press.addresses import address_key
from peacetracker.press.models import Article, Source
from peacetracker.press.services import pull_in, source_named
from peacetracker.press.states import State


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
            snapshot_row(article, place, digest, url=urn, **about).save(force_insert=True)
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


def advance(article_id: int, until: str) -> str:
    """Move an article on as `advance_all` does; its state afterwards, or nothing if it proved to be another one."""
    advance_all([article_id], until)
    return Article.objects.values_list("state", flat=True).filter(pk=article_id).first() or ""


def advance_all(keys: Sequence[int], until: str) -> list[int]:
    """Move articles on to `parsed` or `extracted`, step by step, as far as they are due; those that have come there.

    What is not begun in time is given back. Never raises for what is wrong with an article.
    Raises what is wrong with the database or the broker; the articles are due again then.
    """
    with watch.together():
        visits = claim(keys, until)
        try:
            parsed = with_text(_in(State.FETCHED, visits) + with_page(_in(State.QUEUED, visits)))
            if until == State.PARSED:
                return parsed
            visits += claim(parsed, until)
            return _extract_all(_in(State.PARSED, visits))
        finally:
            give_back([visit.article for visit in visits if visit.in_hand], settings.RETRY_SECONDS)


def _in(state: State, visits: list[Visit]) -> list[Visit]:
    return [visit for visit in visits if visit.article.state == state]


def _extract_all(visits: list[Visit]) -> list[int]:
    extracted = []
    for visit, state in attempt_in_turn("extract", visits, _extract):
        visit.in_hand = False
        if state == State.EXTRACTED:
            extracted.append(visit.article.pk)
    return extracted


def _extract(visit: Visit) -> State:
    article = visit.article
    if article.syndicated_from_id:
        with transaction.atomic():
            move_on(
                article,
                State.PARSED,
                State.EXTRACTED,
                "a copy: its original holds the statements",
            )
        return State.EXTRACTED
    reading = extract.reading_of(article, settings.EXTRACTOR)
    after = State.WAITING if reading.waits else State.EXTRACTED
    with transaction.atomic():
        move_on(article, State.PARSED, after, reading.note or article.reason)
        if not reading.waits:
            extract.store(article, reading.candidates)
    return after
