"""What is disputed: how each proposal settles an issue, and each actor's line on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from peacetracker.actors.models import Actor
from peacetracker.dashboard.lanes import Axis, Strip, strips
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.positions import MARKS, Mark, Tally
from peacetracker.dashboard.views.actors import stances_with_evidence
from peacetracker.database.fields import covers
from peacetracker.proposals.models import Issue, Proposal, Provision, Target
from peacetracker.stances.models import Stance


@reader_page("dashboard/issues.html")
def issues(request: HttpRequest, page: Page) -> Context:
    tallies = tallies_of(Stance.objects.on(page.on).filter(target__kind="issue").values_list("target", "position"))
    found = Issue.objects.annotate(provision_count=Count("issue_provisions")).order_by("name")
    listed = [(issue, tallies.get(issue.pk, Tally({}))) for issue in found]
    scale = max((max(tally.against, tally.in_favour) for _, tally in listed), default=1) + 1
    return {"listed": listed, "scale": scale}


def tallies_of(positions: Iterable[tuple[int, str]]) -> dict[int, Tally]:
    """The tally of each target, from (target, position)."""
    held: dict[int, list[str]] = defaultdict(list)
    for target, position in positions:
        held[target].append(position)
    return {target: Tally.of(found) for target, found in held.items()}


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
        "axis": axis,
        "changed": [line for line in lines if len(line.stances) > 1],
    }


def _settled_by(found: Target, page: Page) -> list[tuple[Proposal, list[tuple[Provision, Tally]]]]:
    """Proposals on the table, newest first, with the provisions that settle the issue and how they are received."""
    provisions = (
        Provision.objects.on_the_table(page.on)
        .filter(issues=found)
        .select_related("proposal")
        .order_by("-proposal__tabled_on", "proposal__name", "number")
    )
    positions = Stance.objects.on(page.on).filter(target__issues=found).values_list("target", "position")
    tallies = tallies_of(positions)
    groups: dict[Proposal, list[tuple[Provision, Tally]]] = defaultdict(list)
    for provision in provisions:
        groups[provision.proposal].append((provision, tallies.get(provision.pk, Tally({}))))
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


def by_position(stances: Iterable[Stance]) -> list[tuple[Mark, list[Stance]]]:
    """Support first; within a position by the actor's name."""
    ordered = sorted(stances, key=lambda stance: stance.actor.name)
    groups = [(mark, [stance for stance in ordered if stance.position == mark.position]) for mark in MARKS.values()]
    return [group for group in reversed(groups) if group[1]]
