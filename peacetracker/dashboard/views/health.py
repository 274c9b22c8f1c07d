"""For whoever watches the site: is the process alive, can it serve, and how does the pipeline fare?"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from peacetracker.celery import app
from peacetracker.dashboard import metrics as numbers
from peacetracker.database.fresh import fresh_connection
from peacetracker.ingest import state

PATIENCE = 2  # seconds for the broker
log = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so that a database that is down restarts no web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether pages can be served, which takes the database and the broker. How the pipeline fares is told beside it:
    readers need no worker, so a silent one makes no server unready."""
    checks = {"database": _reaches(database), "broker": _reaches(broker)}
    ready = all(checks.values())
    said = {name: "reachable" if reached else "unreachable" for name, reached in checks.items()}
    pipeline = _pipeline() if checks["database"] else {}
    return JsonResponse({"ready": ready, **said, **pipeline}, status=200 if ready else 503)


def _pipeline() -> dict[str, Any]:
    try:
        alive, oldest = state.alive(), state.oldest_unfinished()
    except DatabaseError as error:
        log.warning("How the pipeline fares cannot be told: %s", error)
        return {}
    return {
        "workers": len(alive.workers),
        "beat": "alive" if alive.beat else "silent",
        "oldest_unfinished_seconds": round(oldest.total_seconds()) if oldest else None,
    }


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The pipeline's numbers for Prometheus, to whoever has the token; without one set there is no such page."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not settings.METRICS_TOKEN:
        raise Http404
    if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        return HttpResponse(
            "Give the token: Authorization: Bearer …\n", status=401, headers={"WWW-Authenticate": "Bearer"}
        )
    return HttpResponse(numbers.exposition(), content_type=CONTENT_TYPE_LATEST)


def database() -> None:
    """By a connection of its own: the pool would keep us waiting for one of its."""
    with fresh_connection() as fresh:
        fresh.execute("SELECT 1")


def broker() -> None:
    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    with app.connection_for_write(transport_options=options, connect_timeout=PATIENCE) as fresh:
        fresh.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE)


def _reaches(service: Callable[[], None]) -> bool:
    """Why not goes to the log: the answer is public."""
    try:
        service()
    except Exception as error:
        log.warning("The %s cannot be reached: %s", service.__name__, error)
        return False
    return True
