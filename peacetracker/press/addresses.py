"""What the guises of an address have in common: one key for the same page, however it was linked to."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

LONGEST_KEY = 1000  # characters, all ASCII: an index takes no more than 2,700 bytes
TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|gbraid|wbraid|dclid|yclid|msclkid|twclid|mc_[ce]id|igshid|igsh|ref|ref_src|ref_url|cmpid"
    r"|cmp|ocid|ito|ns_\w+|xtor|traffic_source|at_\w+|__twitter_impression|guccounter|guce_\w+|smid|smtyp|sref)$",
    re.IGNORECASE,
)
_AMP = {"amp", "outputtype", "_amp", "usqp", "amp_js_v", "amp_gsa"}
_GUISES = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])")
_AMP_CACHE = re.compile(r"^/(?:c|v|a|wp)/(?:s/)?(.+)$")
_AMP_VIEWER = re.compile(r"^/amp/(?:s/)?(.+\..+)$")
_AMP_ENDING = re.compile(r"(?:/amp|\.amp|/amp\.html)$|(?<=.)\.amp(?=\.html?$)", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def address_key(url: str) -> str:
    """The same for all guises of an address: scheme, `www.` and mobile hosts, AMP, tracking, order of parameters.

    What is no web address is its own key.
    """
    if not url.startswith(("http://", "https://")):
        return url
    parts = _without_amp_cache(urlsplit(url))
    host = _GUISES.sub("", _ascii(parts.hostname or ""))
    port = f":{parts.port}" if parts.port and parts.port != _PORTS[parts.scheme] else ""
    path = _AMP_ENDING.sub("", quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._").rstrip("/"))
    path = path.removeprefix("/amp") if path.startswith("/amp/") else path
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not TRACKING.match(name) and name.lower() not in _AMP
    )
    key = f"{host}{port}{path.rstrip('/')}" + (f"?{urlencode(query)}" if query else "")
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 65]}#{hashlib.sha256(key.encode()).hexdigest()}"


def is_front_page(key: str) -> bool:
    """Whether a key is a host's alone: what has gone often leads there."""
    return "/" not in key and "?" not in key


def _without_amp_cache(parts: SplitResult) -> SplitResult:
    """The page that a cache of AMP pages shows under an address of its own."""
    host = parts.hostname or ""
    cached = _AMP_CACHE.match(parts.path) if host.endswith(".ampproject.org") else None
    viewed = _AMP_VIEWER.match(parts.path) if re.match(r"^(www\.)?google\.", host) else None
    if found := cached or viewed:
        return urlsplit(f"https://{found.group(1)}" + (f"?{parts.query}" if parts.query else ""))
    return parts


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
