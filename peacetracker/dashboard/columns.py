"""Column charts of positions over time: one column a span of days, stacked, opposition at the foot; each is a link.

Places are per cent of the width, so that letters keep their size at any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from peacetracker.dashboard.positions import Tally

LATE = 75  # per cent of the width, after which a date has no room before the end


@dataclass(frozen=True)
class Column:
    href: str
    label: str  # what it says, in words
    tally: Tally
    flags: int = 0  # proposals tabled, as a mark above
    current: bool = False


@dataclass(frozen=True)
class Tick:
    """A line and a word where a year, month or week begins, before the column of that number."""

    column: int
    word: str


@dataclass(frozen=True)
class Layout:
    """Of a chart, in pixels: its height, with room for marks above the columns and words below."""

    css: str
    height: int
    top: int
    foot: int

    @property
    def base(self) -> int:
        return self.height - self.foot


def column_chart(columns: Sequence[Column], ticks: Sequence[Tick], layout: Layout, label: str) -> SafeString:
    if not columns:
        return SafeString("")
    tallest = max(max(column.tally.total for column in columns), 1)
    step = 100 / len(columns)
    drawn = format_html_join(
        "",
        '<a href="{0}"{1} aria-label="{2}"><title>{2}</title>'
        '<rect class="hover" x="{3}%" width="{4}%" y="0" height="{5}"/>{6}{7}</a>',
        (
            (
                column.href,
                SafeString(' aria-current="date"') if column.current else "",
                column.label,
                round(number * step, 3),
                round(step, 3),
                layout.base,
                _stack(column.tally, number * step, step, tallest, layout),
                _flag(column.flags, (number + 0.5) * step),
            )
            for number, column in enumerate(columns)
            if column.tally.total or column.flags
        ),
    )
    return format_html(
        '<svg class="columns-chart {}" width="100%" height="{}" role="group" aria-label="{}">{}{}</svg>',
        layout.css,
        layout.height,
        label,
        _ticks(ticks, step, layout),
        drawn,
    )


def _stack(tally: Tally, x: float, step: float, tallest: int, layout: Layout) -> SafeString:
    room, y = layout.base - layout.top, float(layout.base)
    parts = []
    for mark, count in tally.rows:
        if count:
            height = room * count / tallest
            y -= height
            parts.append(
                (mark.css, f"{x + step * 0.12:.3f}", f"{step * 0.76:.3f}", f"{y:.1f}", f"{max(height - 1, 0.5):.1f}")
            )
    return format_html_join("", '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>', parts)


def _flag(count: int, x: float) -> SafeString:
    if not count:
        return SafeString("")
    return mark_safe(  # noqa: S308 - numbers only
        f'<circle class="flag" cx="{x:.3f}%" cy="11" r="9"/>'
        f'<text class="flag-count" x="{x:.3f}%" y="15" text-anchor="middle">{count}</text>'
    )


def _ticks(ticks: Sequence[Tick], step: float, layout: Layout) -> SafeString:
    lines = format_html('<line x1="0" x2="100%" y1="{0}" y2="{0}"/>', layout.base)
    return lines + format_html_join(
        "",
        '<line class="tick" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/><text x="{3}%" y="{4}"{5}>{6}</text>',
        ((f"{tick.column * step:.3f}", layout.top, layout.height, *_word(tick, step, layout)) for tick in ticks),
    )


def _word(tick: Tick, step: float, layout: Layout) -> tuple[str, int, SafeString, str]:
    """A word stands right of its line, and left of it where it would leave the chart."""
    x = tick.column * step
    late = x > LATE
    anchor = SafeString(' text-anchor="end"' if late else "")
    return f"{x - 0.4 if late else x + 0.4:.3f}", layout.height - 6, anchor, tick.word
