"""For whoever watches the site: is the process alive, and can it serve?"""

import logging
from collections.abc import Callable

import psycopg
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from peacetracker.celery import app

PATIENCE = 2  # seconds for each service
log = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so that a database that is down restarts no web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    checks = {"database": _reaches(database), "broker": _reaches(broker)}
    ready = all(checks.values())
    said = {name: "reachable" if reached else "unreachable" for name, reached in checks.items()}
    return JsonResponse({"ready": ready, **said}, status=200 if ready else 503)


def database() -> None:
    """A connection of its own: the pool would keep us waiting for one of its."""
    parameters = {**connection.get_connection_params(), "connect_timeout": PATIENCE}
    for ours in ("pool", "server_side_binding", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    with psycopg.connect(**parameters) as fresh:
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
