"""From a response's bytes to an article's text and what its page says about it."""

from __future__ import annotations

import datetime as dt
import logging
import re
from dataclasses import dataclass
from textwrap import shorten
from typing import Any
from urllib.parse import urljoin

import py3langid
import trafilatura
from htmldate import find_date
from lxml.html import HtmlElement
from trafilatura.metadata import (
    META_URL,
    examine_meta,
    extract_author,
    extract_meta_json,
    extract_sitename,
    extract_title,
    extract_url,
)
from trafilatura.settings import Document as TrafilaturaDocument
from trafilatura.settings import use_config

from peacetracker.ingest.charset import decode
from peacetracker.ingest.pdf import UnreadablePdf, read_pdf
from peacetracker.ingest.walls import TEASER, is_paywalled, wall_before

log = logging.getLogger(__name__)

SHORTEST_TEXT = 80  # characters: less is a teaser, a consent page or an empty shell
EARLIEST = dt.date(1995, 1, 1)  # no page of the web is older: such dates are mistakes
_PAGES = {"text/html", "application/xhtml+xml", "application/xml", "text/xml"}
_PLAIN = {"text/plain", "text/markdown"}
_FEED = re.compile(rb"^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# Controls but tab and newline, and what turns the direction of text or hides in it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc\ufffe\uffff]"
)
_CONFIG = use_config()
_CONFIG.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")  # uses a signal, which a thread cannot; tasks have their own limit


class Unparsable(Exception):
    """A response without an article's text; the message says what it is instead."""


@dataclass(frozen=True)
class ParsedArticle:
    text: str
    title: str = ""
    author: str = ""
    published_on: dt.date | None = None
    date_provenance: str = ""  # metadata, url or text
    language: str = ""
    canonical_url: str = ""
    publisher: str = ""
    remark: str = ""  # what an editor should know of the text, such as that it is cut


def parse(body: bytes, content_type: str, url: str) -> ParsedArticle:
    """The article in a response. Raises Unparsable."""
    media = content_type.partition(";")[0].strip().lower()
    if body.lstrip()[:5] == b"%PDF-":  # whatever the header says
        return _parse_pdf(body)
    if _is_binary(body) or media.startswith(("image/", "audio/", "video/", "font/")):
        raise Unparsable(f"not a page but {media or 'binary data'}: HTML, PDF and plain text are read")
    if _FEED.match(body[:2000]):
        raise Unparsable("a feed or sitemap, not an article: enter it as a feed")
    if media in _PLAIN:
        return _parse_plain(decode(body, content_type))
    if media in _PAGES or body.lstrip()[:1] == b"<":
        return _parse_page(decode(body, content_type), url)
    raise Unparsable(f"not a page but {media or 'data of an unknown kind'}: HTML, PDF and plain text are read")


def _is_binary(body: bytes) -> bool:
    return b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff"))


def clean(text: str) -> str:
    """A text as it is stored: one kind of line end, no NUL and nothing that UTF-8 cannot hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", errors="replace").decode().strip()


def sanitise(text: str) -> str:
    """A page's text, clean and without characters that cannot be seen: they hide words and turn others around."""
    return clean(_UNSEEN.sub("", clean(text)))


def _line(text: str | None, longest: int) -> str:
    return " ".join(sanitise(text or "").split())[:longest]


def _parse_plain(text: str) -> ParsedArticle:
    text = clean(text)
    if not text:
        raise Unparsable("the text is empty")
    return ParsedArticle(text=text, title=_first_line(text), language=detect_language(text))


def _first_line(text: str) -> str:
    """A text has no title of its own; its first line tells it from others."""
    return shorten(text.partition("\n")[0], 100, placeholder=" …", break_on_hyphens=False)


def _parse_pdf(body: bytes) -> ParsedArticle:
    try:
        found = read_pdf(body)
    except UnreadablePdf as problem:
        raise Unparsable(str(problem)) from problem
    text = sanitise(found.text)
    if len(text) < SHORTEST_TEXT:
        raise Unparsable("the PDF holds hardly any text: it may be scanned pages")
    dated = found.created_on and EARLIEST <= found.created_on <= _latest()
    return ParsedArticle(
        text=text,
        title=_line(found.title, 500) or _first_line(text),
        author=_line(found.author, 300),
        published_on=found.created_on if dated else None,
        date_provenance="metadata" if dated else "",
        language=detect_language(text),
    )


