"""manage.py's errors about servers that do not run, in a line that says what to do."""

import os
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from . import embedded, paths


def execute(argv: list[str]) -> None:
    try:
        _do_not_wait_for_a_missing_database()
        execute_from_command_line(argv)
    except OperationalError as error:
        if connection.connection is not None:
            raise  # it answers; something else is wrong
        sys.exit(f"{argv[0]}: {_missing_database(error)}")
    except BrokerError as error:
        sys.exit(f"{argv[0]}: {_missing_broker(error)}")


def _do_not_wait_for_a_missing_database() -> None:
    """Without its pool a connection fails at once, where the pool would go on trying for ten seconds."""
    if not settings.DATABASE_URL and not _listens(paths.postgres_socket(settings.DATA_DIR)):
        settings.DATABASES["default"]["OPTIONS"].pop("pool", None)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _missing_database(error: Exception) -> str:
    if settings.DATABASE_URL:
        return f"the server that DATABASE_URL names does not answer: {_first_line(error)}"
    return f"PostgreSQL is not running under {_data_dir()}: {_remedy('DATABASE_URL')}"


def _missing_broker(error: Exception) -> str:
    if embedded.broker_url(settings.DATA_DIR) != settings.CELERY_BROKER_URL:
        return f"the server that CELERY_BROKER_URL names does not answer: {_first_line(error)}"
    return f"Valkey is not running under {_data_dir()}: {_remedy('CELERY_BROKER_URL')}"


def _remedy(variable: str) -> str:
    return f"start `make run` in another terminal, or set {variable}"


def _data_dir() -> str:
    path = os.path.relpath(settings.DATA_DIR)
    return str(settings.DATA_DIR if path.startswith("..") else Path(path)) + "/"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
