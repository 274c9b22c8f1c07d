"""Actors by targets: plans, resolutions put to the vote, the provisions of one proposal, or issues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from peacetracker.actors.models import Actor
from peacetracker.actors.querysets import ActorQuerySet
from peacetracker.dashboard import data
from peacetracker.dashboard.matrix import (
    Cells,
    Matrix,
    alike_together,
    compared,
    group_actors,
    load_cells,
    only_changed,
    sort_actors,
    with_shifts,
)
from peacetracker.dashboard.pages import Context, Page, choice, choices, day_or_none, reader_page
from peacetracker.proposals.models import Party, Process, Proposal, Target
from peacetracker.stances.models import Stance

SORTS = {
    "positions": gettext_lazy("most positions"),
    "name": gettext_lazy("name"),
    "support": gettext_lazy("most supportive"),
    "similarity": gettext_lazy("those alike together"),
}
KINDS = {
    "proposal": gettext_lazy("proposals"),
    "issue": gettext_lazy("issues"),
    "resolution": gettext_lazy("resolutions put to the vote"),
}
GROUPS = {
    "bloc": gettext_lazy("bloc"),
    "role": gettext_lazy("role in the process"),
    "continent": gettext_lazy("continent"),
}
SHOWN = {
    "all": gettext_lazy("also rows and columns without positions"),
    "shifts": gettext_lazy("only where a position changed"),
}


@dataclass
class Offer:
    """What there is to choose from."""

    processes: list[Process]
    proposals: list[Target]
    blocs: list[Actor]


@reader_page("dashboard/matrix.html", partial="result")
def matrix(request: HttpRequest, page: Page) -> Context:
    return matrix_context(request, page)


def matrix_context(request: HttpRequest, page: Page) -> Context:
    """What the page and its embedded form show."""
    offer = Offer(
        list(Process.objects.all()),
        list(Proposal.objects.on_the_table(page.on).order_by("-tabled_on", "name")),
        list(Actor.objects.with_members()),
    )
    chosen = _chosen(request, offer)
    proposal = next((each for each in offer.proposals if each.slug == chosen["proposal"]), None)
    all_targets = _targets(chosen, proposal, offer)
    all_actors = list(_actors(chosen, page).only("slug", "name", "iso3").order_by("name"))
    chosen["actor"] = choices(request, "actor", [actor.slug for actor in all_actors])
    chosen["target"] = choices(request, "target", [target.slug for target in all_targets])
    chosen["sort"] = choice(request, "sort", [*SORTS, *(target.slug for target in all_targets)], "positions")
    actors = [actor for actor in all_actors if not chosen["actor"] or actor.slug in chosen["actor"]]
    targets = [target for target in all_targets if not chosen["target"] or target.slug in chosen["target"]]
    chosen["narrowed"] = any(chosen[name] for name in ("actor_kind", "bloc", "role", "rows", "show"))
    shown = _matrix(chosen, actors, targets, page)
    return {
        "matrix": shown,
        "proposal": proposal,
        "chosen": chosen,
        "offer": offer,
        "all_actors": all_actors,
        "all_targets": all_targets,
        "actor_kinds": Actor.Kind.choices,
        "roles": Party.Role.choices,
        "kinds": KINDS.items(),
        "sorts": SORTS.items(),
        "group_names": GROUPS.items(),
        "showable": SHOWN.items(),
        "sort_link": "" if shown.flipped else _without(request, "sort"),
        "address": reverse("dashboard:matrix"),
        "data": data.of_stances(
            "peacetracker-matrix",
            Stance.objects.on(page.on)
            .filter(actor__in=[each.pk for each in shown.actors], target__in=[each.pk for each in shown.targets])
            .order_by("actor__name", "target__slug"),
        ),
    }


def _chosen(request: HttpRequest, offer: Offer) -> dict[str, Any]:
    return {
        "process": choice(request, "process", [process.slug for process in offer.processes]),
        "kind": choice(request, "kind", KINDS, "proposal"),
        "proposal": choice(request, "proposal", [proposal.slug for proposal in offer.proposals]),
        "actor_kind": choice(request, "actor_kind", Actor.Kind.values),
        "bloc": choice(request, "bloc", [bloc.slug for bloc in offer.blocs]),
        "role": choice(request, "role", [*Party.Role.values, "any"]),
        "show": choice(request, "show", SHOWN),
        "group": choice(request, "group", GROUPS),
        "rows": choice(request, "rows", ["target"]),
        "then": day_or_none(request, "then"),
    }


def _targets(chosen: dict[str, Any], proposal: Target | None, offer: Offer) -> list[Target]:
    if proposal is not None:
        targets = Target.objects.filter(proposal=proposal).select_related("proposal").order_by("number")
    elif chosen["kind"] == "issue":
        targets = Target.objects.filter(kind="issue").order_by("name")
    else:
        # Known already; only the process may narrow them.
        kept = {process.pk for process in offer.processes if chosen["process"] in ("", process.slug)}
        voted_on = chosen["kind"] == "resolution"
        return [each for each in offer.proposals if each.process_id in kept and each.is_resolution == voted_on]
    if chosen["process"]:
        targets = targets.filter(process__slug=chosen["process"])
    return list(targets)


def _actors(chosen: dict[str, Any], page: Page) -> ActorQuerySet:
    actors = Actor.objects.all()
    if chosen["actor_kind"]:
        actors = actors.filter(kind=chosen["actor_kind"])
    if chosen["bloc"]:
        actors = actors.members_of(chosen["bloc"], page.on)
    if chosen["role"]:
        actors = actors.party_as("" if chosen["role"] == "any" else chosen["role"], page.on)
    return actors


def _cells(chosen: dict[str, Any], actors: list[Actor], targets: list[Target], page: Page) -> Cells:
    cells: Cells = load_cells(actors, targets, page.on)
    if chosen["then"]:
        cells = compared(cells, actors, targets, chosen["then"])
    elif chosen["show"] == "shifts":
        cells = with_shifts(cells, actors, targets, page.on)
    return only_changed(cells) if chosen["show"] == "shifts" else cells


def _matrix(chosen: dict[str, Any], actors: list[Actor], targets: list[Target], page: Page) -> Matrix:
    """Rows and columns without a position are left out unless asked for or chosen by name."""
    cells = _cells(chosen, actors, targets, page)
    shown_actors, shown_targets = actors, targets
    if chosen["show"] != "all":
        with_positions = {actor for actor, _ in cells}
        spoken_of = {target for _, target in cells}
        shown_actors = [each for each in actors if each.pk in with_positions or each.slug in chosen["actor"]]
        shown_targets = [each for each in targets if each.pk in spoken_of or each.slug in chosen["target"]]
    column = next((target for target in targets if target.slug == chosen["sort"]), None)
    ordered = sort_actors(shown_actors, cells, chosen["sort"], column)
    return Matrix(
        actors=ordered,
        targets=alike_together(shown_targets, cells) if chosen["sort"] == "similarity" else shown_targets,
        cells=cells,
        at=page.at,
        hidden_actors=len(actors) - len(shown_actors),
        hidden_targets=len(targets) - len(shown_targets),
        sort=chosen["sort"],
        flipped=bool(chosen["rows"]),
        groups=group_actors(ordered, chosen["group"], page.on) if chosen["group"] and not chosen["rows"] else [],
    )


def _without(request: HttpRequest, name: str) -> str:
    """The query string without one parameter, ready for another value of it."""
    query = request.GET.copy()
    query.pop(name, None)
    for key in [key for key, value in query.items() if not value]:
        del query[key]
    return f"?{query.urlencode()}&{name}=" if query else f"?{name}="
