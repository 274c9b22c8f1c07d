"""Which points of a proposal divide those who speak of them, and which do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from peacetracker.dashboard.positions import Tally

SHOWN = 3


class Spread(Protocol):
    @property
    def tally(self) -> Tally: ...


Point = TypeVar("Point", bound=Spread)


@dataclass(frozen=True)
class Contest(Generic[Point]):
    """Points by how they are received, the clearest cases first.

    Contested: actors are in favour and against; the more on the smaller side, the more contested.
    Agreed: two or more actors are in favour and nobody is against. Refused: the reverse.
    """

    contested: list[Point] = field(default_factory=list)
    agreed: list[Point] = field(default_factory=list)
    refused: list[Point] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.contested or self.agreed or self.refused)


def contest(points: Iterable[Point]) -> Contest[Point]:
    points = list(points)
    contested = [point for point in points if _smaller_side(point)]
    agreed = [point for point in points if point.tally.in_favour > 1 and not point.tally.against]
    refused = [point for point in points if point.tally.against > 1 and not point.tally.in_favour]
    return Contest(
        sorted(contested, key=lambda point: (-_smaller_side(point), -point.tally.total))[:SHOWN],
        sorted(agreed, key=lambda point: -point.tally.in_favour)[:SHOWN],
        sorted(refused, key=lambda point: -point.tally.against)[:SHOWN],
    )


def _smaller_side(point: Spread) -> int:
    return min(point.tally.in_favour, point.tally.against)
