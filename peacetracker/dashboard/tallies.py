"""Tallies of many targets at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peacetracker.dashboard.positions import MARKS, Mark, Tally
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance


def tallies_of(targets: Sequence[Target], day: dt.date) -> dict[int, Tally]:
    """How many actors hold each position on each target on a day, in one query."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for target, position, number in Stance.objects.on(day).filter(target__in=targets).counted():
        counts[target][position] = number
    return {target.pk: Tally(counts[target.pk]) for target in targets}


def scale_of(tallies: Iterable[Tally]) -> int:
    """The scale on which bars side by side compare: no bar touches the frame."""
    return max((max(tally.against, tally.in_favour) + 1 for tally in tallies), default=0)


@dataclass(frozen=True)
class Holders:
    """The stances that share a position; `conditions` groups those that share a condition too."""

    mark: Mark
    stances: list[Stance]

    @property
    def conditions(self) -> list[tuple[str, list[Stance]]]:
        groups: dict[str, list[Stance]] = {}
        for stance in self.stances:
            groups.setdefault(stance.condition, []).append(stance)
        return sorted(groups.items(), key=lambda group: -len(group[1]))


def by_position(stances: Iterable[Stance]) -> list[Holders]:
    """Stances grouped by position, support first; positions that nobody holds are left out."""
    groups: dict[str, list[Stance]] = {position: [] for position in reversed(MARKS)}
    for stance in stances:
        groups[stance.position].append(stance)
    return [Holders(MARKS[position], held) for position, held in groups.items() if held]
