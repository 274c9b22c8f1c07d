"""The matrix: actors by targets, a position in each cell, as of a day or as of two.

Sorting and grouping are here; `matrix_rows` renders.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.actors.regions import continent_of
from peacetracker.analysis.alignment import seriation, similarities, tabulate
from peacetracker.dashboard import matrix_rows
from peacetracker.dashboard.positions import VALUES
from peacetracker.proposals.models import Party, Target
from peacetracker.stances.models import Stance

# With more filled cells than this, quotes would outweigh the page; the drawer has them.
MOST_QUOTED_CELLS = 1000
FEW_COLUMNS = 2  # so few that rows flow in columns, as the names of a roll call do


@dataclass(frozen=True)
class Cell:
    """What an actor holds on a target. `was` is the position compared with: "" is none, None no comparison."""

    position: str
    condition: str = ""
    quote: str = ""  # with quotation marks where the words are the speaker's own
    was: str | None = None

    @property
    def changed(self) -> bool:
        return self.was is not None and self.was != self.position

    @property
    def hint(self) -> str:
        """What hovering or focusing the cell says."""
        lines = [
            self.quote,
            gettext("Condition: %(condition)s") % {"condition": self.condition} if self.condition else "",
        ]
        return "\n".join(filter(None, lines))


Cells = Mapping[tuple[int, int], Cell]  # by the ids of actor and target


@dataclass
class Matrix:
    actors: Sequence[Actor]
    targets: Sequence[Target]
    cells: Cells
    at: str = ""  # query string that keeps the day
    hidden_actors: int = 0
    hidden_targets: int = 0
    sort: str = ""
    flipped: bool = False  # targets in rows, actors in columns
    groups: Sequence[tuple[str, Sequence[Actor]]] = field(default_factory=list)  # of the actors, where they are grouped

    @property
    def filled(self) -> int:
        return len(self.cells)

    @property
    def columns(self) -> Sequence[Actor] | Sequence[Target]:
        return self.actors if self.flipped else self.targets

    @property
    def few_columns(self) -> bool:
        return len(self.columns) <= FEW_COLUMNS

    @property
    def body(self) -> SafeString:
        return matrix_rows.body(self)


def load_cells(actors: Iterable[Actor], targets: Iterable[Target], day: dt.date) -> dict[tuple[int, int], Cell]:
    """The cells of these actors and targets on a day, with quotes unless there are too many: two queries."""
    found = list(_held(actors, targets, day).cells())
    quotes: dict[int, str] = {}
    if found and len(found) <= MOST_QUOTED_CELLS:
        ids = [pk for *_, pk in found]
        quoted: Any = Stance.objects.filter(pk__in=ids).with_quote(day)
        quotes = {
            pk: f"“{quote}”" if direct else quote
            for pk, quote, direct in quoted.values_list("pk", "quote", "quote_is_direct")
        }
    return {
        (actor, target): Cell(position, condition, quotes.get(pk) or "")
        for actor, target, position, condition, pk in found
    }


def _held(actors: Iterable[Actor], targets: Iterable[Target], day: dt.date) -> Any:
    return Stance.objects.on(day).filter(
        actor__in=[actor.pk for actor in actors], target__in=[target.pk for target in targets]
    )


def compared(cells: Cells, actors: Iterable[Actor], targets: Iterable[Target], then: dt.date) -> Cells:
    """Each cell with what was held on an earlier day; what ended since is a cell without a position."""
    before = {(actor, target): position for actor, target, position, *_ in _held(actors, targets, then).cells()}
    found = {key: replace(cell, was=before.get(key, "")) for key, cell in cells.items()}
    return found | {key: Cell("", was=position) for key, position in before.items() if key not in cells}


def with_shifts(cells: Cells, actors: Iterable[Actor], targets: Iterable[Target], day: dt.date) -> Cells:
    """Each cell that has shifted by a day, with the position before its last shift."""
    begun = Stance.objects.begun_by(day).filter(
        actor__in=[actor.pk for actor in actors], target__in=[target.pk for target in targets]
    )
    shifts: Any = begun.shifts()  # newest first
    before: dict[tuple[int, int], str] = {}
    for actor, target, position in shifts.values_list("actor_id", "target_id", "previous_position"):
        before.setdefault((actor, target), position)
    return {key: replace(cell, was=before[key]) for key, cell in cells.items() if key in before}


def only_changed(cells: Cells) -> Cells:
    return {key: cell for key, cell in cells.items() if cell.changed}


def sort_actors(actors: Sequence[Actor], cells: Cells, sort: str, column: Target | None = None) -> list[Actor]:
    """By name, by number of positions, by support, by likeness, or by what they say of one column."""
    held: dict[int, list[int]] = {actor.pk: [] for actor in actors}
    for (actor, _), cell in cells.items():
        if cell.position:
            held[actor].append(VALUES[cell.position])
    by_name = sorted(actors, key=lambda actor: actor.name)
    if column is not None:
        in_column = {a: VALUES.get(cell.position, -8) for (a, target), cell in cells.items() if target == column.pk}
        return sorted(by_name, key=lambda actor: -in_column.get(actor.pk, -9))
    match sort:
        case "name":
            return by_name
        case "support":
            return sorted(by_name, key=lambda actor: -(sum(v) / len(v) if (v := held[actor.pk]) else -9))
        case "similarity":
            return _side_by_side(by_name, cells)
        case _:
            return sorted(by_name, key=lambda actor: -len(held[actor.pk]))


def alike_together(targets: Sequence[Target], cells: Cells) -> list[Target]:
    """Targets on which the same actors say the same stand together."""
    rank = {target.pk: place for place, target in enumerate(targets)}
    order = _order((target, actor, cell) for (actor, target), cell in _ranked(cells, rank, 1))
    return sorted(targets, key=lambda target: order.get(target.pk, len(rank)))


def _side_by_side(actors: Sequence[Actor], cells: Cells) -> list[Actor]:
    """Those who agree stand together, so that blocs appear; those without a position come last."""
    rank = {actor.pk: place for place, actor in enumerate(actors)}
    order = _order((actor, target, cell) for (actor, target), cell in _ranked(cells, rank, 0))
    return sorted(actors, key=lambda actor: order.get(actor.pk, len(rank)))


def _ranked(cells: Cells, rank: Mapping[int, int], end: int) -> list[tuple[tuple[int, int], Cell]]:
    """The cells in the order of their actors or targets, so that ties fall the same way each time."""
    return sorted(cells.items(), key=lambda item: (rank[item[0][end]], item[0]))


def _order(cells: Iterable[tuple[int, Hashable, Cell]]) -> dict[int, int]:
    stated = [(row, column, VALUES[cell.position]) for row, column, cell in cells if cell.position]
    if not stated:
        return {}
    table = tabulate(stated)
    return {table.actors[row]: place for place, row in enumerate(seriation(similarities(table.values)))}


def group_actors(actors: Sequence[Actor], by: str, day: dt.date) -> list[tuple[str, list[Actor]]]:
    """Actors, in the order given, under the name of their bloc, of their role or of their continent."""
    match by:
        case "bloc":
            names, rest = _blocs(actors, day), gettext("Members of no bloc in the record")
        case "role":
            names, rest = _roles(actors, day), gettext("Not a party to the process")
        case _:
            continents = {actor.pk: name for actor in actors if (name := continent_of(actor.iso3))}
            names, rest = dict(sorted(continents.items(), key=lambda item: item[1])), gettext("Not a state")
    groups: dict[str, list[Actor]] = {name: [] for name in [*dict.fromkeys(names.values()), rest]}
    for actor in actors:
        groups[names.get(actor.pk, rest)].append(actor)
    return [(name, members) for name, members in groups.items() if members]


def _blocs(actors: Sequence[Actor], day: dt.date) -> dict[int, str]:
    """Each actor's bloc; of several, the one with the most members among these actors."""
    memberships = Affiliation.objects.on(day).filter(
        kind="member", actor__in=[actor.pk for actor in actors], organisation__kind__in=["bloc", "organisation"]
    )
    members: dict[str, list[int]] = {}
    for name, actor in memberships.order_by("organisation__name").values_list("organisation__name", "actor"):
        members.setdefault(name, []).append(actor)
    found: dict[int, str] = {}
    for name, ids in sorted(members.items(), key=lambda item: -len(item[1])):
        for actor in ids:
            found.setdefault(actor, name)
    order = {name: -len(ids) for name, ids in members.items()}
    return dict(sorted(found.items(), key=lambda item: order[item[1]]))


def _roles(actors: Sequence[Actor], day: dt.date) -> dict[int, str]:
    """Each actor's role in a process; of several, the one that comes first on the list of roles."""
    parties = Party.objects.filter(period__contains=day, actor__in=[actor.pk for actor in actors])
    ranks = {role: rank for rank, role in enumerate(Party.Role.values)}
    found: dict[int, str] = {}
    for actor, role in sorted(parties.values_list("actor", "role"), key=lambda pair: ranks[pair[1]]):
        found.setdefault(actor, f"{Party.Role(role).label.capitalize()}s")
    return found
