"""Fetch a page or a feed politely and safely.

Politely: robots.txt, a pace for each host that all workers keep together, conditional requests, an honest User-Agent.
Safely: public addresses only, bounded in size, time, redirects and how far a compressed body unfolds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils import timezone

from peacetracker import __version__
from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.decoding import Undecodable, decode
from peacetracker.ingest.network import NotPublic, OutOfTime, at_most, client
from peacetracker.ingest.pace import HostBusy, postpone, turn
from peacetracker.ingest.robots import RobotsUnavailable, Rules, rules_of

LARGEST_BODY = 10 * 2**20  # bytes, before and after decompression
MOST_REDIRECTS = 5
PAGES = "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.9,*/*;q=0.1"
FEEDS = "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,text/xml;q=0.9,*/*;q=0.1"
PERMANENT_REDIRECTS = {301, 308}
ASKS_TO_WAIT = {429, 503}
_WORDS = {
    401: "asks for a password",
    402: "asks for payment",
    403: "refuses us",
    404: "has no such page",
    410: "has withdrawn this page",
    451: "may not show this page for legal reasons",
}


@dataclass(frozen=True)
class Request:
    """An address, and what is known of its last answer, so that an unchanged one need not be sent again."""

    url: str
    etag: str = ""
    last_modified: str = ""
    accept: str = PAGES
    largest: int = LARGEST_BODY  # bytes
    heed_robots: bool = True


@dataclass(frozen=True)
class Response:
    """An answer: status 200 with a body, or 304 without one."""

    url: str  # after redirects
    status: int
    headers: httpx.Headers
    body: bytes
    raw: bytes = b""  # the body as it was sent, compressed as the headers say
    moved_to: str = ""  # where the address has moved for good (301, 308), if it has
    fetched_at: dt.datetime = field(default_factory=timezone.now)

    @property
    def content_type(self) -> str:
        return str(self.headers.get("content-type", ""))

    @property
    def etag(self) -> str:
        return str(self.headers.get("etag", ""))

    @property
    def last_modified(self) -> str:
        return str(self.headers.get("last-modified", ""))

    @property
    def unchanged(self) -> bool:
        return self.status == 304


class FetchProblem(Exception):
    """A page that could not be fetched.

    `passing` says whether a later try may succeed; `status` is the server's, or 0; `retry_after` is in how many seconds
    it may be tried again, where the server or our own pace says so. `busy` means that nothing was tried yet.
    """

    def __init__(
        self,
        message: str,
        *,
        passing: bool = False,
        status: int = 0,
        retry_after: float | None = None,
        busy: bool = False,
    ) -> None:
        self.passing, self.status, self.retry_after, self.busy = passing, status, retry_after, busy
        super().__init__(message)


def fetch(request: Request | str) -> Response:
    """What stands at an address, after redirects. Raises FetchProblem."""
    request = Request(request) if isinstance(request, str) else request
    try:
        with at_most(settings.FETCH_SECONDS):
            return _follow(request)
    except (BadAddress, NotPublic, Undecodable) as error:
        raise FetchProblem(str(error)) from error
    except HostBusy as busy:
        raise FetchProblem(str(busy), passing=True, retry_after=busy.seconds, busy=True) from busy
    except RobotsUnavailable as error:
        raise FetchProblem(str(error), passing=True) from error
    except OutOfTime as error:
        raise FetchProblem(
            f"{_host(request.url)} took longer than {settings.FETCH_SECONDS:.0f} s", passing=True
        ) from error
    except httpx.TimeoutException as error:
        raise FetchProblem(f"{_host(request.url)} did not answer in time", passing=True) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, OSError) as error:
        said = str(error) or type(error).__name__
        raise FetchProblem(f"{_host(request.url)} could not be read: {said}", passing=True) from error


def user_agent() -> str:
    contact = f"; +{settings.FETCH_CONTACT}" if settings.FETCH_CONTACT else ""
    return f"Peacetracker/{__version__} (news reader for an archive of positions{contact})"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _follow(request: Request) -> Response:
    url, moved_to, for_good = request.url, "", True
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(request, url)
        if not answer.headers.get("location") or not 300 <= answer.status < 400:
            return accept(answer, moved_to)
        for_good = for_good and answer.status in PERMANENT_REDIRECTS
        url = urljoin(url, answer.headers["location"])
        moved_to = url if for_good else moved_to
    raise FetchProblem(f"more than {MOST_REDIRECTS} redirects")


def _ask(request: Request, url: str) -> Response:
    """One request, in its turn, and its answer whatever it is."""
    normal_address(url)
    parts = urlsplit(url)
    rules = rules_of(f"{parts.scheme}://{parts.netloc}", _read_robots) if request.heed_robots else Rules("")
    if not rules.allow(url):
        raise FetchProblem(f"{parts.hostname} asks robots not to read this page (robots.txt)")
    headers = {"Accept": request.accept}
    if url == request.url:
        headers |= {"If-None-Match": request.etag} if request.etag else {}
        headers |= {"If-Modified-Since": request.last_modified} if request.last_modified else {}
    return _read(url, headers, request.largest, rules.delay)


def _read(url: str, headers: dict[str, str], largest: int, delay: float = 0.0) -> Response:
    host = urlsplit(url).netloc
    with turn(host, delay), client().stream("GET", url, headers={"User-Agent": user_agent(), **headers}) as response:
        declared = response.headers.get("content-length", "")
        raw = bytearray()
        if declared.isdecimal() and int(declared) > largest:
            raise Undecodable(f"the page is larger than {largest // 2**20} MiB")
        for chunk in response.iter_raw():
            raw += chunk
            if len(raw) > largest:
                raise Undecodable(f"the page is larger than {largest // 2**20} MiB")
    if response.status_code in ASKS_TO_WAIT and (seconds := _retry_after(response.headers)):
        postpone(host, seconds)
    body = decode(bytes(raw), response.headers.get("content-encoding", ""), largest)
    return Response(url, response.status_code, response.headers, body, bytes(raw))


def accept(answer: Response, moved_to: str) -> Response:
    """The answer, if it is one that can be used."""
    if answer.status in (200, 203, 304):
        return Response(answer.url, answer.status, answer.headers, answer.body, answer.raw, moved_to)
    words = _WORDS.get(answer.status)
    passing = answer.status >= 500 or answer.status in (408, 425, 429)
    raise FetchProblem(
        f"{_host(answer.url)} answered {answer.status}" + (f": it {words}" if words else ""),
        passing=passing,
        status=answer.status,
        retry_after=_retry_after(answer.headers),
    )


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
    return max(0.0, (when - timezone.now()).total_seconds())


def _read_robots(url: str) -> tuple[int, bytes]:
    """Status and body of a robots.txt, after redirects; too many of them are as good as none (RFC 9309, 2.3.1.2)."""
    for _ in range(MOST_REDIRECTS):
        normal_address(url)
        answer = _read(url, {"Accept": "text/plain,*/*;q=0.1"}, LARGEST_BODY)
        if not answer.headers.get("location") or not 300 <= answer.status < 400:
            return answer.status, answer.body
        url = urljoin(url, answer.headers["location"])
    return 404, b""
