"""From an address to a page that is kept: articles are fetched all at once, and what came is on the disk before any row
says so."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone

from peacetracker.ingest.crowd import Answer, fetch_many
from peacetracker.ingest.fetch import FetchProblem, Request, Response
from peacetracker.ingest.pace import PATIENCE
from peacetracker.ingest.visits import NOT_ITS_FAULT, Visit, attempt, attempt_step, lease, move_on
from peacetracker.press import archive
from peacetracker.press.addresses import address_key, is_front_page
from peacetracker.press.models import Article, Snapshot
from peacetracker.press.states import State


@dataclass(frozen=True)
class _Page:
    """What came for an article and is not kept yet; without a response where it is what was kept the last time."""

    visit: Visit
    response: Response | None = None
    digest: str = ""
    record: bytes = b""


def with_page(queued: list[Visit]) -> list[Visit]:
    """Fetch what is queued; the visits that have something to read now."""
    begun = time.perf_counter()
    newest = _newest_snapshots(queued)
    asked: defaultdict[Request, list[Visit]] = defaultdict(list)
    for visit in queued:
        if request := attempt(visit, partial(_request, visit.article, newest.get(visit.article.pk))):
            asked[request].append(visit)
    pages = []
    for request, answer in fetch_many(asked, PATIENCE):
        for visit in asked[request]:
            page = attempt_step("fetch", visit, partial(_page, visit, answer, newest.get(visit.article.pk)), begun)
            if page and visit.article.state == State.QUEUED:
                pages.append(page)
    return _keep_pages(pages)


def _newest_snapshots(visits: list[Visit]) -> dict[int, Snapshot]:
    articles = [visit.article.pk for visit in visits]
    newest = Snapshot.objects.filter(article__in=articles).order_by("article_id", "-fetched_at", "-pk")
    return {snapshot.article_id: snapshot for snapshot in newest.distinct("article_id")} if articles else {}


def _request(article: Article, newest: Snapshot | None) -> Request:
    """What was read is sent again only if it has changed."""
    if article.text and newest and newest.url == article.url:
        return Request(article.url, newest.etag, newest.last_modified)
    return Request(article.url)


def _page(visit: Visit, answer: Answer, newest: Snapshot | None) -> _Page:
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
        move_on(article, State.QUEUED, State.EXTRACTED, withdrawn_at=None)
        article.state, visit.in_hand = State.EXTRACTED, False
    return _Page(visit)


def _keep_pages(pages: list[_Page]) -> list[Visit]:
    """Keep what came, all on the disk before any row says so; the visits that go on.

    Where the database refuses a row, each is stored by itself, and no other suffers from it.
    """
    places = iter(archive.append([page.record for page in pages if page.record]))
    kept = [(page, next(places) if page.record else None) for page in pages]
    try:
        return _store_pages(kept)
    except NOT_ITS_FAULT:
        raise
    except Exception:
        return [visit for each in kept for visit in attempt(each[0].visit, partial(_store_pages, [each])) or []]


def _store_pages(kept: list[tuple[_Page, archive.Place | None]]) -> list[Visit]:
    """Store where pages are kept and claim the articles for the next step; nothing of those moved on meanwhile."""
    now, keys = timezone.now(), [page.visit.article.pk for page, _ in kept]
    with transaction.atomic(), pghistory.context(step=State.QUEUED):
        unmoved = Article.objects.filter(pk__in=keys, state=State.QUEUED).order_by("pk").select_for_update()
        mine = set(unmoved.values_list("pk", flat=True))
        Article.objects.filter(pk__in=mine).update(
            state=State.FETCHED, reason="", attempts=1, state_changed_at=now, due_at=now + lease(), withdrawn_at=None
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
    return snapshot_row(
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


def snapshot_row(article: Article, place: archive.Place, digest: str, **about: Any) -> Snapshot:
    for name in {"content_type", "etag", "last_modified"} & set(about):
        about[name] = about[name][: Snapshot._meta.get_field(name).max_length]  # type: ignore[union-attr]
    where = {"file": place.file, "offset": place.offset, "length": place.length}
    return Snapshot(article=article, digest=digest, **where, **about)
