"""What a site asks robots to leave alone, and how fast they may come (RFC 9309)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from protego import Protego

from peacetracker.ingest.broker import memory

AGENT = "Peacetracker"
LONGEST_DELAY = 300.0  # seconds between two pages, whatever a site wants
_LARGEST = 500 * 1024  # bytes of a robots.txt that are read, as the RFC allows
_KEPT_FOR = 6 * 3600  # seconds; the RFC allows a day
_UNAVAILABLE_FOR = 600
_UNAVAILABLE = b"\0unavailable"


class RobotsUnavailable(Exception):
    """A site whose robots.txt cannot be read now may not be visited now."""


class Rules:
    def __init__(self, text: str) -> None:
        self._rules = Protego.parse(text)

    def allow(self, url: str) -> bool:
        return bool(self._rules.can_fetch(url, AGENT))

    @property
    def delay(self) -> float:
        """Seconds between two requests: Crawl-delay or Request-rate."""
        rate = self._rules.request_rate(AGENT)
        wanted = self._rules.crawl_delay(AGENT) or (rate and rate.seconds / rate.requests) or 0.0
        return min(float(wanted), LONGEST_DELAY)


def rules_of(site: str, read: Callable[[str], tuple[int, bytes]]) -> Rules:
    """The rules of a site (scheme and host). `read` gives status and body of an address; all workers share them."""
    text = known([site]).get(site)
    return understood(site, keep(site, *read(address(site))) if text is None else text)


def address(site: str) -> str:
    return f"{site}/robots.txt"


def known(sites: Sequence[str]) -> dict[str, bytes]:
    """The texts that are still kept, of these sites."""
    kept = memory().mget([f"robots:{site}" for site in sites]) if sites else []
    return {site: text for site, text in zip(sites, kept, strict=True) if isinstance(text, bytes)}


def understood(site: str, text: bytes) -> Rules:
    """The rules of a text that was kept. Raises RobotsUnavailable."""
    if text == _UNAVAILABLE:
        raise RobotsUnavailable(f"the robots.txt of {site} cannot be read at the moment")
    return _parsed(text)


def keep(site: str, status: int, body: bytes) -> bytes:
    """Keep what a site answered. An absent one allows all, an unavailable one forbids for now (RFC 9309, 2.3.1)."""
    unavailable = status >= 500 or status == 429
    text = _UNAVAILABLE if unavailable else body[:_LARGEST] if 200 <= status < 300 else b""
    memory().set(f"robots:{site}", text, ex=_UNAVAILABLE_FOR if unavailable else _KEPT_FOR)
    return text


@lru_cache(maxsize=200)
def _parsed(text: bytes) -> Rules:
    return Rules(text.decode("utf-8", errors="replace"))
