"""When to poll a feed again. Pure arithmetic: times in, times out."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

SHORTEST, LONGEST = dt.timedelta(minutes=5), dt.timedelta(days=1)
FIRST = dt.timedelta(minutes=30)  # of a feed that nobody knows yet
FASTER, SLOWER = 0.6, 1.25
LONGEST_WISH = dt.timedelta(days=30)  # what a server may ask for at most
OFFLINE_PAUSE = dt.timedelta(minutes=10)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def adapted(interval: dt.timedelta, *, changed: bool) -> dt.timedelta:
    """The next interval: shorter while polls bring something new, longer while they do not.

    The factors balance where about three polls in ten find something new, so a feed is polled about three times for
    each of its changes.
    """
    return min(max(interval * (FASTER if changed else SLOWER), SHORTEST), LONGEST)


def after_success(interval: dt.timedelta, headers: Mapping[str, str]) -> dt.timedelta:
    """How long to wait: the interval, or longer where the response is good for longer, but a day at most."""
    return min(max(_jittered(interval), freshness(headers)), LONGEST)


def after_failure(failures: int, retry_after: dt.timedelta | None = None) -> dt.timedelta:
    """How long to wait after so many failures in a row: twice as long each time up to a day, or as the server asks."""
    backoff = min(SHORTEST * 2 ** min(failures, 12), LONGEST)
    return max(_jittered(backoff, 0.5), retry_after or SHORTEST)


def while_offline() -> dt.timedelta:
    return _jittered(OFFLINE_PAUSE, 0.5)


def freshness(headers: Mapping[str, str]) -> dt.timedelta:
    """For how long a response may be kept by its Cache-Control (RFC 9111, 5.2.2.1); no time where it does not say."""
    control = headers.get("cache-control", "")
    found = _MAX_AGE.search(control)
    if not found or "no-store" in control.lower() or "no-cache" in control.lower():
        return dt.timedelta(0)
    age = headers.get("age", "")
    return dt.timedelta(seconds=max(0, int(found[1]) - (int(age) if age.isdecimal() else 0)))


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> dt.timedelta | None:
    """What Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3); None where it does not ask."""
    words = headers.get("retry-after", "").strip()
    if words.isdecimal():
        return min(dt.timedelta(seconds=int(words[:9])), LONGEST_WISH)
    try:
        until = parsedate_to_datetime(words)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return min(max(until - now, dt.timedelta(0)), LONGEST_WISH)


def _jittered(time: dt.timedelta, share: float = 0.1) -> dt.timedelta:
    """A time up to that share longer, so that feeds that met at one moment part again."""
    return time * (1 + random.random() * share)  # noqa: S311
