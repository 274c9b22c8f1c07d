"""What is on the table, who stands where, what changed lately."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from peacetracker.actors.models import Actor
from peacetracker.dashboard import data
from peacetracker.dashboard.matrix import Matrix, load_cells, sort_actors
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.scope import Scope, scope
from peacetracker.dashboard.tallies import scale_of, tallies_of
from peacetracker.proposals.models import Party, Process, Target
from peacetracker.stances.models import Stance, Statement

PROPOSALS = 6
ISSUES = 10
SHIFTS = 8
STATEMENTS = 6
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class News:
    """The shifts of the week that ends on the page's day or, where it had none, the last ones before it."""

    shifts: list[Any]  # stances with their previous positions and quotes
    of_the_week: bool
    more: bool

    @property
    def last(self) -> dt.date | None:
        return self.shifts[0].period.lower if self.shifts else None


@reader_page("dashboard/overview.html")
def overview(request: HttpRequest, page: Page) -> Context:
    shown = scope(request)
    tabled = shown.of(Target.objects.standing(page.on, page.today)).prefetch_related("sponsors")
    newest = list(tabled.order_by("-tabled_on", "name"))
    tallies = tallies_of(newest, page.on)
    # What somebody has spoken of comes first; the order is stable.
    proposals = sorted(newest, key=lambda proposal: not tallies[proposal.pk].total)
    return {
        "proposals": [(proposal, tallies[proposal.pk]) for proposal in proposals[:PROPOSALS]],
        "more_proposals": len(proposals) > PROPOSALS,
        "scale": scale_of(tallies[proposal.pk] for proposal in proposals[:PROPOSALS]),
        "scope": shown,
        "matrices": [(each, _parties(each, page)) for each in ([shown.process] if shown.process else shown.processes)],
        "news": _news(shown, page),
        "sayings": _newest_sayings(shown, page),
        "data": data.of_stances(
            "peacetracker-positions",
            shown.of(Stance.objects.on(page.on), "target__process").order_by("actor__name", "target__slug"),
        ),
    }


def _news(shown: Scope, page: Page) -> News:
    newest = shown.of(Stance.objects.begun_by(page.on).shifts(), "target__process").with_quote(page.on).for_display()
    found = list(newest[: SHIFTS + 1])
    of_the_week = [stance for stance in found if stance.period.lower > page.on - WEEK]
    listed = (of_the_week or found)[:SHIFTS]
    return News(listed, bool(of_the_week), more=len(found) > len(listed))


def _newest_sayings(shown: Scope, page: Page) -> list[list[Statement]]:
    """What was said last; statements that rest on the same words together."""
    newest = shown.of(Statement.objects.accepted().spoken().said_by(page.on), "target__process").without_texts()
    sayings: dict[tuple[int, int, int, int | None, str], list[Statement]] = {}
    for each in newest[: STATEMENTS * 10]:
        words = (each.article_id, each.start, each.end, each.target_id, each.position)
        sayings.setdefault(words, []).append(each)
    return list(sayings.values())[:STATEMENTS]


def _parties(process: Process, page: Page) -> Matrix:
    """The parties' positions on the issues that are spoken of most: belligerents first, then by role."""
    issues = list(
        Target.objects.filter(kind="issue", process=process)
        .annotate(voices=Count("stances", filter=Q(stances__published=True, stances__period__contains=page.on)))
        .filter(voices__gt=0)
        .order_by("-voices", "name")[:ISSUES]
    )
    roles = {role: rank for rank, role in enumerate(Party.Role.values)}
    parties: dict[int, tuple[int, Actor]] = {}
    for party in Party.objects.filter(process=process, period__contains=page.on).select_related("actor"):
        entry = (roles[party.role], party.actor)
        parties[party.actor_id] = min(parties.get(party.actor_id, entry), entry, key=lambda each: each[0])
    cells = load_cells([actor for _, actor in parties.values()], issues, page.on)
    with_positions = {actor for actor, _ in cells}
    ordered = sort_actors([actor for _, actor in parties.values() if actor.pk in with_positions], cells, "positions")
    ordered.sort(key=lambda actor: parties[actor.pk][0])
    spoken_of = {target for _, target in cells}
    return Matrix(ordered, [issue for issue in issues if issue.pk in spoken_of], cells, at=page.at)
