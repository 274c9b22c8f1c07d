"""What is on the table, who stands where, what changed lately."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from peacetracker.actors.models import Actor
from peacetracker.dashboard.matrix import Matrix, load_cells, sort_actors
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.proposals.models import Party, Target
from peacetracker.stances.models import Stance, Statement

PROPOSALS = 6
ISSUES = 6
SHIFTS = 6
STATEMENTS = 6


@reader_page("dashboard/overview.html")
def overview(request: HttpRequest, page: Page) -> Context:
    tabled = Target.objects.standing(page.on, page.today)
    proposals = list(tabled.prefetch_related("sponsors").order_by("-tabled_on", "name")[:PROPOSALS])
    tallies = tallies_of(proposals, page)
    return {
        "proposals": [(proposal, tallies[proposal.pk]) for proposal in proposals],
        "scale": scale_of(tallies.values()),
        "matrix": _parties(proposals, page),
        "shifts": Stance.objects.begun_by(page.on).shifts().with_quote(page.on).for_display()[:SHIFTS],
        "sayings": _newest_sayings(page),
    }


def _newest_sayings(page: Page) -> list[list[Statement]]:
    """The newest statements; those that rest on the same words, as in a roll call, together."""
    newest = Statement.objects.accepted().said_by(page.on).for_display().defer("article__text")
    sayings: dict[tuple[int, int, int, int | None, str], list[Statement]] = {}
    for each in newest[: STATEMENTS * 10]:
        words = (each.article_id, each.start, each.end, each.target_id, each.position)
        sayings.setdefault(words, []).append(each)
    return list(sayings.values())[:STATEMENTS]


def tallies_of(targets: list[Target], page: Page) -> dict[int, Tally]:
    """How many actors hold each position on each target on the page's day, in one query."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for target, position, number in Stance.objects.on(page.on).filter(target__in=targets).counted():
        counts[target][position] = number
    return {target.pk: Tally(counts[target.pk]) for target in targets}


def scale_of(tallies: Any) -> int:
    """The scale on which bars side by side compare."""
    return max((max(tally.against, tally.in_favour) + 1 for tally in tallies), default=0)


def _parties(proposals: list[Target], page: Page) -> Matrix:
    """The parties' positions on what is on the table and on the issues that are spoken of most."""
    issues = (
        Target.objects.filter(kind="issue")
        .annotate(
            voices=Count("stances", filter=Q(stances__published=True, stances__period__contains=page.on))
        )
        .filter(voices__gt=0)
        .order_by("-voices", "name")[:ISSUES]
    )
    targets = [*proposals, *issues]
    roles = {role: rank for rank, role in enumerate(Party.Role.values)}
    parties: dict[int, tuple[int, Actor]] = {}
    for party in Party.objects.filter(period__contains=page.on).select_related("actor"):
        rank = roles[party.role]
        parties[party.actor_id] = min(parties.get(party.actor_id, (rank, party.actor)), (rank, party.actor), key=_rank)
    actors = [actor for _, actor in parties.values()]
    cells = load_cells(actors, targets, page.on)
    ordered = sort_actors(actors, cells, "positions")
    ordered.sort(key=lambda actor: parties[actor.pk][0])
    spoken_of = {target for _, target in cells}
    return Matrix(ordered, [target for target in targets if target.pk in spoken_of], cells, at=page.at)


def _rank(entry: tuple[int, Actor]) -> int:
    return entry[0]
