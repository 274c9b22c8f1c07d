from __future__ import annotations

from typing import Any

from django import template

from peacetracker.stances.waiting import Waiting, waiting

register = template.Library()


@register.simple_tag
def what_waits(user: Any) -> list[Waiting]:
    """The piles that wait, for the admin's first page."""
    return waiting(user)
