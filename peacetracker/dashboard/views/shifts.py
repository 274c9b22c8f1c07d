"""Who changed position, when, from what to what, and what was said before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Page as PageOfList
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from peacetracker.actors.models import Actor
from peacetracker.dashboard import data
from peacetracker.dashboard.pages import Context, Page, choice, day_or_none, reader_page
from peacetracker.dashboard.scope import scope
from peacetracker.dashboard.templatetags.readers import target_label
from peacetracker.dashboard.views.actors import Shift, stances_with_evidence
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Position, Stance

A_PAGE = 40
TOWARDS = {"support": gettext_lazy("towards support"), "opposition": gettext_lazy("towards opposition")}


@dataclass(frozen=True)
class Filters:
    actor: str
    target: str
    towards: str
    about: str  # kind of target
    kind: str  # of actor
    since: dt.date | None

    def __bool__(self) -> bool:
        return any((self.actor, self.target, self.towards, self.about, self.kind, self.since))


@reader_page("dashboard/shifts.html", partial="chronicle")
def shifts(request: HttpRequest, page: Page) -> Context:
    within = scope(request)
    changed = list(within.of(Stance.objects.begun_by(page.on).shifts(), "target__process").for_display())
    actors = sorted({(stance.actor.slug, stance.actor.name) for stance in changed}, key=lambda pair: pair[1])
    targets = sorted({(stance.target.slug, _name(stance)) for stance in changed}, key=lambda pair: pair[1])
    filters = Filters(
        actor=choice(request, "actor", dict(actors)),
        target=choice(request, "target", dict(targets)),
        towards=choice(request, "towards", TOWARDS),
        about=choice(request, "about", Target.Kind.values),
        kind=choice(request, "kind", Actor.Kind.values),
        since=day_or_none(request, "since"),
    )
    wanted = [stance for stance in changed if _passes(stance, filters)]
    shown = Paginator(wanted, A_PAGE).get_page(request.GET.get("page"))
    return {
        "months": _months(_with_before(shown)),
        "shown": shown,
        "scope": within,
        "count": len(wanted),
        "actors": actors,
        "targets": targets,
        "towards": TOWARDS.items(),
        "filters": filters,
        "abouts": Target.Kind.choices,
        "kinds": Actor.Kind.choices,
        "data": _as_data(wanted),
        "query": query_without(request, "page"),
    }


def _as_data(wanted: Sequence[Any]) -> data.Data:
    columns = {
        "on": "First day of the new position.",
        "actor": "Slug of the actor.",
        "actor_name": "Its name.",
        "target": "Slug of the proposal, provision or issue.",
        "target_name": "Its name.",
        "before": "The position until then: oppose, oppose_unless, neutral, support_if or support.",
        "before_condition": "Its condition.",
        "after": "The position from then on.",
        "after_condition": "Its condition.",
        "steps": "By how much it rose on the scale of five, from -4 to 4.",
    }

    def row(stance: Any) -> data.Row:
        return {
            "on": str(stance.period.lower),
            "actor": stance.actor.slug,
            "actor_name": stance.actor.name,
            "target": stance.target.slug,
            "target_name": target_label(stance.target),
            "before": stance.previous_position,
            "before_condition": stance.previous_condition or None,
            "after": stance.position,
            "after_condition": stance.condition or None,
            "steps": _rise(stance),
        }

    return data.Data("peacetracker-shifts", columns, lambda: map(row, wanted))


def _rise(stance: Any) -> int:
    return Position(stance.position).value_of - Position(stance.previous_position).value_of


def query_without(request: HttpRequest, name: str) -> str:
    """The query string but for one parameter, to go on from."""
    kept = request.GET.copy()
    kept.pop(name, None)
    return kept.urlencode()


def _name(stance: Stance) -> str:
    target = stance.target
    return f"{target.proposal.name}, point {target.number}" if target.proposal else target.name


def _passes(stance: Any, filters: Filters) -> bool:
    return (
        filters.actor in ("", stance.actor.slug)
        and filters.target in ("", stance.target.slug)
        and filters.about in ("", stance.target.kind)
        and filters.kind in ("", stance.actor.kind)
        and (not filters.towards or (_rise(stance) > 0) == (filters.towards == "support"))
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
