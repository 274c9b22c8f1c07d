"""Where parties could meet: what the positions of those who have to agree say about one target.

Positions count from −2 (opposes) to +2 (supports); None is no stated position, which never counts as consent.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Party = TypeVar("Party", bound=Hashable)


class Reach(StrEnum):
    """How near the parties are, nearest first."""

    ACCEPTED = "accepted"  # all support it as it stands
    CONDITIONAL = "conditional"  # all have spoken, nobody refuses outright: conditions are left
    OPEN = "open"  # nobody refuses outright, but not all have spoken
    BLOCKED = "blocked"  # somebody refuses outright, and not everybody does
    REJECTED = "rejected"  # two or more have spoken, and all of them are against it


@dataclass(frozen=True)
class Outlook(Generic[Party]):
    reach: Reach
    accept: list[Party]  # +2
    conditional: list[Party]  # −1 to +1: their conditions are what is left to talk about
    refuse: list[Party]  # −2
    silent: list[Party]


def outlook(positions: Mapping[Party, int | None]) -> Outlook[Party]:
    """What the parties' positions on one target come to. Parties keep their order."""
    stated = [value for value in positions.values() if value is not None]
    return Outlook(
        reach=_reach(stated, len(positions)),
        accept=[party for party, value in positions.items() if value == 2],
        conditional=[party for party, value in positions.items() if value is not None and -2 < value < 2],
        refuse=[party for party, value in positions.items() if value == -2],
        silent=[party for party, value in positions.items() if value is None],
    )


def _reach(stated: list[int], parties: int) -> Reach:
    if len(stated) > 1 and max(stated) < 0:
        return Reach.REJECTED
    if -2 in stated:
        return Reach.BLOCKED
    if not stated or len(stated) < parties:
        return Reach.OPEN
    return Reach.ACCEPTED if min(stated) == 2 else Reach.CONDITIONAL
