"""RSS 0.9 to 2.0 and Atom.

Well-formed XML is read with lxml, which takes a fiftieth of feedparser's time: at thousands of feeds that decides how
many machines are needed. Whatever is not well-formed goes to feedparser, which has met every mistake there is.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import feedparser
from lxml import etree

from peacetracker.ingest.feeds.items import BadFeed, Contents, Item, absolute, moment, plain, without_links

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_DATES = ("pubDate", "published", "issued", "date", "created", "updated", "modified")
_ENTITIES = "it declares entities of its own, which no feed needs and which can exhaust a reader"
# What feedparser remarks on although nothing was amiss with the document itself.
_HARMLESS = (feedparser.exceptions.NonXMLContentType, feedparser.exceptions.CharacterEncodingOverride)
ROOTS = {"rss", "RDF", "feed"}


def parse_xml(body: bytes) -> etree._Element | None:
    """The root of a well-formed document that needs no other, or None. Nothing is loaded. Raises BadFeed."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if b"<!ENTITY" in body or "amplification" in str(error):
            raise BadFeed(_ENTITIES) from error
        return None
    document = root.getroottree().docinfo
    if document.internalDTD is not None and any(True for _ in document.internalDTD.iterentities()):
        raise BadFeed(_ENTITIES)
    return None if document.doctype else root  # RSS 0.91 takes its é from a DTD; feedparser knows them by heart


def local_name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def read(root: etree._Element, url: str) -> Contents:
    """The contents of an RSS or Atom document. Raises BadFeed where it is another kind of document."""
    if local_name(root) not in ROOTS:
        raise BadFeed(f"it is XML, but neither RSS nor Atom nor a sitemap: its root is <{local_name(root)}>")
    atom = local_name(root) == "feed"
    head = root if atom else next((child for child in root if local_name(child) == "channel"), root)
    values = _children(head)
    homepage = absolute(_link(head, values), url)
    base = absolute(root.get(_BASE) or head.get(_BASE), url) or (url if atom else homepage or url)
    language = head.get(_LANG) or root.get(_LANG) or _text(values.get("language"))
    entries = list(_entries(root, head))
    items = [_item(entry, base, language) for entry in entries]
    found = tuple(item for item in items if item.url)
    return Contents(
        items=found,
        title=plain(_text(values.get("title"))),
        homepage=homepage,
        notes=without_links(len(items) - len(found), len(items)),
    )


def _entries(root: etree._Element, head: etree._Element) -> Iterator[etree._Element]:
    """Items stand in the channel, or beside it in RSS 0.9 and 1.0."""
    for parent in dict.fromkeys((head, root)):
        yield from (child for child in parent if local_name(child) in ("item", "entry"))


def _children(element: etree._Element) -> dict[str, etree._Element]:
    """The first child of each name; one without a namespace, or of Atom, goes before an extension's."""
    found: dict[str, etree._Element] = {}
    for child in element:
        name = local_name(child)
        if name not in found or (_is_extension(found[name]) and not _is_extension(child)):
            found[name] = child
    return found


def _is_extension(element: etree._Element) -> bool:
    """`media:title`, `itunes:title` and their like stand beside the title itself."""
    return element.prefix in ("media", "itunes", "dc", "content", "atom", "a10")


def _item(entry: etree._Element, base: str, language: str) -> Item:
    values = _children(entry)
    base = absolute(entry.get(_BASE), base) or base
    dates = (moment(_text(values[name])) for name in _DATES if name in values)
    return Item(
        url=absolute(_link(entry, values), base),
        title=plain(_text(values.get("title"))),
        published=next((date for date in dates if date), None),
        language=(entry.get(_LANG) or language or "")[:8],
    )


def _link(entry: etree._Element, values: dict[str, etree._Element]) -> str:
    """Where an entry leads: its link, else the identifier that is said to be one."""
    origin = _text(values.get("origLink"))  # the article behind a counting redirect
    if origin:
        return origin
    fallback = ""
    for link in (child for child in entry if local_name(child) == "link"):
        target = link.get("href") or _text(link)
        relation = link.get("rel", "alternate")
        if relation == "alternate" and target:
            return target
        if relation not in ("self", "edit", "next", "hub", "replies", "enclosure", "search"):
            fallback = fallback or target
    guid = values.get("guid")
    if guid is not None and guid.get("isPermaLink", "true") != "false" and "://" in _text(guid):
        return _text(guid)
    identifier = _text(values.get("id")) or entry.get(_ABOUT, "")
    return fallback or (identifier if identifier.startswith(("http://", "https://")) else "")


def _text(element: etree._Element | None) -> str:
    if element is None:
        return ""
    return (element.text or "").strip() if len(element) == 0 else "".join(_texts(element)).strip()


def _texts(element: etree._Element) -> Iterable[str]:
    return (str(part) for part in element.itertext())


def read_leniently(body: bytes, content_type: str, url: str) -> Contents:
    """The contents of a document that is not well-formed, as far as feedparser can tell. Raises BadFeed."""
    headers = {"content-location": url, **({"content-type": content_type} if content_type else {})}
    try:
        read = feedparser.parse(body, response_headers=headers, sanitize_html=False)
    except Exception as error:  # it trips over its own tolerance now and then
        raise BadFeed(f"it is not well-formed XML, and too broken to be read: {plain(str(error))}") from error
    remark = read.get("bozo_exception")
    reason = "" if remark is None or isinstance(remark, _HARMLESS) else plain(str(remark))
    if not read.get("version") and not read.entries:
        raise BadFeed(f"it is not a feed{f': {reason}' if reason else ''}")
    language = read.feed.get("language", "")
    items = [_lenient_item(entry, url, language) for entry in read.entries]
    found = tuple(item for item in items if item.url)
    return Contents(
        items=found,
        title=plain(read.feed.get("title")),
        homepage=absolute(read.feed.get("link"), url),
        notes=(
            *((f"not well-formed XML, read as far as possible ({reason})",) if reason else ()),
            *without_links(len(items) - len(found), len(items)),
        ),
    )


def _lenient_item(entry: Any, url: str, language: str) -> Item:
    date = entry.get("published_parsed") or entry.get("updated_parsed")
    link = entry.get("link") or (entry.get("id") if str(entry.get("id", "")).startswith("http") else "")
    return Item(
        url=absolute(link, url),
        title=plain(entry.get("title")),
        published=_utc(date) if date else None,
        language=str(entry.get("language") or language or "")[:8],
    )


def _utc(parsed: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(calendar.timegm(parsed), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
