"""Where the states of the world stand on one target."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from peacetracker.actors.models import Actor
from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.dashboard.positions import MARKS, Mark, Tally
from peacetracker.dashboard.regions import ELSEWHERE, REGIONS, region_of
from peacetracker.dashboard.tallies import by_position
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance

GROUPS = {"proposal": "Proposals", "issue": "Issues", "provision": "Provisions"}


@dataclass(frozen=True)
class Tile:
    state: Actor
    mark: Mark | None  # None: no stated position


@reader_page("dashboard/map.html", partial="world")
def world(request: HttpRequest, page: Page) -> Context:
    targets = _targets(page)
    by_slug = {target.slug: target for target in targets}
    busiest = max(targets, key=lambda target: target.states, default=None)
    target = by_slug.get(choice(request, "target", by_slug)) or busiest
    context: Context = {
        "target": target,
        "choices": [(head, [one for one in targets if one.kind == kind]) for kind, head in GROUPS.items()],
    }
    if target is None:
        return context
    held = Stance.objects.on(page.on).filter(target=target, actor__kind="state").select_related("actor")
    stances = list(held)
    states = list(Actor.objects.filter(kind="state").order_by("name"))
    marks = {stance.actor_id: MARKS[stance.position] for stance in stances}
    return context | {
        "groups": by_position(stances),
        "tally": Tally.of(stance.position for stance in stances),
        "silent": [state for state in states if state.pk not in marks],
        "regions": _regions(states, marks),
    }


def _targets(page: Page) -> list[Any]:
    """Those on which a state holds a position on the day, with how many do."""
    held = Q(stances__published=True, stances__period__contains=page.on, stances__actor__kind="state")
    targets = Target.objects.annotate(states=Count("stances", filter=held)).filter(states__gt=0)
    return list(targets.select_related("proposal").order_by("-proposal__tabled_on", "-tabled_on", "number", "name"))


def _regions(states: list[Actor], marks: dict[int, Mark]) -> list[tuple[str, list[Tile]]]:
    tiles: dict[str, list[Tile]] = defaultdict(list)
    for state in states:
        tiles[region_of(state.iso3)].append(Tile(state, marks.get(state.pk)))
    return [(region, tiles[region]) for region in [*REGIONS, ELSEWHERE] if tiles[region]]
