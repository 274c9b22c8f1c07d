import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from peacetracker.runtime import embedded, health, keeper
from peacetracker.runtime.prepare import prepare
from peacetracker.runtime.services import ServiceError
from peacetracker.runtime.supervisor import PortInUse, Supervisor


class Command(BaseCommand):
    help = (
        "Starts PostgreSQL and Valkey unless DATABASE_URL and CELERY_BROKER_URL name servers of your own,"
        " brings the database up to date, and runs the web server, a worker and beat until Ctrl-C."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = os.environ.get("PORT") or "8000"
        parser.add_argument("--port", type=int, default=port, help="the web server's port (or PORT; 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="the address it listens on (127.0.0.1)")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        follow_make()
        supervisor = Supervisor(settings.BASE_DIR, settings.DATA_DIR, host, port, self.say)
        supervisor.embed_database = not settings.DATABASE_URL
        supervisor.embed_broker = embedded.broker_url(settings.DATA_DIR) == settings.CELERY_BROKER_URL
        supervisor.health_host = health.allowed_host(settings.ALLOWED_HOSTS, host)
        supervisor.prepare = lambda: prepare(self.say)
        try:
            sys.exit(supervisor.run())
        except PortInUse as error:
            self.fail(error, 2)
        except (ServiceError, CommandError) as error:
            self.fail(error, 1)
        except DatabaseError as error:
            self.fail(f"the database refuses: {str(error).strip()}", 1)

    def say(self, line: str) -> None:
        try:
            self.stdout.write(line)
            self.stdout.flush()
        except OSError:
            pass  # the terminal is gone; the services still must be ended in order

    def fail(self, error: object, code: int) -> None:
        self.stderr.write(f"peacetracker: {error}")
        sys.exit(code)


def follow_make() -> None:
    """Under `make run` we end when make does, even if it is killed."""
    if os.environ.pop("PEACETRACKER_PARENT", None):
        parent = os.getppid()
        keeper.prctl(keeper.PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent == 1 or os.getppid() != parent:
            sys.exit(1)
