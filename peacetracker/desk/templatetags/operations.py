"""Moments and spans of time as an operations page tells them: near enough to act on."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
_UNITS = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]


@register.filter
def span(length: dt.timedelta) -> str:
    """“3 hours”: the largest unit that fits, rounded down."""
    seconds = max(length.total_seconds(), 0.0)
    for size, name in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}" + ("" if number == 1 else "s")
    return "no time"


@register.filter
def ago(moment: dt.datetime | None) -> SafeString | str:
    return _told(moment, f"{span(timezone.now() - moment)} ago") if moment else ""


@register.filter
def ahead(moment: dt.datetime) -> SafeString:
    left = moment - timezone.now()
    return _told(moment, f"in {span(left)}" if left > dt.timedelta(0) else "now")


def _told(moment: dt.datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{moment:%d %b %Y %H:%M} UTC",
        words,
    )
