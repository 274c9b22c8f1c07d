"""/api/v1: the whole record that readers see, to read."""

import datetime as dt
from typing import Annotated, Literal

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import FilterLookup, FilterSchema, NinjaAPI, Query
from ninja.pagination import LimitOffsetPagination, paginate
from pydantic import StringConstraints

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.api import schemas
from peacetracker.api.caching import revised
from peacetracker.proposals.models import (
    Correspondence,
    Issue,
    Party,
    Process,
    Proposal,
    ProposalRelation,
    Provision,
    Target,
)
from peacetracker.stances.models import Evidence, Stance, Statement

api = NinjaAPI(
    title="Peacetracker",
    version="1",
    description=(
        "Who supports which peace plan, since when, on what condition, and how do we know. Everything readers see, "
        "to read. Answers carry an ETag: send it back as If-None-Match and an unchanged answer is an empty 304."
    ),
    docs_url=None,
    urls_namespace="api-1",
)
api.add_decorator(revised, mode="view")

Day = Annotated[
    dt.date | None, Query(description="The day whose positions are wanted, as YYYY-MM-DD. Today if absent.")
]
Kind = Literal["state", "organisation", "bloc", "body", "armed_group", "political_party", "person", "think_tank"]
# PostgreSQL refuses NUL; no slug, code or status holds anything else.
Slug = Annotated[str, StringConstraints(pattern=r"^[-\w]{1,120}$")]
TargetKind = Literal["proposal", "provision", "issue"]


class Pages(LimitOffsetPagination):
    """`limit` (100, at most 1000) and `offset`; `count` says how many there are."""

    class Input(LimitOffsetPagination.Input):
        limit: Annotated[int, Query(ge=1, le=1000)] = 100
        offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0


class ActorFilter(FilterSchema):
    kind: Annotated[Kind | None, FilterLookup("kind")] = None
    iso3: Annotated[Slug | None, FilterLookup("iso3")] = None


class ProposalFilter(FilterSchema):
    process: Annotated[Slug | None, FilterLookup("process__slug")] = None
    status: Annotated[Slug | None, FilterLookup("status")] = None
    is_resolution: Annotated[bool | None, FilterLookup("is_resolution")] = None


class CellFilter(FilterSchema):
    actor: Annotated[Slug | None, FilterLookup("actor__slug")] = None
    actor_kind: Annotated[Kind | None, FilterLookup("actor__kind")] = None
    target: Annotated[Slug | None, FilterLookup("target__slug")] = None
    target_kind: Annotated[TargetKind | None, FilterLookup("target__kind")] = None
    proposal: Annotated[Slug | None, FilterLookup("target__proposal__slug")] = None
    process: Annotated[Slug | None, FilterLookup("target__process__slug")] = None


class StanceFilter(CellFilter):
    position: Annotated[schemas.PositionWord | None, FilterLookup("position")] = None


class StatementFilter(StanceFilter):
    kind: Annotated[Literal["spoken", "vote"] | None, FilterLookup("kind")] = None
    since: Annotated[dt.date | None, FilterLookup("said_on__gte")] = None
    until: Annotated[dt.date | None, FilterLookup("said_on__lte")] = None


def actors_in_full() -> QuerySet[Actor]:
    affiliations = Prefetch("affiliations", Affiliation.objects.select_related("organisation"))
    return Actor.objects.prefetch_related("aliases", affiliations).order_by("slug")


def proposals_in_full() -> QuerySet[Target]:
    provisions = Provision.objects.order_by("number").prefetch_related(
        Prefetch("issues", Issue.objects.order_by("slug")),
        Prefetch("correspondences", Correspondence.objects.select_related("other")),
        Prefetch("reverse_correspondences", Correspondence.objects.select_related("one")),
    )
    return (
        Proposal.objects.select_related("process")
        .prefetch_related(
            "sponsors",
            "citations",
            Prefetch("relations", ProposalRelation.objects.select_related("earlier")),
            Prefetch("provisions", provisions),
        )
        .order_by("tabled_on", "slug")
    )


def evidence() -> Prefetch:
    return Prefetch("evidence", Evidence.objects.order_by("statement_id"))


@api.get("/processes", response=list[schemas.ProcessOut], tags=["targets"])
@paginate(Pages)
def list_processes(request: HttpRequest) -> QuerySet[Process]:
    """The peace processes covered and who has which part in them."""
    parties = Prefetch("parties", Party.objects.select_related("actor"))
    return Process.objects.prefetch_related(parties).order_by("slug")


@api.get("/actors", response=list[schemas.ActorOut], tags=["actors"])
@paginate(Pages)
def list_actors(request: HttpRequest, filters: Query[ActorFilter]) -> QuerySet[Actor]:
    """Everyone who can hold a position, with names, offices and memberships."""
    return filters.filter(actors_in_full())


@api.get("/actors/{slug}", response=schemas.ActorOut, tags=["actors"])
def get_actor(request: HttpRequest, slug: Slug) -> Actor:
    return get_object_or_404(actors_in_full(), slug=slug)


@api.get("/proposals", response=list[schemas.ProposalOut], tags=["targets"])
@paginate(Pages)
def list_proposals(request: HttpRequest, filters: Query[ProposalFilter]) -> QuerySet[Target]:
    """The plans put on the table, with their provisions."""
    return filters.filter(proposals_in_full())


@api.get("/proposals/{slug}", response=schemas.ProposalOut, tags=["targets"])
def get_proposal(request: HttpRequest, slug: Slug) -> Target:
    return get_object_or_404(proposals_in_full(), slug=slug)


@api.get("/issues", response=list[schemas.IssueOut], tags=["targets"])
@paginate(Pages)
def list_issues(request: HttpRequest) -> QuerySet[Target]:
    """What the provisions of different proposals are about."""
    settled_by = Prefetch("settled_by", Provision.objects.order_by("slug"))
    return Issue.objects.select_related("process").prefetch_related(settled_by).order_by("slug")


@api.get("/statements", response=list[schemas.StatementOut], tags=["positions"])
@paginate(Pages)
def list_statements(request: HttpRequest, filters: Query[StatementFilter]) -> QuerySet[Statement]:
    """The accepted evidence, newest first: who said what about which target, where."""
    return filters.filter(Statement.objects.accepted().for_display()).order_by("-said_on", "-id")


@api.get("/stances", response=list[schemas.StanceOut], tags=["positions"])
@paginate(Pages)
def list_stances(
    request: HttpRequest,
    filters: Query[StanceFilter],
    on: Day = None,
    ever: Annotated[bool, Query(description="All stances ever held, instead of those held on a day.")] = False,
) -> QuerySet[Stance]:
    """The positions held on a day: the editors' findings, each resting on accepted statements."""
    stances = Stance.objects.published() if ever else Stance.objects.on(on or timezone.localdate())
    return filters.filter(stances.for_display().prefetch_related(evidence())).order_by(
        "actor__slug", "target__slug", "period"
    )


@api.get("/shifts", response=list[schemas.ShiftOut], tags=["positions"])
@paginate(Pages)
def list_shifts(
    request: HttpRequest,
    filters: Query[CellFilter],
    on: Day = None,
) -> QuerySet[Stance]:
    """Changes of position up to a day, newest first."""
    # The filters name actors and targets only: a stance's predecessor is of the same actor on the same target.
    stances = filters.filter(Stance.objects.begun_by(on or timezone.localdate()))
    return stances.shifts().for_display().prefetch_related(evidence())
