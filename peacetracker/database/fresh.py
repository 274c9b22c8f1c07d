"""A connection outside the pool: for whoever must not wait for one, or will fork."""

from __future__ import annotations

import psycopg
from django.db import connection

PATIENCE = 2  # seconds
_OURS = ("pool", "server_side_binding", "cursor_factory", "context", "prepare_threshold")


def fresh_connection() -> psycopg.Connection:
    """A connection of its own, as a context manager that commits and closes it. Raises psycopg.Error."""
    parameters = {**connection.get_connection_params(), "connect_timeout": PATIENCE}
    return psycopg.connect(**{name: value for name, value in parameters.items() if name not in _OURS})
