"""Connections to the public internet only, each with an end: what the fetcher's HTTP client is built on."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import httpcore
import httpx
from django.conf import settings

from peacetracker.ingest.decoding import ACCEPTED

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215; older Pythons take it for public
CONNECT_SECONDS, _SILENT_SECONDS = 10.0, 15.0
_clock = threading.local()


class NotPublic(Exception):
    """A host whose address is none of the public internet's."""


class OutOfTime(Exception):
    """What was asked took longer than it may, however it drips."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Everything that this thread reads or sends within must be done in so many seconds. Raises OutOfTime."""
    _clock.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _clock.end = None


def _left(timeout: float | None) -> float | None:
    end = getattr(_clock, "end", None)
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left if timeout is None else min(timeout, left)


@lru_cache(maxsize=1)
def client() -> httpx.Client:
    """The process's client; threads may share it. It keeps connections open for a few seconds."""
    transport = httpx.HTTPTransport(http2=True)
    # httpx offers no public way to choose the network backend of its pool.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        http2=True,
        max_connections=100,
        max_keepalive_connections=20,
        keepalive_expiry=5.0,
        retries=1,
        network_backend=_PublicOnly(),
    )
    return httpx.Client(
        transport=transport,
        headers={"Accept-Encoding": ACCEPTED},
        timeout=httpx.Timeout(_SILENT_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )


os.register_at_fork(after_in_child=client.cache_clear)


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
        addresses = _public_addresses(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _connect(self, address: str, port: int, timeout: float | None, *options: Any) -> httpcore.NetworkStream:
        return _TimedStream(self._backend.connect_tcp(address, port, _left(timeout), *options))


class _TimedStream(httpcore.NetworkStream):
    """A stream whose reads and writes all end when the thread's time does: servers that drip end with it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _public_addresses(host: str, port: int) -> list[str]:
    """All addresses of a host, none of which may be other than public. Raises NotPublic."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known: {error}") from error
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    for address in addresses:
        if not may_be_fetched(host, address):
            raise NotPublic(f"{host} is at {address}, which is not a public address (FETCH_ALLOW names exceptions)")
    return addresses


def may_be_fetched(host: str, address: str) -> bool:
    """Whether an address, and each that is hidden in it, is public, or FETCH_ALLOW names it or its host."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if all(map(_is_public, [ip, *_hidden_in(ip)])):
        return True
    return any(host == allowed or _in_network(ip, allowed) for allowed in settings.FETCH_ALLOW)


def _is_public(ip: IpAddress) -> bool:
    return ip.is_global and not ip.is_multicast and ip not in _LOCAL_NAT64


def _hidden_in(ip: IpAddress) -> list[IpAddress]:
    """IPv4 addresses that a packet to this one may reach: mapped, 6to4, Teredo, NAT64, compatible."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    hidden: list[IpAddress | None] = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64 or int(ip) >> 32 == 0:
        hidden.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [each for each in hidden if each is not None]


def _in_network(ip: IpAddress, network: str) -> bool:
    try:
        return ip in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
