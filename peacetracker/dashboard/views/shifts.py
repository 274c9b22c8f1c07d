"""Who changed position, when, from what to what, and what was said before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Page as PageOfList
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest

from peacetracker.dashboard.pages import BadParameterError, Context, Page, choice, reader_page
from peacetracker.dashboard.views.actors import Shift, stances_with_evidence
from peacetracker.stances.models import Position, Stance

A_PAGE = 40
TOWARDS = {"support": "towards support", "opposition": "towards opposition"}


@dataclass(frozen=True)
class Filters:
    actor: str
    target: str
    towards: str
    since: dt.date | None


@reader_page("dashboard/shifts.html", partial="chronicle")
def shifts(request: HttpRequest, page: Page) -> Context:
    changed = list(Stance.objects.begun_by(page.on).shifts().for_display())
    actors = sorted({(stance.actor.slug, stance.actor.name) for stance in changed}, key=lambda pair: pair[1])
    targets = sorted({(stance.target.slug, _name(stance)) for stance in changed}, key=lambda pair: pair[1])
    filters = Filters(
        actor=choice(request, "actor", dict(actors)),
        target=choice(request, "target", dict(targets)),
        towards=choice(request, "towards", TOWARDS),
        since=day(request, "since"),
    )
    wanted = [stance for stance in changed if _passes(stance, filters)]
    shown = Paginator(wanted, A_PAGE).get_page(request.GET.get("page"))
    return {
        "months": _months(_with_before(shown)),
        "shown": shown,
        "count": len(wanted),
        "actors": actors,
        "targets": targets,
        "towards": TOWARDS.items(),
        "filters": filters,
        "filtered": any((filters.actor, filters.target, filters.towards, filters.since)),
        "query": query_without(request, "page"),
    }


def day(request: HttpRequest, name: str) -> dt.date | None:
    """A day of the address, or None where it is left out."""
    text = request.GET.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadParameterError(name, text, "give a day as year-month-day, such as 2025-11-20") from error


def query_without(request: HttpRequest, name: str) -> str:
    """The query string but for one parameter, to go on from."""
    kept = request.GET.copy()
    kept.pop(name, None)
    return kept.urlencode()


def _name(stance: Stance) -> str:
    target = stance.target
    return f"{target.proposal.name}, point {target.number}" if target.proposal else target.name


def _passes(stance: Any, filters: Filters) -> bool:
    rise = Position(stance.position).value_of - Position(stance.previous_position).value_of
    return (
        filters.actor in ("", stance.actor.slug)
        and filters.target in ("", stance.target.slug)
        and (not filters.towards or (rise > 0) == (filters.towards == "support"))
        and (filters.since is None or stance.period.lower >= filters.since)
    )


def _with_before(shown: PageOfList[Stance]) -> list[Shift]:
    """Each with the stance before it, and the evidence of both."""
    if not shown.object_list:
        return []
    cells = Q()
    for stance in shown:
        cells |= Q(actor=stance.actor_id, target=stance.target_id)
    lanes: dict[tuple[int, int], list[Stance]] = {}
    for stance in stances_with_evidence(Stance.objects.published().filter(cells)):
        lanes.setdefault((stance.actor_id, stance.target_id), []).append(stance)
    found = []
    for stance in shown:
        lane = lanes[stance.actor_id, stance.target_id]
        place = next(number for number, one in enumerate(lane) if one.pk == stance.pk)
        found.append(Shift(lane[place - 1], lane[place]))
    return found


def _months(found: Iterable[Shift]) -> list[tuple[dt.date, list[Shift]]]:
    return [
        (month, list(group)) for month, group in groupby(found, lambda shift: shift.after.period.lower.replace(day=1))
    ]
