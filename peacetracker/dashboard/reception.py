"""How the reception of a target changed: a tally at each day that changed it, and a chart of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe

from peacetracker.dashboard.positions import MARKS, Tally
from peacetracker.stances.models import Stance

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 28, 4, 8, 26


@dataclass(frozen=True)
class Step:
    """From this day on, this many actors held each position."""

    day: dt.date
    tally: Tally


def steps(stances: Iterable[Stance], until: dt.date) -> list[Step]:
    """A step for each day up to `until` on which some actor's position began or ended."""
    changes: dict[dt.date, list[tuple[str, int]]] = {}
    for stance in stances:
        for day, change in ((stance.period.lower, 1), (stance.period.upper, -1)):
            if day is not None and day <= until:
                changes.setdefault(day, []).append((stance.position, change))
    counts = dict.fromkeys(MARKS, 0)
    found = []
    for day in sorted(changes):
        for position, change in changes[day]:
            counts[position] += change
        found.append(Step(day, Tally(dict(counts))))
    return found


def chart(found: Sequence[Step], tabled_on: dt.date | None, until: dt.date) -> SafeString:
    """Actors in favour above the line, against below, neutral astride; time runs to the right.

    A year without news after the last change would squeeze what happened: the chart ends a little after it.
    """
    if len(found) < 2:
        return SafeString("")
    start = min(tabled_on or found[0].day, found[0].day)
    busy = (found[-1].day - start).days
    end = min(until, found[-1].day + dt.timedelta(days=max(7, busy // 8)))
    days = max((end - start).days, 1)
    above = max(step.tally.in_favour + step.tally.counts["neutral"] / 2 for step in found)
    below = max(step.tally.against + step.tally.counts["neutral"] / 2 for step in found)
    unit = (HEIGHT - TOP - BOTTOM) / max(above + below, 1)
    zero = TOP + above * unit

    def x(day: dt.date) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - start).days / days

    parts = [_gridline(zero - n * unit, abs(n)) for n in _ticks(above, below)]
    for step, following in zip(found, [*(step.day for step in found[1:]), end], strict=True):
        bottom = zero + (step.tally.against + step.tally.counts["neutral"] / 2) * unit
        # From the bottom up: opposes, …, supports.
        for mark, count in step.tally.rows:
            if count:
                height, width = count * unit, max(x(following) - x(step.day), 1)
                parts.append(
                    f'<rect class="{mark.css}" x="{x(step.day):.1f}" y="{bottom - height:.1f}" '
                    f'width="{width:.1f}" height="{max(height - 0.6, 0.6):.1f}"/>'
                )
                bottom -= height
    parts.append(f'<path class="axis" d="M{LEFT} {zero:.1f}H{WIDTH - RIGHT}"/>')
    parts.extend(_dates(start, end, x(end)))
    label = f"Reception over time; in the end {found[-1].tally.sentence}. The table below has the numbers."
    opening = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
    return mark_safe(f"{opening}{''.join(parts)}</svg>")  # noqa: S308 - numbers, dates, our own words


def _ticks(above: float, below: float) -> list[int]:
    step = next(each for each in (1, 2, 5, 10, 20, 50, 100, 10**6) if (above + below) / each <= 6)
    return list(range(-(int(below) // step) * step, int(above) + 1, step))


def _gridline(y: float, label: int) -> str:
    return (
        f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    )


def _dates(start: dt.date, end: dt.date, right: float) -> list[str]:
    y = HEIGHT - 8
    return [
        f'<text x="{LEFT}" y="{y}">{date_format(start, "j M Y")}</text>',
        f'<text x="{right:.1f}" y="{y}" text-anchor="end">{date_format(end, "j M Y")}</text>',
    ]
