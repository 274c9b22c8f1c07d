"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
from typing import Any

from peacetracker.ingest.feeds.items import BadFeed, Contents, Item, absolute, moment, plain, without_links


def read(body: bytes, url: str) -> Contents:
    """The contents of a JSON Feed. Raises BadFeed."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadFeed(f"it is not valid JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise BadFeed("it is JSON, but no JSON Feed: it has no list of items")
    base = absolute(_string(data, "home_page_url"), url) or url
    items = [_item(entry, base, _string(data, "language")) for entry in data["items"] if isinstance(entry, dict)]
    found = tuple(item for item in items if item.url)
    return Contents(
        items=found,
        title=plain(_string(data, "title")),
        homepage=absolute(_string(data, "home_page_url"), url),
        notes=without_links(len(data["items"]) - len(found), len(data["items"])),
    )


def _item(entry: dict[str, Any], base: str, language: str) -> Item:
    identifier = _string(entry, "id")
    link = _string(entry, "url") or _string(entry, "external_url")
    return Item(
        url=absolute(link or (identifier if "://" in identifier else ""), base),
        title=plain(_string(entry, "title") or _string(entry, "summary")),
        published=moment(_string(entry, "date_published") or _string(entry, "date_modified")),
        language=(_string(entry, "language") or language)[:8],
    )


def _string(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
