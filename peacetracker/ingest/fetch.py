"""Fetch a page politely and safely: robots.txt, public addresses only, bounded in size, time and redirects."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings
from django.core.cache import cache
from protego import Protego

from peacetracker import __version__
from peacetracker.ingest.addresses import BadAddress, normal_address

LARGEST_BODY = 10 * 1024 * 1024  # bytes, after decompression
LONGEST_FETCH = 60.0  # seconds for one response, however slowly it drips
MOST_REDIRECTS = 5
ROBOTS_KEPT_FOR = 3600  # seconds
_PERMANENT = {400, 401, 402, 403, 404, 405, 406, 410, 414, 451}


class FetchProblem(Exception):
    """A page that could not be fetched. `passing` says whether a later try may succeed."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        self.passing = passing
        super().__init__(message)


@dataclass(frozen=True)
class Response:
    url: str
    status: int
    content_type: str
    body: bytes


def fetch(url: str) -> Response:
    """The page at an address, after redirects. Raises FetchProblem."""
    try:
        with _client() as client:
            for _ in range(MOST_REDIRECTS + 1):
                normal_address(url)
                _ask_robots(client, url)
                response = _read(client, url)
                if isinstance(response, Response):
                    return response
                url = response
    except BadAddress as error:
        raise FetchProblem(str(error)) from error
    except _NotPublic as error:
        raise FetchProblem(str(error)) from error
    except httpx.TimeoutException as error:
        raise FetchProblem(f"{_host(url)} did not answer in time", passing=True) from error
    except (httpx.HTTPError, httpcore.NetworkError, OSError) as error:
        raise FetchProblem(f"{_host(url)} could not be read: {error or type(error).__name__}", passing=True) from error
    raise FetchProblem(f"more than {MOST_REDIRECTS} redirects")


def user_agent() -> str:
    contact = f"; +{settings.FETCH_CONTACT}" if settings.FETCH_CONTACT else ""
    return f"Peacetracker/{__version__} (news reader for an archive of positions{contact})"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _read(client: httpx.Client, url: str) -> Response | str:
    """The response at an address, or where it redirects to."""
    begun = time.monotonic()
    with client.stream("GET", url) as response:
        if response.is_redirect:
            return urljoin(url, response.headers["location"])
        if response.status_code in _PERMANENT:
            raise FetchProblem(f"{_host(url)} answered {response.status_code} {response.reason_phrase}")
        if response.status_code != 200:
            raise FetchProblem(f"{_host(url)} answered {response.status_code}", passing=True)
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise FetchProblem(f"the page is larger than {LARGEST_BODY // 2**20} MiB")
            if time.monotonic() - begun > LONGEST_FETCH:
                raise FetchProblem(f"the page took longer than {LONGEST_FETCH:.0f} s", passing=True)
        return Response(url, response.status_code, response.headers.get("content-type", ""), bytes(body))


def _ask_robots(client: httpx.Client, url: str) -> None:
    parts = urlsplit(url)
    site = f"{parts.scheme}://{parts.netloc}"
    rules = cache.get(f"robots:{site}")
    if rules is None:
        rules = _robots_of(client, site)
        cache.set(f"robots:{site}", rules, ROBOTS_KEPT_FOR)
    if not Protego.parse(rules).can_fetch(url, "Peacetracker"):
        raise FetchProblem(f"{parts.hostname} asks robots not to read this page (robots.txt)")


def _robots_of(client: httpx.Client, site: str) -> str:
    """A site's robots.txt; an absent one allows all, an unavailable one forbids for now (RFC 9309, 2.3.1)."""
    response = _read_robots(client, f"{site}/robots.txt")
    if 200 <= response.status_code < 300:
        return response.text[:500_000]
    return "" if response.status_code < 500 else "User-agent: *\nDisallow: /"


def _read_robots(client: httpx.Client, url: str) -> httpx.Response:
    for _ in range(MOST_REDIRECTS):
        response = client.get(url)
        if not response.is_redirect:
            return response
        url = urljoin(url, response.headers["location"])
        normal_address(url)
    return response


class _NotPublic(Exception):
    """A host whose address is none of the public internet's."""


class _PublicOnly(httpcore.NetworkBackend):
    """Connects to the very address that it has checked, so that no second look-up can answer otherwise."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise httpcore.ConnectError(f"the name {host} is not known: {error.strerror}") from error
        addresses = [str(info[4][0]) for info in found]
        for address in addresses:
            if not _may_be_fetched(host, address):
                raise _NotPublic(
                    f"{host} is at {address}, which is not a public address (FETCH_ALLOW names exceptions)"
                )
        return self._backend.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def _may_be_fetched(host: str, address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if all(each.is_global and not each.is_multicast for each in filter(None, [ip, mapped])):
        return True
    return any(host == allowed or _in_network(ip, allowed) for allowed in settings.FETCH_ALLOW)


def _in_network(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return ip in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _client() -> httpx.Client:
    transport = httpx.HTTPTransport(http2=True, retries=1)
    # httpx offers no public way to choose the network backend of its pool.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(), http2=True, network_backend=_PublicOnly()
    )
    return httpx.Client(
        transport=transport,
        headers={
            "User-Agent": user_agent(),
            "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.1",
        },
        timeout=httpx.Timeout(15.0, connect=10.0),
        follow_redirects=False,
        trust_env=False,
    )
