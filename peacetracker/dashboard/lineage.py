"""How proposals answer one another, as a diagram: oldest first, a line for each family of revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from peacetracker.proposals.models import ProposalRelation, Target

# In pixels.
ROW, TRACK, MARGIN, RADIUS = 46, 18, 12, 6

_CONTINUES = {ProposalRelation.Kind.REVISES, ProposalRelation.Kind.SUPERSEDES}


@dataclass
class Link:
    """One proposal answers an earlier one."""

    kind: str
    words: str
    earlier: Node


@dataclass
class Node:
    """A proposal in the diagram. `track` counts the lines from the left, `row` from the top."""

    proposal: Target
    row: int = 0
    track: int = 0
    links: list[Link] = field(default_factory=list)

    @property
    def when(self) -> str:
        tabled = date_format(self.proposal.tabled_on, "j M Y") if self.proposal.tabled_on else ""
        return f"{tabled} · {self.proposal.get_status_display()}"

    @property
    def x(self) -> int:
        return MARGIN + self.track * TRACK

    @property
    def y(self) -> int:
        return self.row * ROW + ROW // 2


def lineage(proposal: Target, relations: Iterable[ProposalRelation]) -> list[Node]:
    """The family of a proposal, oldest first: whatever it answers or is answered by, directly or not."""
    relations = list(relations)
    family = _family(proposal.pk, relations)
    proposals = {one.pk: one for each in relations for one in (each.proposal, each.earlier) if one.pk in family}
    nodes = {one.pk: Node(one) for one in sorted(proposals.values(), key=_age)}
    for relation in relations:
        if relation.proposal_id in nodes:
            link = Link(relation.kind, str(relation.get_kind_display()), nodes[relation.earlier_id])
            nodes[relation.proposal_id].links.append(link)
    _place(list(nodes.values()))
    return list(nodes.values())


def _age(proposal: Target) -> tuple[Any, str]:
    return proposal.tabled_on, proposal.name


def _family(start: int, relations: Iterable[ProposalRelation]) -> set[int]:
    neighbours: dict[int, set[int]] = {}
    for relation in relations:
        neighbours.setdefault(relation.proposal_id, set()).add(relation.earlier_id)
        neighbours.setdefault(relation.earlier_id, set()).add(relation.proposal_id)
    found, waiting = {start}, [start]
    while waiting:
        new = neighbours.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


def _place(nodes: Sequence[Node]) -> None:
    """A revision goes on in the line of what it revises; everything else begins a line of its own."""
    ends: dict[int, Node] = {}  # the last node of each line
    for row, node in enumerate(nodes):
        node.row = row
        continued = [link.earlier for link in node.links if link.kind in _CONTINUES]
        track = next((each.track for each in continued if ends[each.track] is each), len(ends))
        node.track = track
        ends[track] = node


def diagram(nodes: Sequence[Node], current: Target, at: str) -> SafeString:
    """Dots, lines and names; lengths are pixels, so that letters keep their size at any width."""
    if len(nodes) < 2:
        return SafeString("")
    left = MARGIN + (max(node.track for node in nodes) + 1) * TRACK
    lines = format_html_join(
        "",
        '<path class="link {}" d="{}"><title>{} {} {}</title></path>',
        (
            (link.kind, _path(link.earlier, node), node.proposal.name, link.words, link.earlier.proposal.name)
            for node in nodes
            for link in node.links
        ),
    )
    names = format_html_join(
        "",
        '<a href="{}{}"{}><circle cx="{}" cy="{}" r="{}"/><text x="{}" y="{}">{}</text>'
        '<text class="when" x="{}" y="{}">{}</text></a>',
        (
            (
                node.proposal.get_absolute_url(),
                at,
                SafeString(' class="current" aria-current="page"') if node.proposal.pk == current.pk else "",
                node.x,
                node.y,
                RADIUS,
                left,
                node.y - 3,
                node.proposal.name,
                left,
                node.y + 13,
                node.when,
            )
            for node in nodes
        ),
    )
    return format_html(
        '<svg class="lineage" width="100%" height="{}" role="group" aria-label="{}">{}{}</svg>',
        len(nodes) * ROW,
        "How the proposals answer one another; the table below says it in words",
        lines,
        names,
    )


def _path(earlier: Node, later: Node) -> str:
    """Straight down within a line; else over to the other line at once and then down."""
    if earlier.track == later.track:
        return f"M{earlier.x} {earlier.y}V{later.y}"
    bend = min(earlier.y + ROW, later.y)
    middle = (earlier.y + bend) // 2
    return f"M{earlier.x} {earlier.y}C{earlier.x} {middle} {later.x} {middle} {later.x} {bend}V{later.y}"
