"""A map of the world's states, coloured by position: Natural Earth's shapes as SVG (see `shapes.draw`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from peacetracker.dashboard.positions import Mark

SYMBOL = 0.007  # the height of a symbol as a part of the view's width


@dataclass(frozen=True)
class View:
    """A part of the map: its left upper corner, width and height in the map's units."""

    name: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Place:
    """What the map says of a state: where it stands, in words, and where that leads."""

    label: str
    mark: Mark
    href: str


VIEWS = {
    "world": View("World", (0, 0, 10_000, 4348)),
    "europe": View("Europe", (4420, 150, 2000, 1160)),
    "asia": View("Asia", (5650, 450, 3400, 2450)),
    "africa": View("Africa", (4100, 1150, 2700, 2350)),
    "americas": View("Americas", (1100, 300, 3100, 3900)),
}


@cache
def _atlas() -> dict[str, Any]:
    atlas: dict[str, Any] = json.loads((Path(__file__).parent / "shapes" / "shapes.json").read_text())
    return atlas


def on_the_map() -> set[str]:
    """The ISO codes of the states that the map can show."""
    return {*_atlas()["shapes"], *_atlas()["markers"]}


def outline_of(code: str) -> str:
    """The path of a state that is large enough to have one."""
    return str(_atlas()["shapes"][code]["path"])


def world_map(places: Mapping[str, Place], view: View, label: str) -> SafeString:
    """The map, with a link on each state that holds a position, by ISO 3166-1 alpha-3 code."""
    atlas = _atlas()
    silent = "".join(shape["path"] for code, shape in atlas["shapes"].items() if code not in places)
    silent_markers = format_html_join(
        "", _MARKER, ((x, y, _radius(view)) for code, (x, y) in atlas["markers"].items() if code not in places)
    )
    stated = format_html_join(
        "",
        '<a href="{}" class="{}" aria-label="{}"><title>{}</title>{}</a>',
        (
            (place.href, place.mark.css, place.label, place.label, _drawn(code, place.mark, view))
            for code, place in places.items()
        ),
    )
    return format_html(
        '<svg class="atlas" viewBox="{} {} {} {}" role="group" aria-label="{}"><path class="land" d="{}"/>{}{}</svg>',
        *view.box,
        label,
        mark_safe(atlas["land"] + silent),  # noqa: S308 - our own numbers
        silent_markers,
        stated,
    )


_MARKER = '<circle class="land" cx="{}" cy="{}" r="{}"/>'


def _radius(view: View) -> int:
    return round(view.box[2] * 0.0042)


def _drawn(code: str, mark: Mark, view: View) -> SafeString:
    atlas = _atlas()
    if code in atlas["markers"]:
        return format_html('<circle cx="{}" cy="{}" r="{}"/>', *atlas["markers"][code], _radius(view))
    x, y, room = atlas["shapes"][code]["label"]
    size = view.box[2] * SYMBOL
    symbol = _symbol(x, y, size * min(room / size, 2.2), mark) if room > size * 0.75 else ""
    return format_html('<path d="{}"/>{}', mark_safe(outline_of(code)), symbol)  # noqa: S308 - our own numbers


def _symbol(x: int, y: int, size: float, mark: Mark) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-size="{}" aria-hidden="true">{}</text>',
        x,
        round(y + size * 0.5),
        round(size * 1.4),
        mark.symbol,
    )
