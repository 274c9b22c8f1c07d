"""Reading feeds: bytes in, items out. No database, no network: each format is a module that a file can test."""

from __future__ import annotations

from peacetracker.ingest.feeds import jsonfeed, links, sitemap, xmlfeed
from peacetracker.ingest.feeds.items import BadFeed, Contents, Item

__all__ = ["LARGEST_FEED", "BadFeed", "Contents", "Item", "read"]

LARGEST_FEED = 20 * 1024 * 1024  # bytes, unpacked


def read(body: bytes, content_type: str, url: str, selector: str = "") -> Contents:
    """The contents of a response: of the page's links with a selector, else of whatever kind of feed it is.

    What it is shows in its first bytes; servers often call feeds by a wrong name. Raises BadFeed.
    """
    if len(body) > LARGEST_FEED:
        raise BadFeed(f"it is larger than {LARGEST_FEED // 2**20} MiB")
    if selector:
        return links.read(body, content_type, url, selector)
    body = sitemap.unzipped(body, LARGEST_FEED)
    begin = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not begin:
        raise BadFeed("the response is empty")
    if begin[:1] in b"{[":
        return jsonfeed.read(body, url)
    if begin[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise BadFeed("it is a web page, not a feed: give the feed's address, or a selector for the page's links")
    return _read_xml(body, content_type, url)


def _read_xml(body: bytes, content_type: str, url: str) -> Contents:
    root = xmlfeed.parse_xml(body)
    if root is None:
        return xmlfeed.read_leniently(body, content_type, url)
    if xmlfeed.local_name(root) in sitemap.ROOTS:
        return sitemap.read(root, url)
    if xmlfeed.local_name(root) == "html":
        raise BadFeed("it is a web page, not a feed: give the feed's address, or a selector for the page's links")
    return xmlfeed.read(root, url)
