"""Many requests at once: libcurl drives them all from one thread at a tenth of a client's cost each.

What a request may do is the same as in `fetch`: the same turns at a host, the same public addresses, the same limits,
the same answers.
"""

from __future__ import annotations

import heapq
import ipaddress
import itertools
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import certifi
import httpx
import pycurl
from django.conf import settings

from peacetracker.ingest import pace, robots
from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.decoding import ACCEPTED, Undecodable, decode
from peacetracker.ingest.fetch import (
    ASKS_TO_WAIT,
    MOST_REDIRECTS,
    PERMANENT_REDIRECTS,
    FetchProblem,
    Request,
    Response,
    accept,
    user_agent,
)
from peacetracker.ingest.network import CONNECT_SECONDS, may_be_fetched

MOST_AT_ONCE = 100
A_FEW = 25
LONGEST = 40.0  # seconds for all; who has had no turn by then comes back later
_UNREACHABLE = {pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_CONNECT}

Answer = Response | FetchProblem


class Unreachable(FetchProblem):
    """Nobody answered at all: the host is down, or this machine is offline."""


@dataclass(slots=True)
class _Job:
    """A request on its way: where it stands now, and what has come so far."""

    request: Request
    url: str
    moved_to: str = ""
    for_good: bool = True
    hops: int = 0
    token: str = ""
    delay: float = 0.0  # that the host asks for
    end: float = 0.0  # when it must be done, redirects and all; set when it is sent
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    refused: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def site(self) -> str:
        return f"{urlsplit(self.url).scheme}://{self.host}"


def fetch_many(requests: Iterable[Request], seconds: float = LONGEST) -> Iterator[tuple[Request, Answer]]:
    """Each request with its answer or with why there is none, in the order in which they come."""
    yield from _Crowd(requests, seconds).answers()


