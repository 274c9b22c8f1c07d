"""Pictures of positions for sharing: what a link to a page shows where it is posted (the Open Graph protocol).

Each is an SVG of 1200 × 630 pixels, turned into PNG by resvg with fonts that come with the installation, so that it
looks the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import shorten, wrap

import resvg_py
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from peacetracker.dashboard.positions import Mark, Tally

WIDTH, HEIGHT, MARGIN = 1200, 630, 72
_FONTS = sorted(Path(__file__).with_name("fonts").glob("*.ttf"))
_COLOURS = {  # of the style sheet, in light: background and ink of each position
    "p-1": ("#a84f08", "#ffffff"),
    "p-2": ("#fbd7ad", "#552a00"),
    "p-3": ("#e4e3df", "#34383b"),
    "p-4": ("#b6dbea", "#073b52"),
    "p-5": ("#0a6488", "#ffffff"),
}
_BARS = {"p-1": "#a84f08", "p-2": "#e9a75c", "p-3": "#b9b7b0", "p-4": "#6fb3d0", "p-5": "#0a6488"}
# The five symbols, drawn: no font need have them. Each lies in a square of 20.
_SYMBOLS = {
    "p-1": '<path d="M4 4L16 16M16 4L4 16"/>',
    "p-2": '<circle cx="10" cy="10" r="8"/><path d="M5 10H15"/>',
    "p-3": '<circle cx="10" cy="10" r="8"/>',
    "p-4": '<circle cx="10" cy="10" r="8"/><path d="M5 10H15M10 5V15"/>',
    "p-5": '<path d="M3 10L8 16L17 4"/>',
}


def of_tally(kicker: str, title: str, tally: Tally, day: str) -> bytes:
    """How many hold each position on one target."""
    body = _words(kicker, title) + _bar(tally) + _counts(tally)
    return _png(body, day)


def of_position(actor: str, target: str, mark: Mark | None, condition: str, day: str) -> bytes:
    """Where one actor stands on one target."""
    stated = _badge(mark) if mark else _line("No stated position", 400, 40, "sans", "#565e64")
    said = _together(
        _line(line, 498 + 42 * number, 34, "serif", "#34383b")
        for number, line in enumerate(wrap(shorten(condition, 130, placeholder=" …"), 66)[:2])
    )
    return _png(_words(actor, target) + stated + said, day)


def _png(body: SafeString, day: str) -> bytes:
    picture = format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">'
        '<rect width="{0}" height="{1}" fill="#fbfaf7"/><rect width="{0}" height="14" fill="#0b5a80"/>{2}'
        '<path d="M{3} 560H{4}" stroke="#dcd8cf" stroke-width="2"/>{5}'
        '<text x="{4}" y="600" font-family="Source Sans Pro" font-size="28" fill="#565e64" text-anchor="end">{6}</text>'
        "</svg>",
        WIDTH,
        HEIGHT,
        body,
        MARGIN,
        WIDTH - MARGIN,
        _line("Peacetracker", 602, 34, "serif", "#1c2226"),
        day,
    )
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=str(picture), skip_system_fonts=True, font_files=[str(path) for path in _FONTS]
        )
    )


def _together(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


_FAMILIES = {"serif": "Source Serif Pro", "sans": "Source Sans Pro"}


def _line(words: str, y: int, size: int, family: str, colour: str) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-family="{}" font-weight="{}" font-size="{}" fill="{}">{}</text>',
        MARGIN,
        y,
        _FAMILIES[family],
        600 if family == "serif" else 400,
        size,
        colour,
        words,
    )


def _words(kicker: str, title: str) -> SafeString:
    lines = wrap(shorten(title, 90, placeholder=" …"), 34)[:3]
    return _together(
        [
            _line(shorten(kicker, 70, placeholder=" …"), 110, 36, "sans", "#565e64"),
            *(_line(line, 190 + 72 * number, 64, "serif", "#1c2226") for number, line in enumerate(lines)),
        ]
    )


def _bar(tally: Tally) -> SafeString:
    whole, x = WIDTH - 2 * MARGIN, float(MARGIN)
    parts = []
    for mark, count in tally.rows:
        width = whole * count / max(tally.total, 1)
        if count:
            parts.append((f"{x:.1f}", f"{max(width - 3, 1):.1f}", _BARS[mark.css]))
        x += width
    return format_html_join("", '<rect x="{}" y="400" width="{}" height="44" fill="{}"/>', parts)


def _counts(tally: Tally) -> SafeString:
    stated = [(mark, count) for mark, count in tally.rows if count]
    if not stated:
        return _line("Nobody has stated a position yet", 500, 36, "sans", "#565e64")
    step = (WIDTH - 2 * MARGIN) / len(stated)
    return _together(
        _symbol(mark, MARGIN + number * step, 474, 30, "#34383b")
        + format_html(
            '<text x="{}" y="500" font-family="Source Sans Pro" font-size="32" fill="#1c2226">{}</text>',
            round(MARGIN + number * step + 42),
            mark.counted(count),
        )
        for number, (mark, count) in enumerate(stated)
    )


def _badge(mark: Mark) -> SafeString:
    back, ink = _COLOURS[mark.css]
    return format_html(
        '<rect x="{0}" y="372" width="{1}" height="76" rx="8" fill="{2}"/>{3}'
        '<text x="{4}" y="425" font-family="Source Sans Pro" font-size="44" fill="{5}">{6}</text>',
        MARGIN,
        110 + 21 * len(str(mark.verb)),
        back,
        _symbol(mark, MARGIN + 24, 388, 44, ink),
        MARGIN + 86,
        ink,
        mark.verb,
    )


def _symbol(mark: Mark, x: float, y: float, size: int, colour: str) -> SafeString:
    return format_html(
        '<g transform="translate({} {}) scale({})" fill="none" stroke="{}" stroke-width="2.2">{}</g>',
        round(x),
        round(y),
        size / 20,
        colour,
        SafeString(_SYMBOLS[mark.css]),
    )
