"""What readers' pages share: `{% load readers %}`."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from peacetracker.dashboard import lanes
from peacetracker.dashboard.lanes import Axis, Strip
from peacetracker.dashboard.positions import MARKS
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance, Statement

register = template.Library()


@register.filter
def position_css(position: str | None) -> str:
    """The colour class of a position."""
    return MARKS[position].css if position else "p-0"


@register.filter
def target_label(target: Target) -> str:
    """A target's name that says enough alone: a provision with its proposal and number."""
    if target.proposal is not None:
        return f"{target.proposal.name}, point {target.number}: {target.name}"
    return target.name


@register.simple_tag
def axis(dates: Axis) -> SafeString:
    return lanes.axis_svg(dates)


@register.simple_tag
def lane(dates: Axis, strips: Sequence[Strip], label: str) -> SafeString:
    return lanes.lane_svg(dates, strips, label)


@register.filter
def get(mapping: dict[object, object], key: object) -> object:
    """`{{ mapping|get:key }}`, where the key is a variable."""
    return mapping.get(key)


@register.filter
def newest_proof(stance: Stance) -> Statement | None:
    """The last statement that a stance rests on; wants its evidence prefetched, newest first."""
    return next((link.statement for link in stance.evidence.all()), None)


@register.filter
def oldest_proof(stance: Stance) -> Statement | None:
    """The statement with which a stance began."""
    return next((link.statement for link in reversed(stance.evidence.all())), None)
