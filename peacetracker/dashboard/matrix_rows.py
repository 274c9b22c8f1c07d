"""The body of the matrix's table.

Rows are strings built here, not in a template: with 12,000 cells that is 5 ms instead of 330. What differs from cell
to cell stands in two places only (the actor in the address; the target and all after it), which halves what the page
weighs when compressed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from peacetracker.dashboard.positions import MARKS

if TYPE_CHECKING:
    from peacetracker.actors.models import Actor
    from peacetracker.dashboard.matrix import Cell, Cells, Matrix
    from peacetracker.proposals.models import Target

# With more filled cells than this, a cell leaves it to the table's heads to name its column.
MOST_NAMED_CELLS = 3000


class Head(NamedTuple):
    """An actor or a target at the edge of the table; all escaped."""

    pk: int
    slug: str
    link: str
    name: str


def body(matrix: Matrix) -> SafeString:
    """The table's bodies: one, or one for each group of actors."""
    targets = [_head(target, target.get_absolute_url(), target.short_name, matrix.at) for target in matrix.targets]
    if matrix.flipped:
        actors = _actor_heads(matrix.actors, matrix.at)
        return _safe(_body(targets, actors, _cell_writer(matrix, flipped=True)))
    write = _cell_writer(matrix, flipped=False)
    parts = []
    for name, members in matrix.groups or [("", matrix.actors)]:
        title = (
            f'<tr class="group"><th scope="rowgroup" colspan="{len(targets) + 1}">{escape(name)}'
            f" <span>{len(members)}</span></th></tr>\n"
            if name
            else ""
        )
        parts.append(_body(_actor_heads(members, matrix.at), targets, write, title))
    return _safe("\n".join(parts))


def _safe(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308 - every text in it is escaped where it comes in


def _actor_heads(actors: Iterable[Actor], at: str) -> list[Head]:
    address = reverse("dashboard:actors")
    return [_head(actor, f"{address}{actor.slug}/", actor.name, at) for actor in actors]


def _head(item: Actor | Target, address: str, name: str, at: str) -> Head:
    # Slugs hold ASCII letters, digits, hyphens and underscores only.
    return Head(item.pk, item.slug, f"{address}{escape(at)}", escape(name))


def _body(rows: Sequence[Head], columns: Sequence[Head], write: Callable[[Head, Head], str], title: str = "") -> str:
    lines = []
    for row in rows:
        cells = "".join(write(row, column) for column in columns)
        lines.append(f'<tr><th scope="row"><a href="{row.link}">{row.name}</a></th>{cells}</tr>\n')
    return f"<tbody>\n{title}{''.join(lines)}</tbody>"


def _cell_writer(matrix: Matrix, *, flipped: bool) -> Callable[[Head, Head], str]:
    positions = reverse("dashboard:position", args=["a", "t"]).removesuffix("a/t/")
    at = escape(matrix.at)
    named = matrix.filled <= MOST_NAMED_CELLS
    cells: Cells = matrix.cells
    looks = _Looks()

    def write(row: Head, column: Head) -> str:
        actor, target = (column, row) if flipped else (row, column)
        cell = cells.get((actor.pk, target.pk))
        if cell is None:
            return "<td></td>"
        title = f' title="{escape(cell.hint)}"' if cell.quote or cell.condition else ""
        name = f"<span> {column.name}</span>" if named else ""
        return f'<td><a href="{positions}{actor.slug}/{target.slug}/{at}"{looks.of(cell, title)}{name}</a></td>'

    return write


class _Looks:
    """The words of every position in the reader's language, looked up once for a table."""

    def __init__(self) -> None:
        self.words = {position: f"<i>{mark.symbol}</i>{escape(mark.word)}" for position, mark in MARKS.items()}
        self.none = f'<b class="p-0">{escape(gettext("none"))}</b>'

    def of(self, cell: Cell, title: str) -> str:
        """From the end of the address to the words."""
        if not cell.changed:
            return f' class="{MARKS[cell.position].css}"{title}>{self.words[cell.position]}'
        was = f'<s class="{MARKS[cell.was].css}">{self.words[cell.was]}</s>' if cell.was else self.none
        now = f'<b class="{MARKS[cell.position].css}">{self.words[cell.position]}</b>' if cell.position else self.none
        return f' class="turned"{title}>{was}{now}'
