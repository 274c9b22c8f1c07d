"""Sitemaps and their indexes (sitemaps.org), with Google's news extension."""

from __future__ import annotations

import datetime as dt
import gzip
import zlib

from lxml import etree

from peacetracker.ingest.feeds.items import BadFeed, Contents, Item, absolute, moment, plain, without_links
from peacetracker.ingest.feeds.xmlfeed import local_name

ROOTS = {"urlset", "sitemapindex"}
MOST_PARTS = 10  # sitemaps of an index that are read in one poll, the last modified first
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def unzipped(body: bytes, largest: int) -> bytes:
    """The document in a response: sitemaps are often files of gzip (`sitemap.xml.gz`). Raises BadFeed."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain_body = unpacker.decompress(body, largest + 1)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise BadFeed(f"it is a broken gzip file: {error}") from error
    if len(plain_body) > largest:
        raise BadFeed(f"it is larger than {largest // 2**20} MiB when unpacked")
    return plain_body


def read(root: etree._Element, url: str) -> Contents:
    """The contents of a sitemap or of an index of sitemaps."""
    entries = [_values(entry) for entry in root if local_name(entry) in ("url", "sitemap")]
    if local_name(root) == "sitemapindex":
        entries.sort(key=lambda values: moment(values.get("lastmod")) or _NEVER, reverse=True)
        addresses = dict.fromkeys(absolute(values.get("loc"), url) for values in entries)
        return Contents(parts=tuple(address for address in addresses if address)[:MOST_PARTS])
    items = [_item(values, url) for values in entries]
    found = tuple(item for item in items if item.url)
    return Contents(items=found, notes=without_links(len(items) - len(found), len(items)))


def _values(entry: etree._Element) -> dict[str, str]:
    """The first text of each element of an entry at whatever depth: its names do not clash but for images' titles."""
    values: dict[str, str] = {}
    for element in entry.iter():
        text = (element.text or "").strip()
        if text and "image" not in (element.prefix or "") and "video" not in (element.prefix or ""):
            values.setdefault(local_name(element), text)
    return values


def _item(values: dict[str, str], url: str) -> Item:
    return Item(
        url=absolute(values.get("loc"), url),
        title=plain(values.get("title")),
        published=moment(values.get("publication_date")) or moment(values.get("lastmod")),
        language=values.get("language", "")[:8],
    )
