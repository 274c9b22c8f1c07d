"""What feeds bring: items become queued articles, thousands in a few statements.

A row a statement, or a model instance a row, would take longer than fetching and reading the feeds did.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils import timezone

from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.feeds.items import Item, plausible
from peacetracker.press.addresses import address_key
from peacetracker.press.models import Address, Article, Feed


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item of a feed on its way to become an article."""

    key: str  # of its address, the same for all its guises
    feed: int
    row: dict[str, Any]  # the columns of an article that the feed tells


def arrivals(feed: Feed, items: Iterable[Item]) -> tuple[list[Arrival], tuple[str, ...]]:
    """The items of a feed that can be read, and a note about each that cannot."""
    now = timezone.now()
    arriving, notes = [], []
    for item in items:
        try:
            address = normal_address(item.url)
        except BadAddress:
            notes.append(f"{item.url[:100]} is no address that can be read")
            continue
        arriving.append(Arrival(address_key(address), feed.pk, _row(address, feed, item, now)))
    return arriving, tuple(notes)


def _row(address: str, feed: Feed, item: Item, now: dt.datetime) -> dict[str, Any]:
    published = plausible(item.published, now)
    return {
        "url": item.url,
        "canonical_url": address,
        "source_id": feed.source_id,
        "feed_id": feed.pk,
        "gated": feed.general,
        "title": item.title,
        "published_on": published.date().isoformat() if published else None,
        "date_provenance": "feed" if published else "",
        "language": item.language.partition("-")[0].lower(),
    }


def store(arriving: Iterable[Arrival]) -> Counter[int]:
    """Queue what is not known by its address yet; how much was new from each feed. `send_due` hands it to workers.

    Another worker may bring the same at this moment: then its row stays, and its addresses with it.
    """
    found = {each.key: each for each in reversed(list(arriving))}
    if not found:
        return Counter()
    known = Address.objects.led_to(found)
    new = [each for key, each in found.items() if key not in known]
    if not new:
        return Counter()
    with connection.cursor() as cursor:
        # Each row's event in the history goes through all checks that wait for the commit: let none wait.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_insert_articles(), [json.dumps([_whole(each.row) for each in new], cls=DjangoJSONEncoder)])
        inserted = dict(cursor.fetchall())
        led = [(each.key, inserted[url]) for each in new if (url := each.row["canonical_url"]) in inserted]
    Address.objects.lead(led)
    return Counter(each.feed for each in new)


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    return {**_defaults(), "added_at": now, "state_changed_at": now, "due_at": now, **row}


@lru_cache(maxsize=1)
def _defaults() -> dict[str, Any]:
    """The columns of a new article as the model fills them."""
    article = Article()
    return {
        field.column: getattr(article, field.attname)
        for field in Article._meta.concrete_fields
        if field.column and not field.primary_key and not field.generated
    }


@lru_cache(maxsize=1)
def _insert_articles() -> str:
    columns = ", ".join(_defaults())
    return (
        f"INSERT INTO press_article ({columns}) "
        f"SELECT {columns} FROM jsonb_populate_recordset(NULL::press_article, %s::jsonb) "
        "ON CONFLICT (canonical_url) DO NOTHING RETURNING canonical_url, id"
    )