class _Crowd:
    def __init__(self, requests: Iterable[Request], seconds: float) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, MOST_AT_ONCE)
        self._number = itertools.count()
        self._waiting: list[tuple[float, int, _Job]] = []  # a heap by the moment of the next try
        self._idle: list[pycurl.Curl] = []
        self._running: dict[pycurl.Curl, _Job] = {}
        self._done: list[tuple[Request, Answer]] = []
        self._ended: list[tuple[str, str]] = []  # turns that are over
        self._seconds = seconds
        self._rules: dict[str, robots.Rules | FetchProblem] = {}
        for request in requests:
            self._line_up(_Job(request, request.url))

    def answers(self) -> Iterator[tuple[Request, Answer]]:
        self._learn_rules([job for _, _, job in self._waiting])
        self._end = time.monotonic() + self._seconds
        try:
            while self._waiting or self._running or self._done:
                self._start()
                self._multi.perform()
                self._collect()
                done, self._done = self._done, []
                yield from done
                if not done and (self._running or self._waiting):
                    self._rest()
        finally:
            self._close()

    def _line_up(self, job: _Job, wait: float = 0.0) -> None:
        heapq.heappush(self._waiting, (time.monotonic() + wait, next(self._number), job))

    def _rest(self) -> None:
        """Until something comes in, or the next turn does."""
        self._give_back()
        pause = 0.5
        if self._waiting and not self._is_full():
            pause = min(max(self._waiting[0][0] - time.monotonic(), 0.0), pause)
        if self._running:
            self._multi.select(pause)
        else:
            time.sleep(pause)

    # Starting.

    def _is_full(self) -> bool:
        return MOST_AT_ONCE - len(self._running) < A_FEW

    def _give_back(self) -> None:
        pace.give_back(self._ended)
        self._ended = []

    def _start(self) -> None:
        """Many at once: each look at the turns is a way to the broker and back."""
        if len(self._ended) >= A_FEW:
            self._give_back()
        if self._is_full():
            return
        jobs: list[_Job] = []
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now and len(self._running) + len(jobs) < MOST_AT_ONCE:
            _, _, job = heapq.heappop(self._waiting)
            if problem := self._objection(job):
                self._done.append((job.request, problem))
            else:
                jobs.append(job)
        turns = pace.take_turns([(job.host, job.delay) for job in jobs])
        for job, (token, wait) in zip(jobs, turns, strict=True):
            if token:
                job.token = token
                self._send(job)
            elif now + wait < self._end:
                self._line_up(job, wait)
            else:
                busy = pace.HostBusy(job.host, wait)
                self._done.append((job.request, FetchProblem(str(busy), passing=True, retry_after=wait, busy=True)))

    def _objection(self, job: _Job) -> FetchProblem | None:
        """Why a request may not be sent."""
        try:
            normal_address(job.url)
        except BadAddress as error:
            return FetchProblem(str(error))
        if not job.request.heed_robots:
            return None
        self._learn_rules([job])
        rules = self._rules[job.site]
        if isinstance(rules, FetchProblem):
            return rules
        job.delay = rules.delay
        if not rules.allow(job.url):
            return FetchProblem(f"{urlsplit(job.url).hostname} asks robots not to read this page (robots.txt)")
        return None

    def _learn_rules(self, jobs: Iterable[_Job]) -> None:
        """Of sites that are not known yet, and all at once."""
        sites = {job.site for job in jobs if job.request.heed_robots and job.url.startswith(("http://", "https://"))}
        if new := sites - set(self._rules):
            self._rules |= _rules_of(sorted(new), self._seconds)

    def _send(self, job: _Job) -> None:
        job.end = job.end or time.monotonic() + settings.FETCH_SECONDS
        curl = self._idle.pop() if self._idle else pycurl.Curl()
        for option, value in self._options(job):
            curl.setopt(option, value)
        self._running[curl] = job
        self._multi.add_handle(curl)

    def _options(self, job: _Job) -> Iterator[tuple[int, Any]]:
        headers = [f"Accept: {job.request.accept}", f"Accept-Encoding: {ACCEPTED}"]
        if job.url == job.request.url:
            headers += [f"If-None-Match: {job.request.etag}"] if job.request.etag else []
            headers += [f"If-Modified-Since: {job.request.last_modified}"] if job.request.last_modified else []
        yield from [
            (pycurl.URL, job.url.encode()),
            (pycurl.USERAGENT, user_agent()),
            (pycurl.HTTPHEADER, headers),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.PROXY, ""),
            (pycurl.NOSIGNAL, 1),
            (pycurl.CAINFO, certifi.where()),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS),
            (pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000)),
            (pycurl.TIMEOUT_MS, max(int((job.end - time.monotonic()) * 1000), 1)),
            (pycurl.MAXFILESIZE, job.request.largest),
            (pycurl.HEADERFUNCTION, lambda line: _note_header(job, line)),
            (pycurl.WRITEFUNCTION, lambda chunk: _note_body(job, chunk)),
            (pycurl.OPENSOCKETFUNCTION, lambda purpose, address: _open_socket(job, address)),
        ]

    # Collecting.

    def _collect(self) -> None:
        left = 1
        while left:
            left, succeeded, failed = self._multi.info_read()
            ended = [(curl, 0, "") for curl in succeeded] + failed
            self._ended += [(job.host, job.token) for job in (self._running[curl] for curl, _, _ in ended)]
            for curl, code, words in ended:
                self._finish(curl, code, words)

    def _finish(self, curl: pycurl.Curl, code: int, words: str) -> None:
        job = self._running.pop(curl)
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        self._multi.remove_handle(curl)
        curl.reset()
        self._idle.append(curl)
        if code:
            self._done.append((job.request, _problem(job, code, words)))
        else:
            self._take(job, status)

    def _take(self, job: _Job, status: int) -> None:
        headers = httpx.Headers(job.headers)
        if 300 <= status < 400 and headers.get("location"):
            self._redirect(job, status, headers["location"])
            return
        raw = bytes(job.body)
        try:
            body = decode(raw, headers.get("content-encoding", ""), job.request.largest)
            answer = Response(job.url, status, headers, body, raw)
            self._done.append((job.request, accept(answer, job.moved_to)))
        except Undecodable as error:
            self._done.append((job.request, FetchProblem(str(error))))
        except FetchProblem as problem:
            if problem.status in ASKS_TO_WAIT and problem.retry_after:
                pace.postpone(job.host, problem.retry_after)
            self._done.append((job.request, problem))

    def _redirect(self, job: _Job, status: int, location: str) -> None:
        if job.hops == MOST_REDIRECTS:
            problem = FetchProblem(f"more than {MOST_REDIRECTS} redirects", status=status)
            self._done.append((job.request, problem))
            return
        url = urljoin(job.url, location)
        for_good = job.for_good and status in PERMANENT_REDIRECTS
        moved_to = url if for_good else job.moved_to
        self._line_up(_Job(job.request, url, moved_to, for_good, job.hops + 1, end=job.end))

    def _close(self) -> None:
        self._ended += [(job.host, job.token) for job in self._running.values()]
        self._give_back()
        for curl in self._running:
            self._multi.remove_handle(curl)
            curl.close()
        for curl in self._idle:
            curl.close()
        self._multi.close()