def _parse_page(html: str, url: str) -> ParsedArticle:
    tree = trafilatura.load_html(_DECLARATION.sub("", html, count=1))
    if tree is None:
        raise Unparsable("no article text in the page: it is not HTML")
    paywalled, canonical, about = is_paywalled(tree), _canonical(tree, url), page_about_itself(tree, url)
    page = trafilatura.bare_extraction(
        tree, url=url or None, include_comments=False, include_tables=False, config=_CONFIG
    )
    text = sanitise(page.text or "") if isinstance(page, TrafilaturaDocument) else ""
    title = _line(about.title, 500)
    if wall := wall_before(url, title, text):
        raise Unparsable(wall)
    if len(text) < SHORTEST_TEXT:
        raise Unparsable(
            "behind a paywall" if paywalled else "no article text in the page: it may be a list or a video"
        )
    published = dt.date.fromisoformat(about.date) if about.date else None
    return ParsedArticle(
        text=text,
        title=title,
        author=_line(about.author, 300),
        published_on=published,
        date_provenance=_provenance(published, tree.find("head"), url) if published else "",
        language=detect_language(text),
        canonical_url=canonical,
        publisher=_line(about.sitename, 200),
        remark=_paywall_remark(text) if paywalled else "",
    )


def page_about_itself(tree: HtmlElement, url: str) -> TrafilaturaDocument:
    """Title, author, site and date as `trafilatura.extract_metadata` finds them.

    That also looks through all links for categories, tags and a licence, which nobody asks for here: a fifth of all the
    time that a page takes.
    """
    about = examine_meta(tree)
    if about.author and " " not in about.author:
        about.author = None
    try:
        about = extract_meta_json(tree, about)
    except Exception as error:  # whatever stands in a page's JSON
        log.info("what %s says of itself in JSON cannot be read: %s", url, error)
    about.title = about.title or extract_title(tree)
    about.author = about.author or extract_author(tree)
    about.url = about.url or extract_url(tree, url or None)
    about.date = find_date(tree, **_DATES | {"max_date": _latest().isoformat(), "url": about.url})
    about.sitename = _site(about.sitename or extract_sitename(tree), about.url)
    about.clean_and_trim()
    return about


def _site(name: str | None, url: str | None) -> str | None:
    if name:
        name = name.lstrip("@")
        return name.title() if name and "." not in name and not name[0].isupper() else name
    found = META_URL.match(url or "")
    return found[1] if found else None


_DATES: dict[str, Any] = {
    "original_date": True,
    "extensive_search": False,  # it takes any year in the text for the date
    "deferred_url_extractor": True,  # what the page says of itself comes first
    "min_date": EARLIEST.isoformat(),
}


def _latest() -> dt.date:
    """Dates beyond are mistakes; a day is allowed for time zones."""
    return dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)


def _provenance(published: dt.date, head: HtmlElement | None, url: str) -> str:
    """Where a page's date comes from: the one of these that gives the same."""
    limits = _DATES | {"max_date": _latest().isoformat()}
    if head is not None and find_date(head, url="", **limits) == published.isoformat():
        return "metadata"
    if url and find_date("<html><head></head><body></body></html>", url=url, **limits) == published.isoformat():
        return "url"
    return "text"


def _canonical(tree: HtmlElement, url: str) -> str:
    """The address that a page gives as its own."""
    links = [link.get("href", "") for link in tree.iter("link") if "canonical" in link.get("rel", "").split()]
    links += [meta.get("content", "") for meta in tree.iter("meta") if meta.get("property") == "og:url"]
    try:
        return next((urljoin(url, link.strip()) for link in links if link.strip()), "")
    except ValueError:
        return ""


def _paywall_remark(text: str) -> str:
    if len(text) < TEASER:
        return f"behind a paywall: only a teaser of {len(text)} characters was read"
    return "the page says that it is behind a paywall: the text may be cut"


def detect_language(text: str) -> str:
    """The ISO 639-1 code of the language that a text is most likely in."""
    language, _ = py3langid.classify(text[:1000])
    return str(language)
