"""Where the states of the world stand on one target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from peacetracker.actors.models import Actor
from peacetracker.dashboard import data
from peacetracker.dashboard.atlas import VIEWS, Place, on_the_map, world_map
from peacetracker.dashboard.columns import Column, Layout, Tick, column_chart
from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.dashboard.positions import MARKS, Tally
from peacetracker.dashboard.tallies import by_position
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance

GROUPS = {
    "plan": gettext_lazy("Plans"),
    "resolution": gettext_lazy("Resolutions"),
    "issue": gettext_lazy("Issues"),
    "provision": gettext_lazy("Provisions"),
}
STRIP = Layout("strip", height=64, top=4, foot=20)
MOST_DAYS = 60  # in the strip; of more, the last of each month


@dataclass(frozen=True)
class Day:
    """A day on which a state's position began or ended, and how many held each from then on."""

    day: dt.date
    tally: Tally
    href: str


@reader_page("dashboard/map.html", partial="world")
def world(request: HttpRequest, page: Page) -> Context:
    return world_context(request, page)


def world_context(request: HttpRequest, page: Page) -> Context:
    """What the page and its embedded form show."""
    targets = _targets(page)
    by_slug = {target.slug: target for target in targets}
    # A roll call fills the map with votes; what is on the table comes first.
    busiest = max(targets, key=lambda one: (not one.is_resolution, one.states), default=None)
    target = by_slug.get(choice(request, "target", by_slug)) or busiest
    view = choice(request, "view", VIEWS, "world")
    context: Context = {
        "target": target,
        "choices": [(head, [one for one in targets if _group(one) == kind]) for kind, head in GROUPS.items()],
        "view": view,
    }
    if target is None:
        return context
    ever = list(Stance.objects.published().filter(target=target, actor__kind="state").select_related("actor"))
    stances = [stance for stance in ever if page.on in stance.period]
    held = {stance.actor_id for stance in stances}
    silent = Actor.objects.filter(kind="state").exclude(pk__in=held).order_by("name")
    words = gettext("World map: where states stand on %(target)s, %(day)s")
    label = words % {"target": target.name, "day": date_format(page.on, "j E Y")}
    return context | {
        "groups": by_position(sorted(stances, key=lambda stance: stance.actor.name)),
        "tally": Tally.of(stance.position for stance in stances),
        "silent": list(silent),
        "map": world_map(_places(stances, target, page), VIEWS[view], label),
        "off_map": [stance for stance in stances if stance.actor.iso3 not in on_the_map()],
        "views": [
            (name, _address(target, name) + page.and_at, part.name, name == view) for name, part in VIEWS.items()
        ],
        "data": data.of_stances(
            f"peacetracker-map-{target.slug}", Stance.objects.on(page.on).filter(target=target, actor__kind="state")
        ),
        "strip": strip(_days(ever, target, page, view), page.on),
    }


def _targets(page: Page) -> list[Any]:
    """Those on which a state ever held a position, with how many do on the day."""
    ever = Q(stances__published=True, stances__actor__kind="state")
    held = ever & Q(stances__period__contains=page.on)
    targets = Target.objects.filter(ever).distinct().annotate(states=Count("stances", filter=held, distinct=True))
    return list(targets.select_related("proposal").order_by("-proposal__tabled_on", "-tabled_on", "number", "name"))


def _group(target: Target) -> str:
    if target.kind != "proposal":
        return target.kind
    return "resolution" if target.is_resolution else "plan"


def _places(stances: Sequence[Stance], target: Target, page: Page) -> dict[str, Place]:
    places = {}
    for stance in stances:
        actor, mark = stance.actor, MARKS[stance.position]
        if actor.iso3 in on_the_map():
            href = reverse("dashboard:position", args=[actor.slug, target.slug]) + page.at
            condition = f": {stance.condition}" if stance.condition else ""
            places[actor.iso3] = Place(f"{actor.name} {mark.verb}{condition}", mark, href)
    return places


def _address(target: Target, view: str) -> str:
    chosen = {"target": target.slug} | ({} if view == "world" else {"view": view})
    return f"{reverse('dashboard:map')}?{urlencode(chosen)}"


def _days(stances: Sequence[Stance], target: Target, page: Page, view: str) -> list[Day]:
    """The days on which something changed up to today, oldest first."""
    bounds = {stance.period.lower for stance in stances} | {s.period.upper for s in stances if s.period.upper}
    days = sorted(day for day in bounds if day <= page.today)
    if len(days) > MOST_DAYS:
        days = list({day.replace(day=1): day for day in days}.values())
    return [
        Day(
            day,
            Tally.of(stance.position for stance in stances if day in stance.period),
            f"{_address(target, view)}&on={day}",
        )
        for day in days
    ]


def strip(days: Sequence[Day], on: dt.date) -> SafeString:
    """One column for each day of change; the last one up to the page's day is marked."""
    if len(days) < 2:
        return SafeString("")
    shown = max((day.day for day in days if day.day <= on), default=None)
    columns = [
        Column(day.href, f"{date_format(day.day, 'j E Y')}: {day.tally.sentence}", day.tally, current=day.day == shown)
        for day in days
    ]
    ticks = [
        Tick(number, date_format(day.day, "j M Y"))
        for number, day in enumerate(days)
        if number % (len(days) // 3 + 1) == 0
    ]
    return column_chart(columns, ticks, STRIP, gettext("Days of change"))
