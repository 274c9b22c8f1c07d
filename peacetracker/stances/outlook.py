"""What recording a position would change, told before it is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from peacetracker.stances.models import Stance


@dataclass(frozen=True)
class Outlook:
    """The published stances around a day, of one actor on one target."""

    day: dt.date
    running: Stance | None
    following: Stance | None

    @property
    def taken(self) -> bool:
        """A stance begins on that very day: another one cannot."""
        return self.running is not None and self.running.period.lower == self.day

    def confirms(self, position: str, condition: str) -> bool:
        """The position is the one that is held already, on no other condition."""
        held = self.running
        return held is not None and held.position == position and condition in ("", held.condition)


def outlook(cell: Iterable[Stance], day: dt.date) -> Outlook:
    """What stands around a day, among the stances of one actor on one target."""
    published = sorted((stance for stance in cell if stance.published), key=lambda stance: stance.period.lower)
    running = [s for s in published if s.period.lower <= day and (not s.period.upper or s.period.upper > day)]
    following = [s for s in published if s.period.lower > day]
    return Outlook(day, running[0] if running else None, following[0] if following else None)
