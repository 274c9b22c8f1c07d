"""Two or three proposals side by side, point by point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from peacetracker.analysis.comparison import Basis, Point, Row, align
from peacetracker.analysis.wording import Piece, differences
from peacetracker.dashboard import data
from peacetracker.dashboard.pages import BadParameterError, Context, Page, choice, reader_page
from peacetracker.dashboard.positions import MARKS, Tally
from peacetracker.dashboard.tallies import Holders, by_position
from peacetracker.proposals.models import Correspondence, Issue, Proposal, Provision, Target
from peacetracker.stances.models import Stance

WHY = {
    Basis.RECORDED: "",
    Basis.ISSUE: gettext_lazy("same issue; no correspondence recorded"),
    Basis.ALONE: gettext_lazy("no counterpart"),
}


@dataclass
class Cell:
    """A provision, its wording with marks where its neighbour's differs, and who holds what on it."""

    provision: Target
    stances: list[Stance]
    name: SafeString = field(init=False)
    summary: SafeString = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.summary = _whole(self.provision.name), _whole(self.provision.summary)

    @property
    def groups(self) -> list[Holders]:
        return by_position(self.stances)


@dataclass(frozen=True)
class Line:
    """A row of the comparison: what each proposal has to say on one thing."""

    basis: Basis
    issues: list[Target]
    columns: list[tuple[Target, list[Cell]]]

    @property
    def why(self) -> str:
        return str(WHY[self.basis])


@reader_page("dashboard/compare.html")
def compare(request: HttpRequest, page: Page) -> Context:
    proposals = (
        Proposal.objects.on_the_table(page.on).annotate(points=Count("provisions")).order_by("-tabled_on", "name")
    )
    by_slug = {proposal.slug: proposal for proposal in proposals}
    chosen = [by_slug[slug] for name in "abc" if (slug := choice(request, name, by_slug))]
    if len({proposal.pk for proposal in chosen}) < len(chosen):
        raise BadParameterError("b", request.GET.get("b", ""), "choose different proposals for a, b and c")
    context: Context = {"proposals": by_slug.values(), "chosen": chosen, "suggested": _suggested(by_slug)}
    return context | (_comparison(chosen, page) if len(chosen) > 1 else {})


def _suggested(by_slug: Mapping[str, Target]) -> list[tuple[Target, Target]]:
    """Pairs in which one answers the other, newest first."""
    ids = {proposal.pk: proposal for proposal in by_slug.values()}
    answers = [
        (ids[earlier], ids[later])
        for later, earlier in Proposal.objects.filter(pk__in=ids, relations__earlier__in=ids)
        .order_by("-tabled_on")
        .values_list("pk", "relations__earlier")
    ]
    return list(dict.fromkeys(answers))[:6]


def _comparison(chosen: Sequence[Target], page: Page) -> Context:
    places = {proposal.pk: place for place, proposal in enumerate(chosen)}
    provisions = list(
        Provision.objects.filter(proposal__in=places)
        .prefetch_related(Prefetch("issues", Issue.objects.order_by("provision_issues__pk", "name").distinct()))
        .order_by("proposal", "number")
    )
    issues = {issue.pk: issue for provision in provisions for issue in provision.issues.all()}
    points = [
        Point(one.pk, places[one.proposal_id or 0], one.number or 0, tuple(issue.pk for issue in one.issues.all()))
        for one in provisions
    ]
    rows = align(points, _correspondences(places), len(chosen))
    stances = Stance.objects.on(page.on).filter(Q(target__proposal__in=places) | Q(target__in=places))
    held: dict[int, list[Stance]] = defaultdict(list)
    for stance in stances.select_related("actor").order_by("actor__name"):
        held[stance.target_id].append(stance)
    cells = {one.pk: Cell(one, held[one.pk]) for one in provisions}
    lines = [_line(row, chosen, cells, issues) for row in rows]
    return {
        "lines": lines,
        "data": _as_data(lines, chosen),
        "heads": [(proposal, Tally.of(one.position for one in held[proposal.pk])) for proposal in chosen],
        "recorded": sum(row.basis == Basis.RECORDED for row in rows),
    }


def _correspondences(places: dict[int, int]) -> list[tuple[int, int]]:
    between = Correspondence.objects.filter(one__proposal__in=places, other__proposal__in=places)
    return list(between.values_list("one", "other"))


def _line(row: Row, chosen: Sequence[Target], cells: dict[int, Cell], issues: Mapping[int, Target]) -> Line:
    columns = [(proposal, [cells[one] for one in ids]) for proposal, ids in zip(chosen, row.columns, strict=True)]
    single = [found[0] for _, found in columns if len(found) == 1]
    for left, right in pairwise(single):
        _mark(left, right, first=left is single[0])
    return Line(row.basis, [issues[one] for one in row.issues], columns)


def _mark(left: Cell, right: Cell, *, first: bool) -> None:
    """What the right text adds to the left, and in the first text of a row what the next one drops."""
    for name in ("name", "summary"):
        wording = differences(getattr(left.provision, name), getattr(right.provision, name))
        setattr(right, name, _marked(wording.other, "ins"))
        if first:
            setattr(left, name, _marked(wording.one, "del"))


def _marked(pieces: Sequence[Piece], tag: str) -> SafeString:
    opening, closing, nothing = SafeString(f"<{tag}>"), SafeString(f"</{tag}>"), SafeString("")
    return format_html_join(
        "",
        "{}{}{}",
        ((opening, one.text, closing) if one.differs else (nothing, one.text, nothing) for one in pieces),
    )


def _whole(text: str) -> SafeString:
    return _marked([Piece(text)], "")


def _as_data(lines: Sequence[Line], chosen: Sequence[Target]) -> data.Data:
    """A row for each provision, with the number of the comparison's line that it stands in."""
    columns = {
        "line": "Provisions with the same number stand beside one another.",
        "why": "recorded, issue or alone: why they do.",
        "issues": "Names of the issues, separated by semicolons.",
        "proposal": "Slug of the proposal.",
        "number": "Number of the provision.",
        "provision": "Its slug.",
        "name": "Its name.",
        "summary": "What it says, in our own words.",
        **{position: f"Names of the actors with this position: {MARKS[position].verb}." for position in MARKS},
    }
    return data.Data(f"peacetracker-{'-and-'.join(one.slug for one in chosen)}", columns, lambda: _rows(lines))


def _rows(lines: Sequence[Line]) -> Iterator[data.Row]:
    for number, line in enumerate(lines, 1):
        for proposal, cells in line.columns:
            for cell in cells:
                yield {
                    "line": number,
                    "why": line.basis.value,
                    "issues": "; ".join(issue.name for issue in line.issues),
                    "proposal": proposal.slug,
                    "number": cell.provision.number,
                    "provision": cell.provision.slug,
                    "name": cell.provision.name,
                    "summary": cell.provision.summary,
                    **{
                        position: "; ".join(each.actor.name for each in cell.stances if each.position == position)
                        for position in MARKS
                    },
                }