def _rules_of(sites: Sequence[str], seconds: float) -> dict[str, robots.Rules | FetchProblem]:
    """What sites ask robots to leave alone, or why that cannot be known now. Too many redirects are as good as none."""
    found: dict[str, robots.Rules | FetchProblem] = {}
    texts = robots.known(sites)
    accept = "text/plain,*/*;q=0.1"
    asked = {Request(robots.address(s), accept=accept, heed_robots=False): s for s in sites if s not in texts}
    for request, answer in fetch_many(asked, seconds):
        site = asked[request]
        if isinstance(answer, Response):
            texts[site] = robots.keep(site, answer.status, answer.body)
        elif answer.status:
            texts[site] = robots.keep(site, answer.status, b"")
        else:
            found[site] = answer
    for site, text in texts.items():
        try:
            found[site] = robots.understood(site, text)
        except robots.RobotsUnavailable as error:
            found[site] = FetchProblem(str(error), passing=True)
    return found


# What libcurl calls. An exception in there is swallowed; a number that it does not expect ends the transfer.


def _note_header(job: _Job, line: bytes) -> None:
    if line.startswith(b"HTTP/"):
        job.headers.clear()  # what stood before was of an interim answer
    name, colon, value = line.partition(b":")
    if colon:
        job.headers.append((name.strip(), value.strip()))


def _note_body(job: _Job, chunk: bytes) -> int | None:
    job.body += chunk
    if len(job.body) <= job.request.largest:
        return None
    job.refused = f"the page is larger than {job.request.largest // 2**20} MiB"
    return -1


def _open_socket(job: _Job, address: Any) -> socket.socket | int:
    """A socket to the very address that libcurl is about to connect to, if it is public."""
    family, kind, protocol, (ip, *_) = address
    ip = ip.decode() if isinstance(ip, bytes) else ip
    host = urlsplit(job.url).hostname or ""
    if may_be_fetched(host, str(ipaddress.ip_address(ip))):
        return socket.socket(family, kind, protocol)
    job.refused = f"{host} is at {ip}, which is not a public address (FETCH_ALLOW names exceptions)"
    return pycurl.SOCKET_BAD


def _problem(job: _Job, code: int, words: str) -> FetchProblem:
    host = urlsplit(job.url).hostname or job.url
    if job.refused:
        return FetchProblem(job.refused)
    if code == pycurl.E_FILESIZE_EXCEEDED:
        return FetchProblem(f"the page is larger than {job.request.largest // 2**20} MiB")
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return FetchProblem(f"{host} did not answer in time: {words}", passing=True)
    kind = Unreachable if code in _UNREACHABLE else FetchProblem
    return kind(f"{host} could not be read: {words}", passing=True)
