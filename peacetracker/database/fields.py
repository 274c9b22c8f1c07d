"""Field types and validators that several tables of the record use."""

import datetime as dt
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange


def whole_time() -> DateRange:
    """The period without a known start or end."""
    return period(None, None)


def period(start: dt.date | None, until: dt.date | None) -> DateRange:
    """The days from `start` (included) to `until` (excluded); None is unknown, or still running.

    It is written as PostgreSQL gives it back, where a missing start is excluded: else the two would not be equal.
    """
    return DateRange(start, until, "[)" if start else "()")


def covers(days: DateRange, day: dt.date) -> bool:
    return (days.lower is None or days.lower <= day) and (days.upper is None or day < days.upper)


def validate_text(text: str) -> None:
    """PostgreSQL stores neither NUL nor lone surrogates; say so before it does."""
    if "\0" in text:
        raise ValidationError("The text holds a NUL character: remove it.", code="nul")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"The text holds half a surrogate pair at character {error.start}: remove it.", code="surrogate"
        ) from error


class PeriodField(DateRangeField):
    """A `daterange` of days, start included and end excluded; unbounded where a bound is not known."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", whole_time)
        super().__init__(*args, **kwargs)
