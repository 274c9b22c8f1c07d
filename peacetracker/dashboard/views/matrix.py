"""Actors by targets: plans, resolutions put to the vote, the provisions of one proposal, or issues."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from peacetracker.actors.models import Actor
from peacetracker.actors.querysets import ActorQuerySet
from peacetracker.dashboard.matrix import Matrix, load_cells, sort_actors
from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.proposals.models import Party, Process, Proposal, Target

SORTS = {
    "positions": "most positions",
    "name": "name",
    "support": "most supportive",
    "similarity": "those alike together",
}
KINDS = {"proposal": "proposals", "issue": "issues", "resolution": "resolutions put to the vote"}


@reader_page("dashboard/matrix.html", partial="result")
def matrix(request: HttpRequest, page: Page) -> Context:
    proposals = list(Proposal.objects.on_the_table(page.on).order_by("-tabled_on", "name"))
    processes = list(Process.objects.all())
    blocs = list(Actor.objects.with_members())
    chosen: dict[str, Any] = {
        "process": choice(request, "process", [process.slug for process in processes]),
        "kind": choice(request, "kind", KINDS, "proposal"),
        "proposal": choice(request, "proposal", [proposal.slug for proposal in proposals]),
        "actor_kind": choice(request, "actor_kind", Actor.Kind.values),
        "bloc": choice(request, "bloc", [bloc.slug for bloc in blocs]),
        "role": choice(request, "role", [*Party.Role.values, "any"]),
        "show": choice(request, "show", ["all"]),
    }
    proposal = next((p for p in proposals if p.slug == chosen["proposal"]), None)
    targets = _targets(chosen, proposal, proposals, processes)
    chosen["sort"] = choice(request, "sort", [*SORTS, *(target.slug for target in targets)], "positions")
    return {
        "matrix": _matrix(chosen, targets, page),
        "proposal": proposal,
        "chosen": chosen,
        "processes": processes,
        "proposals": proposals,
        "blocs": blocs,
        "actor_kinds": Actor.Kind.choices,
        "roles": Party.Role.choices,
        "kinds": KINDS.items(),
        "sorts": SORTS.items(),
        "sort_link": _without(request, "sort"),
        "address": reverse("dashboard:matrix"),
    }


def _targets(
    chosen: dict[str, Any], proposal: Target | None, proposals: list[Target], processes: list[Process]
) -> list[Target]:
    if proposal is not None:
        targets = Target.objects.filter(proposal=proposal).select_related("proposal").order_by("number")
    elif chosen["kind"] == "issue":
        targets = Target.objects.filter(kind="issue").order_by("name")
    else:
        # Known already; only the process may narrow them.
        kept = {process.pk for process in processes if chosen["process"] in ("", process.slug)}
        voted_on = chosen["kind"] == "resolution"
        return [each for each in proposals if each.process_id in kept and each.is_resolution == voted_on]
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


def _matrix(chosen: dict[str, Any], targets: list[Target], page: Page) -> Matrix:
    """Rows and columns without a position are left out unless asked for."""
    actors = list(_actors(chosen, page).only("slug", "name"))
    cells = load_cells(actors, targets, page.on)
    column = next((target for target in targets if target.slug == chosen["sort"]), None)
    shown_actors, shown_targets = actors, targets
    if chosen["show"] != "all":
        with_positions = {actor for actor, _ in cells}
        spoken_of = {target for _, target in cells}
        shown_actors = [actor for actor in actors if actor.pk in with_positions]
        shown_targets = [target for target in targets if target.pk in spoken_of]
    return Matrix(
        actors=sort_actors(shown_actors, cells, chosen["sort"], column),
        targets=shown_targets,
        cells=cells,
        at=page.at,
        hidden_actors=len(actors) - len(shown_actors),
        hidden_targets=len(targets) - len(shown_targets),
        sort=chosen["sort"],
    )


def _without(request: HttpRequest, name: str) -> str:
    """The query string without one parameter, ready for another value of it."""
    query = request.GET.copy()
    query.pop(name, None)
    for key in [key for key, value in query.items() if not value]:
        del query[key]
    return f"?{query.urlencode()}&{name}=" if query else f"?{name}="
