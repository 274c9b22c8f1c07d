"""Which candidates are statements: a logistic regression over their signs, and how sure it is.

The weights are learnt from gold files by ``python -m peacetracker.extraction.training`` and kept in
``weights/detector.json``, where each sign stands with the weight that it has.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from .candidates import Candidate, Signs
from .model import ExtractedStatement

NEIGHBOURS = 40  # candidates before and after one that can be about the same words


@dataclass(frozen=True, slots=True)
class Detector:
    """``steps`` turn a raw probability into the share that was right on texts not learnt from (isotonic)."""

    intercept: float
    weights: dict[str, float]
    steps: tuple[tuple[float, float], ...]
    least: float

    @classmethod
    def from_json(cls, text: str) -> Detector:
        data = json.loads(text)
        steps = tuple((float(raw), float(share)) for raw, share in data["calibration"])
        return cls(data["intercept"], data["weights"], steps, data["least"])

    def raw(self, signs: Signs) -> float:
        total = self.intercept + sum(self.weights.get(name, 0.0) * value for name, value in signs.items())
        return 1 / (1 + math.exp(-total))

    def confidence(self, signs: Signs) -> float:
        """Between 0 and 1: of candidates given 0.8, about eight in ten are statements."""
        raw = self.raw(signs)
        if not self.steps:
            return raw
        low = self.steps[0]
        for high in self.steps:
            if raw <= high[0]:
                width = high[0] - low[0]
                return low[1] if width <= 0 else low[1] + (high[1] - low[1]) * (raw - low[0]) / width
            low = high
        return low[1]

    def judge(self, candidates: Sequence[Candidate]) -> list[ExtractedStatement]:
        """Those sure enough to be shown to an editor, with their confidence."""
        found = []
        for candidate, signs in zip(candidates, in_context(candidates), strict=True):
            raw = self.raw(signs)
            if raw >= self.least:
                found.append(replace(candidate.statement, confidence=round(self.confidence(signs), 3)))
        return found


def in_context(candidates: Sequence[Candidate]) -> list[Signs]:
    """The signs of candidates, with those that their neighbours give them."""
    places = Counter((c.statement.actor, c.statement.start, c.statement.end) for c in candidates)
    seen: set[tuple[str, str]] = set()
    found = []
    for i, candidate in enumerate(candidates):
        one = candidate.statement
        crowd = places[one.actor, one.start, one.end]
        signs = {**candidate.signs, "others in its place": min(crowd - 1, 4) / 4}
        neighbours = candidates[max(i - NEIGHBOURS, 0) : i + NEIGHBOURS]
        if any(_outdoes(other, candidate) for other in neighbours):
            signs["better placed elsewhere"] = 1.0
        if (one.actor, one.target) in seen:
            signs["said before"] = 1.0
        seen.add((one.actor, one.target))
        found.append(signs)
    return found


def _outdoes(other: Candidate, one: Candidate) -> bool:
    """Does another cue of the same words have the target in its scope, where this one only stands near it?"""
    if "target by near" not in one.signs or "target by scope" not in other.signs:
        return False
    a, b = one.statement, other.statement
    return a.target == b.target and a.start < b.end and b.start < a.end


@cache
def shipped() -> Detector:
    return Detector.from_json((files(__package__) / "weights" / "detector.json").read_text(encoding="utf-8"))


_chosen: list[Detector] = []


def detector() -> Detector:
    """The one in use: the shipped one unless another was chosen."""
    return _chosen[-1] if _chosen else shipped()


def use(chosen: Detector | None) -> None:
    """Judge by another detector from now on, in this process; None for the shipped one."""
    _chosen[:] = [chosen] if chosen else []
