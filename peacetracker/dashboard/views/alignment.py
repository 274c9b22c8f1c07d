"""Who agrees with whom, over the targets on which both hold a position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.http import HttpRequest

from peacetracker.actors.models import Actor
from peacetracker.analysis.alignment import Pair, Positions, overlaps, pairs, seriation, similarities, tabulate
from peacetracker.dashboard.pages import BadParameterError, Context, Page, choice, reader_page
from peacetracker.dashboard.scope import MADE, scope, stances_made
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Position, Stance

MOST_OVERLAP = 20
PAIRS = 15  # shown at either end
ACTORS = 60  # in the table; more would not be read
SHADES = 5


@dataclass(frozen=True)
class Cell:
    percent: int | None
    overlap: int
    shade: int  # 1 (least alike) to SHADES; 0 where too little is in common
    itself: bool


@reader_page("dashboard/alignment.html", partial="agreement")
def alignment(request: HttpRequest, page: Page) -> Context:
    kind = choice(request, "kind", Actor.Kind.values)
    about = choice(request, "about", Target.Kind.values)
    made = choice(request, "made", MADE, "spoken")
    shown = scope(request)
    least = _overlap(request)
    stances = shown.of(stances_made(Stance.objects.on(page.on), made), "target__process")
    stances = stances.order_by("actor__name", "target")
    if kind:
        stances = stances.filter(actor__kind=kind)
    if about:
        stances = stances.filter(target__kind=about)
    held = stances.values_list("actor", "target", "position")
    table = tabulate((actor, target, Position(position).value_of) for actor, target, position in held)
    actors = Actor.objects.in_bulk(table.actors)
    found = [Pair(actors[pair.one], actors[pair.other], pair.similarity, pair.overlap) for pair in pairs(table, least)]
    return {
        "nearest": [_percent(pair) for pair in found[:PAIRS]],
        "farthest": [_percent(pair) for pair in reversed(found[-PAIRS:]) if pair.similarity < 0.75],
        "count": len(found),
        "grid": _grid(table, actors, least),
        "kind": kind,
        "kinds": Actor.Kind.choices,
        "about": about,
        "made": made,
        "mades": MADE.items(),
        "scope": shown,
        "abouts": Target.Kind.choices,
        "overlap": least,
        "most_overlap": MOST_OVERLAP,
        "actors_with_positions": len(actors),
        "limit": ACTORS,
    }


def _overlap(request: HttpRequest) -> int:
    text = request.GET.get("overlap", "") or "3"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_OVERLAP:
        raise BadParameterError("overlap", text, f"give a number from 1 to {MOST_OVERLAP}")
    return int(text)


def _percent(pair: Pair[Actor]) -> tuple[Pair[Actor], int]:
    return pair, round(100 * pair.similarity)


def _grid(table: Positions[int, int], actors: dict[int, Actor], least: int) -> list[tuple[Actor, list[Cell]]]:
    """Actors who can be compared with anyone, in an order in which those who agree stand together."""
    similarity, common = similarities(table.values, least), overlaps(table.values)
    partners = (~np.isnan(similarity)).sum(axis=1) - 1
    best = np.argsort(-partners, kind="stable")[:ACTORS]
    rows = np.sort(best[partners[best] > 0])
    order = rows[seriation(similarity[np.ix_(rows, rows)])] if len(rows) else rows
    return [
        (actors[table.actors[i]], [_cell(similarity[i, j], int(common[i, j]), itself=i == j) for j in order])
        for i in order
    ]


def _cell(similarity: float, overlap: int, *, itself: bool) -> Cell:
    if np.isnan(similarity):
        return Cell(None, overlap, 0, itself=False)
    return Cell(round(100 * similarity), overlap, min(int(similarity * SHADES) + 1, SHADES), itself)
