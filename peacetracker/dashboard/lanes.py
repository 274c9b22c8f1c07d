"""Positions over time as strips: where each stance begins and ends on a common axis, in per cent of its width."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from peacetracker.dashboard.positions import MARKS, Mark

if TYPE_CHECKING:
    from peacetracker.stances.models import Stance

_SYMBOL_NEEDS = 2.5  # per cent of the width, below which a symbol would touch its neighbours


@dataclass(frozen=True)
class Axis:
    """The days from `start` to `end`, both included."""

    start: dt.date
    end: dt.date

    @classmethod
    def over(cls, days: Iterable[dt.date], end: dt.date) -> Axis:
        """From the first of the days to `end`, with at least a month to draw on."""
        start = min([*days, end - dt.timedelta(days=30)])
        return cls(start.replace(day=1), end)

    def at(self, day: dt.date) -> float:
        whole = (self.end - self.start).days + 1
        return round(100 * min(max((day - self.start).days / whole, 0), 1), 2)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """A label at each year's beginning; at each month's or third month's where the axis is short."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        step = 1 if months <= 8 else 3 if months <= 20 else 12
        first = self.start.year * 12 + self.start.month - 1
        days = [
            dt.date(number // 12, number % 12 + 1, 1)
            for number in range(first, first + months + 1)
            if number % step == 0
        ]
        return [(self.at(day), f"{day:%Y}" if step == 12 else f"{day:%b %Y}") for day in days if day <= self.end]


@dataclass(frozen=True)
class Strip:
    """One stance on the axis."""

    x: float
    width: float
    mark: Mark
    stance: Stance

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)

    @property
    def has_room(self) -> bool:
        return self.width >= _SYMBOL_NEEDS


def strips(axis: Axis, stances: Sequence[Stance]) -> list[Strip]:
    found = []
    for stance in stances:
        x = axis.at(stance.period.lower)
        until = axis.at(stance.period.upper) if stance.period.upper and stance.period.upper <= axis.end else 100
        found.append(Strip(x, round(max(until - x, 0.4), 2), MARKS[stance.position], stance))
    return found


def axis_svg(axis: Axis) -> SafeString:
    """The dates above strips. Lengths are per cent, so that the letters keep their size at any width."""
    parts = []
    for x, label in axis.ticks:
        anchor = "end" if x > 90 else "middle" if x > 5 else "start"
        parts.append(
            f'<line x1="{x}%" x2="{x}%" y1="15" y2="22"/><text x="{x}%" y="11" text-anchor="{anchor}">{label}</text>'
        )
    drawn = f'<svg class="axis" width="100%" height="22" aria-hidden="true">{"".join(parts)}</svg>'
    return mark_safe(drawn)  # noqa: S308 - numbers and dates only


def lane_svg(axis: Axis, strips: Sequence[Strip], label: str) -> SafeString:
    """One lane of strips; what it shows is said in words as well."""
    grid = format_html_join("", '<line x1="{0}%" x2="{0}%" y1="0" y2="26"/>', ((x,) for x, _ in axis.ticks))
    drawn = format_html_join(
        "",
        '<g class="{}"><title>{}</title><rect x="{}%" width="{}%" y="3" height="20"/>{}</g>',
        ((strip.mark.css, _said(strip), strip.x, strip.width, _symbol(strip)) for strip in strips),
    )
    words = f"{label}: " + ", then ".join(_said(strip) for strip in strips)
    return format_html(
        '<svg class="lane" width="100%" height="26" role="img" aria-label="{}">{}{}</svg>', words, grid, drawn
    )


def _symbol(strip: Strip) -> SafeString | str:
    if not strip.has_room:
        return ""
    return format_html('<text x="{}%" y="18" text-anchor="middle">{}</text>', strip.middle, strip.mark.symbol)


def _said(strip: Strip) -> str:
    days = strip.stance.period
    words = {"verb": strip.mark.verb, "first": date_format(days.lower, "j E Y")}
    if not days.upper:
        return gettext("%(verb)s from %(first)s") % words
    last = date_format(days.upper - dt.timedelta(days=1), "j E Y")
    return gettext("%(verb)s from %(first)s to %(last)s") % {**words, "last": last}
