"""Who agrees most and least with one actor, over the targets on which both hold a position."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np

from peacetracker.actors.models import Actor
from peacetracker.analysis.alignment import overlaps, similarities, tabulate
from peacetracker.dashboard.positions import VALUES
from peacetracker.stances.models import Stance

LEAST_IN_COMMON = 3
SHOWN = 5


@dataclass(frozen=True)
class Neighbour:
    name: str
    slug: str
    percent: int  # of agreement, see `analysis.alignment`
    overlap: int  # targets in common


def neighbours(actor: Actor, day: dt.date) -> tuple[list[Neighbour], list[Neighbour]]:
    """The nearest and the farthest, in one query; nobody stands in both lists."""
    held: Any = Stance.objects.on(day).order_by("actor__name", "target")
    rows = list(held.values_list("actor__slug", "actor__name", "target", "position"))
    names = {slug: name for slug, name, *_ in rows}
    if actor.slug not in names:
        return [], []
    table = tabulate((slug, target, VALUES[position]) for slug, _, target, position in rows)
    own = table.actors.index(actor.slug)
    similarity = similarities(table.values, LEAST_IN_COMMON)[own]
    common = overlaps(table.values)[own]
    found = [
        Neighbour(names[slug], slug, round(100 * float(similarity[row])), int(common[row]))
        for row, slug in enumerate(table.actors)
        if row != own and not np.isnan(similarity[row])
    ]
    found.sort(key=lambda one: (-one.percent, -one.overlap, one.name))
    farthest = sorted(found[SHOWN:], key=lambda one: (one.percent, -one.overlap, one.name))
    return found[:SHOWN], farthest[:SHOWN]
