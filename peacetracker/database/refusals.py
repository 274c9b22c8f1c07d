"""The database's refusals, in words that an editor can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model

AT_ONCE = "nobody_else_changes_it_at_once"
MESSAGES: dict[str, str] = {
    AT_ONCE: "Somebody else changed this at the same moment. Look at it again, and repeat what is still needed.",
}
# Serialization failure and deadlock: PostgreSQL ends one of two transactions that cannot both go on.
_GIVEN_WAY = {"40001", "40P01"}


class Refused(Exception):
    """The record refuses a change. `constraint` names the rule; str() says what to do instead."""

    def __init__(self, constraint: str, detail: str = "") -> None:
        self.constraint = constraint
        super().__init__(MESSAGES.get(constraint) or detail or constraint)


def explain(messages: dict[str, str]) -> None:
    """Tell what constraints mean, by name. Each app says so for its own."""
    MESSAGES.update(messages)


def words_of_constraints(row: Model) -> dict[str, str]:
    """Django's message of each of a row's constraints → what `explain` was told of it."""
    return {
        str(constraint.get_violation_error_message()): MESSAGES[constraint.name]
        for _, constraints in row.get_constraints()
        for constraint in constraints
        if constraint.name in MESSAGES
    }


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
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in _GIVEN_WAY:
            raise Refused(AT_ONCE) from error
        raise
