"""One actor on one target: the stance, its history, and every statement that shows it."""

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from peacetracker.actors.models import Actor
from peacetracker.dashboard import data
from peacetracker.dashboard.evidence import exhibit, publishers, where_it_was_read
from peacetracker.dashboard.lanes import Axis, strips
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.database.fields import covers
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Evidence, Stance, Statement


@reader_page("dashboard/position.html", partial="evidence")
def position(request: HttpRequest, page: Page, actor: str, target: str) -> Context:
    who = get_object_or_404(Actor, slug=actor)
    what = get_object_or_404(Target.objects.select_related("proposal"), slug=target)
    all_stances = list(Stance.objects.published().filter(actor=who, target=what).order_by("-period"))
    stances = [stance for stance in all_stances if stance.period.lower <= page.on]
    now = next((stance for stance in stances if covers(stance.period, page.on)), None)
    said = Statement.objects.of_cell(who, what).said_by(page.on)
    newest = said.order_by("-said_on", "-id")
    shown_with = newest.with_passage().without_texts().select_related("article__syndicated_from__source")
    first = ("article__syndicated_from__text", "article__syndicated_from__search")
    statements = list(shown_with.defer(*first).prefetch_related(*where_it_was_read()))
    proof = set(Evidence.objects.filter(stance=now).values_list("statement", flat=True)) if now else set()
    resting = [statement for statement in statements if statement.pk in proof]
    held = Stance.objects.on(page.on)
    axis = Axis.over((stance.period.lower for stance in stances), page.on)
    shown = [exhibit(statement, stances) for statement in statements]
    return {
        "actor": who,
        "target": what,
        "stance": now,
        "history": stances,
        "changed_since": len(all_stances) > len(stances),
        "axis": axis,
        "strips": strips(axis, list(reversed(stances))),
        "resting": [each for each in shown if each.statement.pk in proof],
        "others": [each for each in shown if each.statement.pk not in proof],
        "publishers": publishers(resting),
        "contradictions": sum(each.contradicts is not None for each in shown),
        "tally": Tally.of(held.filter(target=what).values_list("position", flat=True)),
        "related": list(held.filter(_related(what), actor=who).for_display().order_by("target__number")[:12]),
        "data": data.of_statements(f"peacetracker-{actor}-{target}", newest),
    }


def _related(target: Target) -> Q:
    """Targets that a position on `target` has to do with: its proposal, its points, what it settles."""
    match target.kind:
        case Target.Kind.PROPOSAL:
            return Q(target__proposal=target)
        case Target.Kind.PROVISION:
            return (Q(target__proposal=target.proposal_id) & ~Q(target=target)) | Q(target=target.proposal_id)
        case _:
            return Q(target__provision_issues__issue=target)
