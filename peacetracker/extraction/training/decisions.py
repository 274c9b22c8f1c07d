"""Learning from editors' decisions as well as from gold, and saying whether it helped.

An article of which editors decided something is an example with holes: what they accepted is right, what they
rejected is wrong, and of the rest nothing is known. Needs scikit-learn.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from ..detector import Detector, in_context
from ..evaluation import GoldFile
from ..gazetteer import Gazetteer
from ..model import Document, ExtractedStatement, overlaps
from ..rules import RuleExtractor
from .__main__ import FOLDS, SEED, STRENGTH, Example, learn, threshold

FEWEST = 20  # labelled candidates: fewer teach nothing that can be measured


@dataclass(frozen=True, slots=True)
class Decision:
    """What an editor decided of words, actor and target."""

    start: int
    end: int
    actor: str
    target: str
    right: bool

    def is_about(self, one: ExtractedStatement) -> bool:
        return (self.actor, self.target) == (one.actor, one.target) and overlaps(self, one)


@dataclass(frozen=True, slots=True)
class DecidedText:
    """An article and the decisions about it; ``number`` tells its fold, ``last`` when the newest was made."""

    number: int
    document: Document
    decisions: tuple[Decision, ...]
    last: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """Over labelled candidates of texts not learnt from. ``loss`` is the mean negative logarithm of the probability
    that was given to the truth: lower is better."""

    labelled: int
    precision: float
    recall: float
    f1: float
    loss: float

    def __str__(self) -> str:
        figures = (
            f"precision {self.precision:.3f}, recall {self.recall:.3f}, F1 {self.f1:.3f}, log loss {self.loss:.3f}"
        )
        return f"{figures} ({self.labelled} labelled candidates)"


@dataclass(frozen=True, slots=True)
class Relearnt:
    """Before and after, by cross-validation on everything, and on the new decisions alone, of which the detector in
    use knows nothing; and the new detector as the file that holds it."""

    before: Score
    after: Score
    in_use_on_new: Score
    after_on_new: Score
    data: dict[str, Any]

    @property
    def better(self) -> bool:
        return (
            self.after.f1 >= self.before.f1
            and self.after.loss < self.before.loss
            and self.after_on_new.f1 >= self.in_use_on_new.f1
            and self.after_on_new.loss < self.in_use_on_new.loss
        )


def taught(texts: Sequence[DecidedText], gazetteer: Gazetteer) -> list[Example]:
    """Texts as examples: today's candidates, labelled by what was decided whatever version proposed it."""
    found = []
    lists = RuleExtractor().candidates_many([text.document for text in texts], gazetteer)
    for text, candidates in zip(texts, lists, strict=True):
        labels = [_label(candidate.statement, text.decisions) for candidate in candidates]
        file = GoldFile(f"{text.number % 100:02d} article", text.document, ())
        found.append(Example(file, candidates, in_context(candidates), labels))
    return found


def _label(one: ExtractedStatement, decisions: Iterable[Decision]) -> float | None:
    said = {decision.right for decision in decisions if decision.is_about(one)}
    return None if not said else float(True in said)


def relearn(gold: Sequence[Example], known: Sequence[Example], new: Sequence[Example], in_use: Detector) -> Relearnt:
    """Learn from gold, decisions known before and new ones; beside it the same without the new ones.

    Raises ValueError where there are too few new decisions.
    """
    if sum(y is not None for example in new for y in example.labels) < FEWEST:
        raise ValueError(f"there are fewer than {FEWEST} candidates that editors decided since it was last learnt")
    rows = [*gold, *known, *new]
    before, after = _judges([*gold, *known]), _judges(rows)
    least = {"before": threshold(gold, before), "after": threshold(gold, after)}
    whole = learn(rows, STRENGTH)
    steps = _calibration(rows, after)
    return Relearnt(
        before=_score(rows, before, least["before"]),
        after=_score(rows, after, least["after"]),
        in_use_on_new=_score(new, dict.fromkeys(range(FOLDS), in_use), in_use.least),
        after_on_new=_score(new, after, least["after"]),
        data=_file(whole, least["after"], steps, len(gold), len(known) + len(new)),
    )


def _judges(rows: Sequence[Example]) -> dict[int, Detector]:
    return {fold: learn([row for row in rows if row.fold != fold], STRENGTH) for fold in range(FOLDS)}


def _labelled(rows: Sequence[Example], judge: dict[int, Detector]) -> list[tuple[float, float]]:
    """Raw probability and truth of each labelled candidate."""
    return [
        (judge[row.fold].raw(signs), truth)
        for row in rows
        for signs, truth in zip(row.signs, row.labels, strict=True)
        if truth is not None
    ]


def _score(rows: Sequence[Example], judge: dict[int, Detector], least: float) -> Score:
    pairs = _labelled(rows, judge)
    hits = sum(truth for raw, truth in pairs if raw >= least)
    found = sum(raw >= least for raw, _ in pairs)
    right = sum(truth for _, truth in pairs)
    precision, recall = hits / found if found else 0.0, hits / right if right else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    loss = sum(-math.log(max(raw if truth else 1 - raw, 1e-6)) for raw, truth in pairs)
    return Score(len(pairs), precision, recall, f1, loss / max(len(pairs), 1))


def _calibration(rows: Sequence[Example], judge: dict[int, Detector]) -> list[tuple[float, float]]:
    raw, truth = zip(*_labelled(rows, judge), strict=True)
    fit = IsotonicRegression(out_of_bounds="clip", y_min=0.02, y_max=0.98).fit(raw, truth)
    grid = np.linspace(0, 1, 11)
    return [(round(float(x), 3), round(float(y), 3)) for x, y in zip(grid, fit.predict(grid), strict=True)]


def _file(whole: Detector, least: float, steps: list[tuple[float, float]], gold: int, texts: int) -> dict[str, Any]:
    weights = dict(sorted(whole.weights.items(), key=lambda pair: pair[1]))
    tag = hashlib.sha256(json.dumps([whole.intercept, least, weights]).encode()).hexdigest()[:7]
    return {
        "about": f"Learnt by manage.py learn from {gold} gold files and the decisions on {texts} articles, "
        f"seed {SEED}, C {STRENGTH}.",
        "tag": tag,
        "intercept": whole.intercept,
        "least": least,
        "calibration": steps,
        "weights": weights,
    }
