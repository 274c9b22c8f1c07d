"""From a response's bytes to an article's text and what its page says about it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from textwrap import shorten
from urllib.parse import urljoin

import py3langid
import trafilatura
from trafilatura.settings import Document as TrafilaturaDocument
from trafilatura.settings import use_config

SHORTEST_TEXT = 80  # characters: less is a teaser, a consent page or an empty shell
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
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
    date_provenance: str = ""
    language: str = ""
    canonical_url: str = ""
    publisher: str = ""


def parse(body: bytes, content_type: str, url: str) -> ParsedArticle:
    """The article in a response. Raises Unparsable."""
    media = content_type.partition(";")[0].strip().lower()
    if media in ("", "text/html", "application/xhtml+xml") and not _is_binary(body):
        return _parse_page(body, url)
    if media == "text/plain" and not _is_binary(body):
        return _parse_plain(_decode(body, content_type))
    raise Unparsable(f"not a page but {media or 'binary data'}: only HTML and plain text are read so far")


def _is_binary(body: bytes) -> bool:
    return b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff"))


def _decode(body: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type)
    for encoding in [named.group(1) if named else "utf-8-sig", "utf-8-sig"]:
        try:
            return body.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("cp1252", errors="replace")


def clean(text: str) -> str:
    """A text as it is stored: one kind of line end, no NUL and nothing that UTF-8 cannot hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", errors="replace").decode().strip()


def _parse_plain(text: str) -> ParsedArticle:
    text = clean(text)
    if not text:
        raise Unparsable("the text is empty")
    # A text has no title of its own; its first line tells it from others.
    title = shorten(text.partition("\n")[0], 100, placeholder=" …", break_on_hyphens=False)
    return ParsedArticle(text=text, title=title, language=detect_language(text))


def _parse_page(body: bytes, url: str) -> ParsedArticle:
    page = trafilatura.bare_extraction(
        body,
        url=url or None,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        config=_CONFIG,
    )
    text = clean((page.text if isinstance(page, TrafilaturaDocument) else "") or "")
    if not isinstance(page, TrafilaturaDocument) or len(text) < SHORTEST_TEXT:
        raise Unparsable("no article text in the page: it may be a list, a consent page or behind a paywall")
    published = dt.date.fromisoformat(page.date) if page.date else None
    return ParsedArticle(
        text=text,
        title=clean(page.title or "")[:500],
        author=clean(page.author or "")[:300],
        published_on=published,
        date_provenance="metadata" if published else "",
        language=detect_language(text),
        canonical_url=urljoin(url, page.url) if page.url else "",
        publisher=clean(page.sitename or ""),
    )


def detect_language(text: str) -> str:
    """The ISO 639-1 code of the language that a text is most likely in."""
    language, _ = py3langid.classify(text[:5000])
    return str(language)
