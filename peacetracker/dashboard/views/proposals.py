"""The proposals, one proposal with its provisions, and one provision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, gettext_lazy

from peacetracker.dashboard import data
from peacetracker.dashboard.contest import contest
from peacetracker.dashboard.lineage import diagram, lineage
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.dashboard.reception import chart, steps
from peacetracker.dashboard.scope import scope
from peacetracker.dashboard.tallies import by_position, scale_of, tallies_of
from peacetracker.database.fields import covers
from peacetracker.proposals.models import Correspondence, Proposal, ProposalRelation, ProvisionIssue, Target
from peacetracker.stances.models import Stance

_SEEN_FROM_THE_EARLIER = {
    ProposalRelation.Kind.REVISES: gettext_lazy("revised by"),
    ProposalRelation.Kind.COUNTERS: gettext_lazy("countered by"),
    ProposalRelation.Kind.SUPERSEDES: gettext_lazy("superseded by"),
}


@dataclass
class Point:
    """A provision with what the page of its proposal shows beside it."""

    provision: Target
    tally: Tally
    issues: list[Target] = field(default_factory=list)
    corresponds: list[Target] = field(default_factory=list)


@reader_page("dashboard/proposals.html")
def proposals(request: HttpRequest, page: Page) -> Context:
    shown = scope(request)
    tabled = list(
        shown.of(Proposal.objects.on_the_table(page.on)).prefetch_related("sponsors").order_by("-tabled_on", "name")
    )
    tallies = tallies_of(tabled, page.on)
    standing = set(Target.objects.standing(page.on, page.today).values_list("pk", flat=True))
    plans = [(each, tallies[each.pk]) for each in tabled if not each.is_resolution]
    resolutions = [(each, tallies[each.pk]) for each in tabled if each.is_resolution]
    # Nearly all states vote: on the scale of a roll call nobody could read the bars of a plan.
    scale, scale_of_votes = (scale_of(tally for _, tally in cards) for cards in (plans, resolutions))
    return {
        "groups": [
            (gettext("On the table"), [card for card in plans if card[0].pk in standing], scale),
            (
                gettext("Replaced, rejected or lapsed"),
                [card for card in plans if card[0].pk not in standing],
                scale,
            ),
            (gettext("Resolutions put to the vote"), resolutions, scale_of_votes),
        ],
        "scope": shown,
        "plans": len(plans),
        "resolutions": len(resolutions),
    }


@reader_page("dashboard/proposal.html")
def proposal(request: HttpRequest, page: Page, slug: str) -> Context:
    what = get_object_or_404(Proposal.objects.get_queryset().select_related("process"), slug=slug)
    begun = Stance.objects.begun_by(page.on).filter(target=what)
    stances = list(begun.select_related("actor").with_quote(page.on))
    held = [stance for stance in stances if covers(stance.period, page.on)]
    found = steps(stances, page.on)
    points = _points(what, page)
    relations = _relations(page)
    family = lineage(what, relations)
    return {
        "proposal": what,
        "sponsors": what.sponsors.all(),
        "relations": _in_words(what, relations),
        "family": family,
        "lineage": diagram(family, what, page.at),
        "contest": contest(points),
        "citations": what.citations.all(),
        "points": points,
        "scale": scale_of(point.tally for point in points),
        "tally": Tally.of(stance.position for stance in held),
        "groups": by_position(sorted(held, key=lambda stance: stance.actor.name)),
        "steps": found,
        "chart": chart(found, what.tabled_on, page.on),
        "data": data.of_stances(
            f"peacetracker-{slug}",
            Stance.objects.begun_by(page.on)
            .filter(Q(target=what) | Q(target__proposal=what))
            .order_by(F("target__number").asc(nulls_first=True), "actor__name", "period"),
        ),
    }


@reader_page("dashboard/provision.html")
def provision(request: HttpRequest, page: Page, slug: str, number: int) -> Context:
    provisions = Target.objects.filter(kind="provision", proposal__slug=slug)
    what = get_object_or_404(provisions.select_related("proposal"), number=number)
    stances = Stance.objects.on(page.on).filter(target=what).select_related("actor").with_quote(page.on)
    counterparts = _corresponding(Q(one=what) | Q(other=what), page)[what.pk]
    tallies = tallies_of(counterparts, page.on)
    numbers = list(provisions.order_by("number").values_list("number", "name"))
    place = [each for each, _ in numbers].index(what.number)
    groups = by_position(stances.order_by("actor__name"))
    return {
        "provision": what,
        "proposal": what.proposal,
        "issues": Target.objects.filter(issue_provisions__provision=what).order_by("name"),
        "citations": what.citations.all(),
        "groups": groups,
        "tally": Tally.of(stance.position for holders in groups for stance in holders.stances),
        "counterparts": [(each, tallies[each.pk]) for each in counterparts],
        "previous": numbers[place - 1] if place else None,
        "next": numbers[place + 1] if place + 1 < len(numbers) else None,
        "data": data.of_stances(
            f"peacetracker-{slug}-{number}",
            Stance.objects.begun_by(page.on).filter(target=what).order_by("actor__name", "period"),
        ),
    }


def _points(proposal: Target, page: Page) -> list[Point]:
    about: QuerySet[ProvisionIssue] = ProvisionIssue.objects.select_related("issue").order_by("issue__name")
    provisions = list(
        Target.objects.filter(proposal=proposal)
        .prefetch_related(Prefetch("provision_issues", about))
        .order_by("number")
    )
    for each in provisions:
        each.proposal = proposal  # spares a query for each address
    tallies = tallies_of(provisions, page.on)
    corresponding = _corresponding(Q(one__proposal=proposal) | Q(other__proposal=proposal), page)
    return [
        Point(
            provision=each,
            tally=tallies[each.pk],
            issues=[link.issue for link in each.provision_issues.all()],
            corresponds=corresponding[each.pk],
        )
        for each in provisions
    ]


def _corresponding(which: Q, page: Page) -> dict[int, list[Target]]:
    """Provisions of other proposals about the same thing, if tabled by the day, by the provision's id."""
    found: dict[int, list[Any]] = defaultdict(list)
    pairs: Any = Correspondence.objects.filter(which).select_related("one__proposal", "other__proposal")
    for pair in pairs:
        for this, that in ((pair.one, pair.other), (pair.other, pair.one)):
            if that.proposal.tabled_on <= page.on:
                found[this.pk].append(that)
    for targets in found.values():
        targets.sort(key=lambda target: (target.proposal.tabled_on, target.number))
    return found


def _relations(page: Page) -> list[ProposalRelation]:
    """How the proposals that were tabled by the day answer one another."""
    known = ProposalRelation.objects.filter(proposal__tabled_on__lte=page.on)
    return list(known.select_related("proposal", "earlier").order_by("earlier__tabled_on", "proposal__tabled_on"))


def _in_words(proposal: Target, relations: Iterable[ProposalRelation]) -> list[tuple[str, Target]]:
    """What the proposal answers and what answered it."""
    words = []
    for relation in relations:
        if relation.proposal_id == proposal.pk:
            words.append((str(relation.get_kind_display()), relation.earlier))
        elif relation.earlier_id == proposal.pk:
            words.append((str(_SEEN_FROM_THE_EARLIER[ProposalRelation.Kind(relation.kind)]), relation.proposal))
    return words
