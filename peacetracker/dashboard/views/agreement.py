"""Where the parties to a process could meet: target by target, who accepts, on what condition, and who blocks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy, ngettext

from peacetracker.actors.models import Actor
from peacetracker.analysis.agreement import Outlook, Reach, outlook
from peacetracker.dashboard import data
from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.proposals.models import Party, Process, Target
from peacetracker.stances.models import Position, Stance
from peacetracker.stances.querysets import StanceQuerySet

WHO = {
    "belligerent": gettext_lazy("the belligerents"),
    "all": gettext_lazy("all parties to the process"),
}
ABOUT = {
    "proposal": gettext_lazy("proposals"),
    "provision": gettext_lazy("provisions"),
    "issue": gettext_lazy("issues"),
}
HEADS = {
    Reach.ACCEPTED: (gettext_lazy("Accepted by all"), gettext_lazy("Each of them supports it as it stands.")),
    Reach.CONDITIONAL: (
        gettext_lazy("Within reach"),
        gettext_lazy("All have spoken and nobody refuses outright: what is left are the conditions."),
    ),
    Reach.OPEN: (
        gettext_lazy("Open"),
        gettext_lazy("Nobody refuses outright, but not all have stated a position."),
    ),
    Reach.BLOCKED: (gettext_lazy("Blocked"), gettext_lazy("At least one of them refuses outright.")),
    Reach.REJECTED: (gettext_lazy("Rejected"), gettext_lazy("All who have spoken are against it.")),
}


@dataclass(frozen=True)
class Row:
    target: Target
    outlook: Outlook[Actor]
    stances: list[tuple[Actor, Stance | None]]

    @property
    def sentence(self) -> str:
        return say(self.outlook)


@reader_page("dashboard/agreement.html", partial="outlook")
def agreement(request: HttpRequest, page: Page) -> Context:
    processes = {process.slug: process for process in Process.objects.filter(parties__isnull=False).distinct()}
    process = processes.get(choice(request, "process", processes)) or next(iter(processes.values()), None)
    who = choice(request, "who", WHO, "belligerent")
    about = choice(request, "about", ABOUT, "proposal")
    parties = _parties(process, who, page) if process else []
    rows = _rows(process, about, parties, page) if process else []
    return {
        "process": process,
        "processes": list(processes.values()),
        "who": who,
        "whos": WHO.items(),
        "about": about,
        "abouts": ABOUT.items(),
        "parties": parties,
        "groups": [
            (reach, *HEADS[reach], found)
            for reach in Reach
            if (found := [row for row in rows if row.outlook.reach == reach])
        ],
        "count": len(rows),
        "data": data.of_stances("peacetracker-agreement", _stances(process, about, parties, page)),
    }


def _parties(process: Process, who: str, page: Page) -> list[Actor]:
    """In the order of their roles, belligerents first."""
    parties = Party.objects.filter(process=process, period__contains=page.on).select_related("actor")
    roles = list(Party.Role)
    if who != "all":
        parties = parties.filter(role=who)
    ordered = sorted(parties, key=lambda party: (roles.index(Party.Role(party.role)), party.actor.name))
    return list(dict.fromkeys(party.actor for party in ordered))


def _stances(process: Process | None, about: str, parties: list[Actor], page: Page) -> StanceQuerySet:
    """On what is on the table: a resolution put to the vote is no place to meet."""
    stances = Stance.objects.on(page.on).filter(target__process=process, target__kind=about, actor__in=parties)
    return stances.filter(target__is_resolution=False)


def _rows(process: Process, about: str, parties: list[Actor], page: Page) -> list[Row]:
    """The targets on which any of the parties holds a position."""
    held: dict[Target, dict[int, Stance]] = defaultdict(dict)
    stances = _stances(process, about, parties, page)
    order = ["-target__proposal__tabled_on", "-target__tabled_on", "target__number", "target__name"]
    for stance in stances.with_quote(page.on).select_related("target__proposal").order_by(*order):
        held[stance.target][stance.actor_id] = stance
    rows = []
    for target, by_actor in held.items():
        pairs = [(party, by_actor.get(party.pk)) for party in parties]
        values = {party: Position(stance.position).value_of if stance else None for party, stance in pairs}
        rows.append(Row(target, outlook(values), pairs))
    return rows


def say(found: Outlook[Actor]) -> str:
    """What stands between the parties, in a sentence or two."""
    sentences = []
    if found.reach == Reach.ACCEPTED:
        return gettext("All of them support it.")
    if found.refuse:
        sentences.append(
            ngettext("%(names)s refuses it.", "%(names)s refuse it.", len(found.refuse)) % _names(found.refuse)
        )
    if found.accept:
        sentences.append(
            ngettext("%(names)s supports it as it stands.", "%(names)s support it as it stands.", len(found.accept))
            % _names(found.accept)
        )
    if found.conditional:
        sentences.append(
            ngettext(
                "%(names)s has conditions or doubts.", "%(names)s have conditions or doubts.", len(found.conditional)
            )
            % _names(found.conditional)
        )
    if found.silent:
        sentences.append(
            ngettext("%(names)s has stated no position.", "%(names)s have stated no position.", len(found.silent))
            % _names(found.silent)
        )
    return " ".join(sentences)


def _names(actors: list[Actor]) -> dict[str, str]:
    names = [actor.name for actor in actors]
    if len(names) < 2:
        return {"names": names[0]}
    return {
        "names": gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]},
    }
