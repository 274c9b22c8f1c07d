"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address. Behind `PROXIES` proxies each of which adds whom it heard to X-Forwarded-For.

    Counted from the right: what stands further left, a client can have written itself.
    """
    heard = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    candidates = [request.META.get("REMOTE_ADDR", "")]
    if settings.PROXIES and len(heard) >= settings.PROXIES:
        candidates.insert(0, heard[-settings.PROXIES])
    return next((address for address in candidates if _is_address(address)), None)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
