"""What every format of feed is read into: one narrow type between reading and storing."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

LONGEST_URL, LONGEST_TITLE = 2000, 500
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)  # no page of the web is older
AHEAD = dt.timedelta(days=1)  # clocks and time zones differ; more than this is a mistake

_TAG = re.compile(r"<[^<>]*>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


class BadFeed(ValueError):
    """A response that cannot be read as a feed; the message says what it is instead and what may help."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed: the absolute address of an article and what the feed says of it."""

    url: str
    title: str = ""
    published: dt.datetime | None = None  # with a time zone
    language: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in a feed. `parts` are addresses of further feeds that this one is an index of, newest first."""

    items: tuple[Item, ...] = ()
    title: str = ""
    homepage: str = ""
    notes: tuple[str, ...] = ()  # what was wrong with it and did not keep it from being read
    parts: tuple[str, ...] = ()


def plain(words: str | None) -> str:
    """A title as plain text on one line: no tags, no entities, nothing that a database refuses."""
    if not words:
        return ""
    text = html.unescape(_TAG.sub("", words)) if "<" in words or "&" in words else words
    if "<" in text:  # it was escaped twice
        text = _TAG.sub("", text)
    return " ".join(_CONTROL.sub(" ", text).split())[:LONGEST_TITLE]


def absolute(link: str | None, base: str) -> str:
    """The http(s) address of a link, or nothing where it has none."""
    if not link or not (link := _CONTROL.sub("", link).strip()):
        return ""
    try:
        url = urljoin(base, link)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > LONGEST_URL:
            return ""
    except ValueError:
        return ""
    return url


def moment(words: str | None) -> dt.datetime | None:
    """A moment in one of the notations that feeds use (RFC 3339, RFC 822), or nothing."""
    if not words or not (words := words.strip()):
        return None
    for reading in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            read = reading(words)
            return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def plausible(published: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """The moment, unless it lies in 1970, in the year 3000 or the like: missing beats wrong."""
    return published if published and EARLIEST <= published <= now + AHEAD else None


def without_links(number: int, of: int) -> tuple[str, ...]:
    """The note about items that lead nowhere."""
    return (f"{number} of {of} items have no link and cannot be read",) if number else ()
