"""The database's refusals, in words that an editor can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction

MESSAGES: dict[str, str] = {}


class Refused(Exception):
    """The record refuses a change. `constraint` names the rule; str() says what to do instead."""

    def __init__(self, constraint: str, detail: str = "") -> None:
        self.constraint = constraint
        super().__init__(MESSAGES.get(constraint) or detail or constraint)


def explain(messages: dict[str, str]) -> None:
    """Tell what constraints mean, by name. Each app says so for its own."""
    MESSAGES.update(messages)


@contextmanager
def checked() -> Iterator[None]:
    """One transaction in which deferred constraints speak before COMMIT, and refusals come as `Refused`.

    A deferred constraint that fails at COMMIT would be a server error with everything typed lost.
    """
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None) or "unknown"
        raise Refused(constraint, getattr(diagnosis, "message_primary", None) or str(error)) from error
