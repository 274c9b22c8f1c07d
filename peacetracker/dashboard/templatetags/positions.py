"""Positions in templates: `{% load positions %}`."""

import datetime as dt

from django import template
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from peacetracker.dashboard import positions
from peacetracker.dashboard.positions import Mark, Tally

register = template.Library()


@register.filter
def badge(position: str | None) -> SafeString:
    """`{{ stance.position|badge }}`: symbol, word and colour."""
    return positions.badge(position)


@register.filter
def short_badge(position: str | None) -> SafeString:
    """The same where there is little room."""
    return positions.badge(position, short=True)


@register.filter
def mark(position: str) -> Mark:
    return positions.MARKS[position]


@register.filter
def counted(mark: Mark, number: int) -> str:
    """`{{ mark|counted:2 }}`: 2 oppose."""
    return mark.counted(number)


@register.simple_tag
def marks() -> list[Mark]:
    return list(positions.MARKS.values())


@register.simple_tag
def tally_bar(tally: Tally, scale: int = 0) -> SafeString:
    return positions.tally_bar(tally, scale)


@register.filter
def days(period: DateRange) -> str:
    """A period in words: the last day of it, not the first that it excludes."""
    start = date_format(period.lower, "j M Y") if period.lower else ""
    end = date_format(period.upper - dt.timedelta(days=1), "j M Y") if period.upper else ""
    if start and end:
        return start if start == end else f"{start} – {end}"
    if start:
        return gettext("since %(day)s") % {"day": start}
    return gettext("until %(day)s") % {"day": end} if end else gettext("all along")
