"""What is disputed: how each proposal settles an issue, and each actor's line on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from peacetracker.actors.models import Actor
from peacetracker.dashboard import data
from peacetracker.dashboard.lanes import Axis, Strip, strips
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.dashboard.scope import scope
from peacetracker.dashboard.tallies import by_position, scale_of, tallies_of
from peacetracker.dashboard.views.actors import stances_with_evidence
from peacetracker.database.fields import covers
from peacetracker.proposals.models import Issue, Provision, Target
from peacetracker.stances.models import Stance

MANY = 40  # actors; of more, such as a roll call's, the names are enough


@reader_page("dashboard/issues.html")
def issues(request: HttpRequest, page: Page) -> Context:
    shown = scope(request)
    counted = Issue.objects.annotate(provision_count=Count("issue_provisions"))
    found = list(shown.of(counted).order_by("process__name", "name"))
    tallies = tallies_of(found, page.on)
    return {
        "listed": [(issue, tallies[issue.pk]) for issue in found],
        "scale": scale_of(tallies.values()),
        "scope": shown,
    }


@dataclass(frozen=True)
class Line:
    """An actor's stances on the issue, first to last."""

    actor: Actor
    stances: list[Stance]
    strips: list[Strip]
    held: Stance | None


@reader_page("dashboard/issue.html")
def issue(request: HttpRequest, page: Page, slug: str) -> Context:
    found = get_object_or_404(Issue.objects.select_related("process"), slug=slug)
    stances = list(stances_with_evidence(Stance.objects.begun_by(page.on).filter(target=found)))
    lines, axis = _lines(stances, page)
    held = [line.held for line in lines if line.held]
    return {
        "issue": found,
        "settled_by": _settled_by(found, page),
        "tally": Tally.of(stance.position for stance in held),
        "groups": by_position(held),
        "lines": lines,
        "many": MANY,
        "axis": axis,
        "changed": [line for line in lines if len(line.stances) > 1],
        "data": data.of_stances(
            f"peacetracker-{slug}",
            Stance.objects.begun_by(page.on).filter(target=found).order_by("actor__name", "period"),
        ),
    }


def _settled_by(found: Target, page: Page) -> list[tuple[Target, list[tuple[Target, Tally]]]]:
    """Proposals on the table, newest first, with the provisions that settle the issue and how they are received."""
    provisions = list(
        Provision.objects.on_the_table(page.on)
        .filter(issues=found)
        .select_related("proposal")
        .order_by("-proposal__tabled_on", "proposal__name", "number")
    )
    tallies = tallies_of(provisions, page.on)
    groups: dict[Target, list[tuple[Target, Tally]]] = defaultdict(list)
    for provision in provisions:
        if provision.proposal:  # as every provision has
            groups[provision.proposal].append((provision, tallies[provision.pk]))
    return list(groups.items())


def _lines(stances: list[Stance], page: Page) -> tuple[list[Line], Axis]:
    axis = Axis.over((stance.period.lower for stance in stances), page.on)
    by_actor: dict[Actor, list[Stance]] = defaultdict(list)
    for stance in stances:
        by_actor[stance.actor].append(stance)
    lines = [
        Line(actor, own, strips(axis, own), next((one for one in own if covers(one.period, page.on)), None))
        for actor, own in by_actor.items()
    ]
    return sorted(lines, key=lambda line: line.actor.name), axis
