"""Double coding: two editors code an article's candidates, each blind to the other, and their agreement is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import krippendorff
import numpy as np
from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_noop

from peacetracker.desk.models import Coding
from peacetracker.stances.models import Position, Statement

CODERS = 2
FIELDS = ["actor", "target", "position", "condition"]
# Numbers of articles are spread over 0 to 2³² by Knuth's multiplicative hash: which are coded twice looks like chance
# and stays the same, without a table.
_FACTOR, _RANGE = 2654435761, 2**32


def is_double(article: int) -> bool:
    """Whether an article's candidates are coded twice."""
    return article * _FACTOR % _RANGE < settings.DOUBLE_CODING_SHARE * _RANGE


def open_to(candidates: QuerySet[Statement], editor: Any) -> QuerySet[Statement]:
    """Without those that this editor has coded, or that two have."""
    if not settings.DOUBLE_CODING_SHARE:
        return candidates
    mine = Coding.objects.filter(editor=editor, settled=False).values("statement")
    return candidates.exclude(pk__in=mine).exclude(pk__in=_coded().values("statement"))


def _coded() -> Any:
    unsettled = Coding.objects.filter(settled=False).order_by().values("statement")
    return unsettled.annotate(times=Count("*")).filter(times__gte=CODERS)


def agree(one: Coding, other: Coding) -> bool:
    """Both reject, or both accept the same."""
    if not one.accepted or not other.accepted:
        return one.accepted == other.accepted
    return _found(one) == _found(other)


def _found(coding: Coding) -> tuple[Any, ...]:
    return coding.actor_id, coding.target_id, coding.position, coding.condition.strip().casefold()


def to_settle() -> QuerySet[Statement]:
    """Candidates that two editors coded differently."""
    waiting = Statement.objects.candidates().filter(pk__in=_coded().values("statement"))
    return waiting.for_display().prefetch_related("codings__editor", "codings__actor", "codings__target")


# -- Agreement


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha of one field: 1 is perfect agreement, 0 what chance gives. None where nothing varies."""

    field: str
    alpha: float | None
    units: int  # statements that two editors coded


Level = Literal["nominal", "ordinal"]


def _of_accepted(number: Callable[[Coding], Any]) -> Callable[[Coding], Any]:
    """Nothing of a coding that found no evidence: there is no field to compare."""
    return lambda coding: number(coding) if coding.accepted else None


_NUMBERS: dict[str, tuple[Level, Callable[[Coding], Any]]] = {
    gettext_noop("counts as evidence"): ("nominal", lambda coding: int(coding.accepted)),
    gettext_noop("actor"): ("nominal", _of_accepted(lambda coding: coding.actor_id)),
    gettext_noop("target"): ("nominal", _of_accepted(lambda coding: coding.target_id)),
    gettext_noop("position"): ("ordinal", _of_accepted(lambda coding: Position(coding.position).value_of)),
    gettext_noop("with a condition"): ("nominal", _of_accepted(lambda coding: int(bool(coding.condition)))),
}


def agreement(codings: Iterable[Coding]) -> list[Agreement]:
    """Alpha field by field, over statements that two editors coded.

    Hayes, A. F. and Krippendorff, K. (2007): Answering the Call for a Standard Reliability Measure for Coding Data,
    Communication Methods and Measures 1(1), 77–89; reckoned by the package `krippendorff`.
    """
    units = _units(codings)
    return [Agreement(name, _alpha(units, level, number), len(units)) for name, (level, number) in _NUMBERS.items()]


def by_pair(codings: Iterable[Coding]) -> dict[tuple[str, str], list[Agreement]]:
    """The same for each pair of editors."""
    pairs: dict[tuple[str, str], list[Coding]] = defaultdict(list)
    for unit in _units(codings).values():
        for one, other in combinations(sorted(unit, key=lambda coding: str(coding.editor)), 2):
            pairs[str(one.editor), str(other.editor)] += [one, other]
    return {pair: agreement(found) for pair, found in sorted(pairs.items())}


def _units(codings: Iterable[Coding]) -> dict[int, list[Coding]]:
    units: dict[int, list[Coding]] = defaultdict(list)
    for coding in codings:
        units[coding.statement_id].append(coding)
    return {statement: found for statement, found in units.items() if len(found) >= CODERS}


def _alpha(units: Mapping[int, list[Coding]], level: Level, number: Callable[[Coding], Any]) -> float | None:
    editors = sorted({coding.editor_id for unit in units.values() for coding in unit})
    table = np.full((len(editors), len(units)), np.nan)
    for column, unit in enumerate(units.values()):
        for coding in unit:
            value = number(coding)
            table[editors.index(coding.editor_id), column] = np.nan if value is None else value
    paired = table[:, np.count_nonzero(~np.isnan(table), axis=0) >= CODERS]
    if len(np.unique(paired[~np.isnan(paired)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=paired, level_of_measurement=level))
