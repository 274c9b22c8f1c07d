"""Positions in templates: `{% load positions %}`."""

from django import template
from django.utils.safestring import SafeString

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


@register.simple_tag
def marks() -> list[Mark]:
    return list(positions.MARKS.values())


@register.simple_tag
def tally_bar(tally: Tally, scale: int = 0) -> SafeString:
    return positions.tally_bar(tally, scale)
