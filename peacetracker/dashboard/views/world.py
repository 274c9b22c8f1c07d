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
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from peacetracker.actors.models import Actor
from peacetracker.dashboard.atlas import VIEWS, Place, on_the_map, world_map
from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.dashboard.positions import MARKS, Tally
from peacetracker.dashboard.tallies import by_position
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance

GROUPS = {"proposal": "Proposals", "issue": "Issues", "provision": "Provisions"}
MOST_DAYS = 60  # in the strip; of more, the last of each month


@dataclass(frozen=True)
class Day:
    """A day on which a state's position began or ended, and how many held each from then on."""

    day: dt.date
    tally: Tally
    href: str


@reader_page("dashboard/map.html", partial="world")
def world(request: HttpRequest, page: Page) -> Context:
    targets = _targets(page)
    by_slug = {target.slug: target for target in targets}
    busiest = max(targets, key=lambda one: one.states, default=None)
    target = by_slug.get(choice(request, "target", by_slug)) or busiest
    view = choice(request, "view", VIEWS, "world")
    context: Context = {
        "target": target,
        "choices": [(head, [one for one in targets if one.kind == kind]) for kind, head in GROUPS.items()],
        "view": view,
    }
    if target is None:
        return context
    ever = list(Stance.objects.published().filter(target=target, actor__kind="state").select_related("actor"))
    stances = [stance for stance in ever if page.on in stance.period]
    held = {stance.actor_id for stance in stances}
    silent = Actor.objects.filter(kind="state").exclude(pk__in=held).order_by("name")
    label = f"World map: where states stand on {target.name}, {date_format(page.on, 'j F Y')}"
    return context | {
        "groups": by_position(sorted(stances, key=lambda stance: stance.actor.name)),
        "tally": Tally.of(stance.position for stance in stances),
        "silent": list(silent),
        "map": world_map(_places(stances, target, page), VIEWS[view], label),
        "off_map": [stance for stance in stances if stance.actor.iso3 not in on_the_map()],
        "views": [
            (name, _address(target, name) + page.and_at, part.name, name == view) for name, part in VIEWS.items()
        ],
        "strip": strip(_days(ever, target, page, view), page.on),
    }


def _targets(page: Page) -> list[Any]:
    """Those on which a state ever held a position, with how many do on the day."""
    ever = Q(stances__published=True, stances__actor__kind="state")
    held = ever & Q(stances__period__contains=page.on)
    targets = Target.objects.filter(ever).distinct().annotate(states=Count("stances", filter=held, distinct=True))
    return list(targets.select_related("proposal").order_by("-proposal__tabled_on", "-tabled_on", "number", "name"))


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


HEIGHT, FOOT = 56, 18  # of the strip, in pixels


def strip(days: Sequence[Day], on: dt.date) -> SafeString:
    """One column for each day of change, with its positions stacked, opposition at the foot; each is a link."""
    if len(days) < 2:
        return SafeString("")
    shown = max((day.day for day in days if day.day <= on), default=None)
    tallest = max(max(day.tally.total for day in days), 1)
    step = 100 / len(days)
    columns = format_html_join(
        "",
        '<a href="{0}"{1} aria-label="{2}"><title>{2}</title><rect class="hover" x="{3}%" width="{4}%" y="0" '
        'height="{5}"/>{6}</a>',
        (
            (
                day.href,
                SafeString(' aria-current="date"') if day.day == shown else "",
                f"{date_format(day.day, 'j F Y')}: {day.tally.sentence}",
                round(number * step, 3),
                round(step, 3),
                HEIGHT - FOOT,
                _stack(day.tally, number * step, step, tallest),
            )
            for number, day in enumerate(days)
        ),
    )
    first, last = (date_format(day.day, "j M Y") for day in (days[0], days[-1]))
    return format_html(
        '<svg class="strip" width="100%" height="{0}" role="group" aria-label="Days of change">{1}'
        '<text x="0" y="{2}">{3}</text><text x="100%" y="{2}" text-anchor="end">{4}</text></svg>',
        HEIGHT,
        columns,
        HEIGHT - 4,
        first,
        last,
    )


def _stack(tally: Tally, x: float, step: float, tallest: int) -> SafeString:
    room, y = HEIGHT - FOOT - 4, float(HEIGHT - FOOT)
    parts = []
    for mark, count in tally.rows:
        if count:
            height = room * count / tallest
            y -= height
            parts.append((mark.css, f"{x + step * 0.1:.3f}", f"{step * 0.8:.3f}", f"{y:.1f}", f"{height:.1f}"))
    return format_html_join("", '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>', parts)
