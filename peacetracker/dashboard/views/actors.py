"""Who can hold a position, and what one of them holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, gettext_lazy

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.dashboard import data
from peacetracker.dashboard.divisions import discords, splits
from peacetracker.dashboard.lanes import Axis, Strip, strips
from peacetracker.dashboard.neighbours import LEAST_IN_COMMON, neighbours
from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.dashboard.scope import MADE, made_links, stances_made
from peacetracker.dashboard.tallies import scale_of
from peacetracker.database.fields import covers
from peacetracker.proposals.models import Party, Proposal, Target
from peacetracker.stances.models import Evidence, Stance, Statement

VOTES = "votes"
NEWEST = 12  # statements shown; the API has all


HEADS = {
    Actor.Kind.STATE: gettext_lazy("States"),
    Actor.Kind.ORGANISATION: gettext_lazy("International organisations"),
    Actor.Kind.BLOC: gettext_lazy("Blocs and groupings"),
    Actor.Kind.BODY: gettext_lazy("Government bodies"),
    Actor.Kind.ARMED_GROUP: gettext_lazy("Armed groups"),
    Actor.Kind.POLITICAL_PARTY: gettext_lazy("Political parties"),
    Actor.Kind.PERSON: gettext_lazy("Persons"),
    Actor.Kind.THINK_TANK: gettext_lazy("Think tanks"),
}


@dataclass
class Listed:
    """An actor in the list."""

    actor: Actor
    tally: Tally
    statements: int  # that it made itself, as a speaker

    @property
    def positions(self) -> int:
        return self.tally.total


@reader_page("dashboard/actors.html", partial="list")
def actors(request: HttpRequest, page: Page) -> Context:
    kind = choice(request, "kind", Actor.Kind.values)
    order = choice(request, "order", ["positions", "name"], "positions")
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = Actor.objects.named(words) if words else Actor.objects.order_by("name")
    made = choice(request, "made", MADE, "spoken")
    tallies, spoken = _tallies(made, page), _spoken(page)
    listed = [Listed(actor, Tally(tallies[actor.pk]), spoken.get(actor.pk, 0)) for actor in found]
    counts = Counter(one.actor.kind for one in listed)
    if order == "positions":
        listed.sort(key=lambda one: (-one.positions, -one.statements))
    groups = [
        (head, [one for one in listed if one.actor.kind == value])
        for value, head in HEADS.items()
        if counts[value] and kind in ("", value)
    ]
    return {
        "groups": groups,
        "kinds": [(value, head, counts[value]) for value, head in HEADS.items() if counts[value] or value == kind],
        "kind": kind,
        "made": made,
        "mades": MADE.items(),
        "q": words,
        "order": order,
        "scale": scale_of(one.tally for one in listed),
    }


def _tallies(made: str, page: Page) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        stances_made(Stance.objects.on(page.on), made).order_by().values_list("actor", "position").annotate(Count("pk"))
    )
    for actor, position, count in rows:
        counts[actor][position] = count
    return counts


def _spoken(page: Page) -> dict[int, int]:
    spoken = Statement.objects.accepted().said_by(page.on).filter(speaker__isnull=False)
    return dict(spoken.order_by().values_list("speaker").annotate(Count("pk")))


@dataclass
class Lane:
    """All stances of an actor on one target, first to last."""

    target: Target
    stances: list[Stance]
    strips: list[Strip] = field(default_factory=list)
    held: Stance | None = None  # on the page's day


@dataclass(frozen=True)
class Shift:
    before: Stance
    after: Stance


@reader_page("dashboard/actor.html")
def actor(request: HttpRequest, page: Page, slug: str) -> Context:
    who = get_object_or_404(Actor.objects.prefetch_related("aliases"), slug=slug)
    made = choice(request, "made", MADE, "all")
    begun = stances_made(Stance.objects.begun_by(page.on).filter(actor=who), made)
    stances = list(stances_with_evidence(begun))
    lanes, axis = _lanes(stances, page)
    ties = list(_ties(who))
    held = {lane.target.pk: lane.held for lane in lanes if lane.held}
    statements = list(_statements(who, made, page))
    inside, beyond = splits(who, held, ties, page.on)
    nearest, farthest = neighbours(who, page.on)
    return {
        "actor": who,
        "made_links": made_links(request, made, "all"),
        "aliases": _names(who),
        "lanes": lanes,
        "axis": axis,
        "by_kind": _by_kind(lanes),
        "tally": Tally.of(stance.position for stance in held.values()),
        "shifts": _shifts(lanes),
        "voices": _current_first(
            [tie for tie in ties if tie.organisation_id == who.pk and tie.kind == "speaks_for"], page
        ),
        "members": _current_first(
            [tie for tie in ties if tie.organisation_id == who.pk and tie.kind == "member"], page
        ),
        "speaks_for": _current_first(
            [tie for tie in ties if tie.actor_id == who.pk and tie.kind == "speaks_for"], page
        ),
        "member_of": _current_first([tie for tie in ties if tie.actor_id == who.pk and tie.kind == "member"], page),
        "splits": inside,
        "leaves_line": beyond,
        "discords": discords(who, statements, stances),
        "nearest": nearest,
        "farthest": farthest,
        "least_in_common": LEAST_IN_COMMON,
        "parties": Party.objects.filter(actor=who, period__contains=page.on).select_related("process"),
        "sponsored": Proposal.objects.on_the_table(page.on).filter(sponsors=who),
        "statements": statements[:NEWEST],
        "statement_count": len(statements),
        "data": data.of_stances(f"peacetracker-{slug}", Stance.objects.begun_by(page.on).filter(actor=who)),
    }


def stances_with_evidence(stances: QuerySet[Stance]) -> QuerySet[Stance]:
    """In the order of time, with the statements that each rests on, in two queries."""
    evidence = (
        Evidence.objects.select_related("statement__speaker", "statement__actor", "statement__article__source")
        .defer("statement__article__text", "statement__article__search")
        .order_by("-statement__said_on")
    )
    loaded = stances.select_related("actor", "target__proposal").prefetch_related(Prefetch("evidence", evidence))
    return loaded.order_by("period")


def _lanes(stances: Iterable[Stance], page: Page) -> tuple[list[Lane], Axis]:
    """By target: proposals, provisions and issues, each in its own order."""
    lanes: dict[int, Lane] = {}
    for stance in stances:
        lane = lanes.setdefault(stance.target_id, Lane(stance.target, []))
        lane.stances.append(stance)
        if covers(stance.period, page.on):
            lane.held = stance
    axis = Axis.over((lane.stances[0].period.lower for lane in lanes.values()), page.on)
    for lane in lanes.values():
        lane.strips = strips(axis, lane.stances)
    return sorted(lanes.values(), key=_place), axis


def _place(lane: Lane) -> tuple[object, ...]:
    target = lane.target
    proposal = target.proposal if target.kind == "provision" else target
    day = -proposal.tabled_on.toordinal() if proposal and proposal.tabled_on else 0
    return target.is_resolution, target.kind == "issue", day, target.number or 0, target.name


def _by_kind(lanes: list[Lane]) -> list[tuple[str, list[Lane], bool]]:
    """What is held now, under heads; votes, which a word says as well as a quote, are to be brief."""
    heads = {
        "proposal": gettext("Proposals"),
        "provision": gettext("Provisions"),
        "issue": gettext("Issues"),
        VOTES: gettext("Resolutions put to the vote"),
    }
    groups: dict[str, list[Lane]] = {kind: [] for kind in heads}
    for lane in lanes:
        if lane.held:
            groups[VOTES if lane.target.is_resolution else lane.target.kind].append(lane)
    return [(heads[kind], held, kind == VOTES) for kind, held in groups.items() if held]


def _shifts(lanes: list[Lane]) -> list[Shift]:
    """Newest first."""
    found = [
        Shift(before, after)
        for lane in lanes
        for before, after in pairwise(lane.stances)
        if before.position != after.position
    ]
    return sorted(found, key=lambda shift: shift.after.period.lower, reverse=True)


def _ties(who: Actor) -> QuerySet[Affiliation]:
    ties = Affiliation.objects.filter(Q(actor=who) | Q(organisation=who))
    return ties.select_related("actor", "organisation").order_by("actor__name", "period")


def _current_first(ties: list[Affiliation], page: Page) -> list[tuple[Affiliation, bool]]:
    """Ties begun by the day, with whether they hold on it."""
    begun = [tie for tie in ties if tie.period.lower is None or tie.period.lower <= page.on]
    return sorted(((tie, covers(tie.period, page.on)) for tie in begun), key=lambda pair: not pair[1])


def _statements(who: Actor, made: str, page: Page) -> QuerySet[Statement]:
    """What was said on its behalf, or by it."""
    said = Statement.objects.accepted().said_by(page.on).filter(Q(actor=who) | Q(speaker=who))
    if made != "all":
        said = said.filter(kind=made)
    return said.without_texts().order_by("-said_on", "-id")


def _names(who: Actor) -> list[tuple[str, list[str]]]:
    """Other names by language."""
    names: dict[str, list[str]] = defaultdict(list)
    for alias in who.aliases.all():
        if alias.text != who.name:
            names[alias.language].append(alias.text)
    return sorted(names.items(), key=lambda pair: (pair[0] != "en", pair[0]))
