"""What is on the table, who stands where, what changed lately."""

from django.db.models import Count, Q
from django.http import HttpRequest

from peacetracker.actors.models import Actor
from peacetracker.dashboard.matrix import Matrix, load_cells, sort_actors
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.tallies import scale_of, tallies_of
from peacetracker.proposals.models import Party, Target
from peacetracker.stances.models import Stance, Statement

PROPOSALS = 6
ISSUES = 4
SHIFTS = 6
STATEMENTS = 6


@reader_page("dashboard/overview.html")
def overview(request: HttpRequest, page: Page) -> Context:
    tabled = Target.objects.standing(page.on, page.today)
    proposals = list(tabled.prefetch_related("sponsors").order_by("-tabled_on", "name")[:PROPOSALS])
    tallies = tallies_of(proposals, page.on)
    return {
        "proposals": [(proposal, tallies[proposal.pk]) for proposal in proposals],
        "scale": scale_of(tallies.values()),
        "matrix": _parties(proposals, page),
        "shifts": Stance.objects.begun_by(page.on).shifts().with_quote(page.on).for_display()[:SHIFTS],
        "sayings": _newest_sayings(page),
    }


def _newest_sayings(page: Page) -> list[list[Statement]]:
    """The newest statements; those that rest on the same words, as in a roll call, together."""
    newest = Statement.objects.accepted().said_by(page.on).for_display()
    sayings: dict[tuple[int, int, int, int | None, str], list[Statement]] = {}
    for each in newest[: STATEMENTS * 10]:
        words = (each.article_id, each.start, each.end, each.target_id, each.position)
        sayings.setdefault(words, []).append(each)
    return list(sayings.values())[:STATEMENTS]


def _parties(proposals: list[Target], page: Page) -> Matrix:
    """The parties' positions on what is on the table and on the issues that are spoken of most."""
    issues = (
        Target.objects.filter(kind="issue")
        .annotate(voices=Count("stances", filter=Q(stances__published=True, stances__period__contains=page.on)))
        .filter(voices__gt=0)
        .order_by("-voices", "name")[:ISSUES]
    )
    targets = [*proposals, *issues]
    roles = {role: rank for rank, role in enumerate(Party.Role.values)}
    parties: dict[int, tuple[int, Actor]] = {}
    for party in Party.objects.filter(period__contains=page.on).select_related("actor"):
        entry = (roles[party.role], party.actor)
        parties[party.actor_id] = min(parties.get(party.actor_id, entry), entry, key=lambda each: each[0])
    actors = [actor for _, actor in parties.values()]
    cells = load_cells(actors, targets, page.on)
    ordered = sort_actors(actors, cells, "positions")
    ordered.sort(key=lambda actor: parties[actor.pk][0])
    spoken_of = {target for _, target in cells}
    return Matrix(ordered, [target for target in targets if target.pk in spoken_of], cells, at=page.at)
