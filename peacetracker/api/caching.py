"""Every answer of the API carries an ETag from the data revision: asking again for the same costs a 304."""

from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response

from peacetracker.database.revision import current_revision


def revised(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Reads the revision before the data, so that no answer passes for newer than it is."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        revision = current_revision()
        headers = {
            "ETag": _etag(revision),
            "Cache-Control": "no-cache",
            "X-Data-Revision": str(revision),
            # The data are public and no answer depends on who asks.
            "Access-Control-Allow-Origin": "*",
        }
        unchanged = get_conditional_response(request, etag=headers["ETag"], response=HttpResponse(headers=headers))
        if unchanged is not None and unchanged.status_code == 304:
            return unchanged
        response = view(request, *args, **kwargs)
        if response.status_code == 200:
            for name, value in headers.items():
                response[name] = value
        return response

    return answer


def _etag(revision: int) -> str:
    """The day counts too, as `on` is today where it is not given; and the release, which shapes the answers."""
    from peacetracker.dashboard.release import release

    digest = blake2b(f"{revision}|{timezone.localdate()}|{release()}".encode(), digest_size=12)
    return f'W/"{digest.hexdigest()}"'
