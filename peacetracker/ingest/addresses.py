"""One address for one article: what differs only in guise is the same page (RFC 3986, section 6)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from peacetracker.press.addresses import TRACKING

_DEFAULT_PORTS = {"http": 80, "https": 443}


class BadAddress(ValueError):
    """An address that cannot be fetched; the message says why."""


def normal_address(url: str) -> str:
    """The address without fragment, tracking parameters, default port and letter case of its host.

    Raises BadAddress for anything but http(s), and for credentials in the address.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadAddress(f"{url!r} is not an address: {error}") from error
    if parts.scheme.lower() not in _DEFAULT_PORTS:
        raise BadAddress(f"{url!r} is not an http or https address")
    if not parts.hostname:
        raise BadAddress(f"{url!r} names no host")
    if parts.username or parts.password:
        raise BadAddress(f"the address of {parts.hostname} holds a user name or password: remove them")
    scheme = parts.scheme.lower()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    query = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(name)
    ]
    return urlunsplit((scheme, host, parts.path.rstrip() or "/", urlencode(query), ""))
