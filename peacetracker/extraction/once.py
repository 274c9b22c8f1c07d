"""A position said twice in an article is recorded once, at its clearest place."""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz import fuzz

from .model import ExtractedStatement

AS_SURE = 0.02  # a first mention is preferred to one that is surer by less than this
NEARLY_AS_SURE = 0.2  # one with its condition, or its very words, is preferred to one that is surer by less than this
OUTWEIGHED = 0.2  # so much less sure than the opposite, a position is most likely misread
SAME_CONDITION = 60  # per cent of words alike


def _side(stance: str) -> int:
    return 1 if stance.startswith("support") else -1 if stance.startswith("oppose") else 0


def once_each(statements: list[ExtractedStatement]) -> list[ExtractedStatement]:
    """One statement a position: of those nearly as sure as the surest one with its condition, one in the holder's own
    words, the first."""
    groups: dict[tuple[str, str], list[list[ExtractedStatement]]] = {}
    for one in sorted(statements, key=lambda s: (s.condition is None, -s.confidence, s.start)):
        alike = groups.setdefault((one.actor, one.target), [])
        group = next((g for g in alike if _says_the_same(one, g[0]) or _contradicts(one, g[0])), None)
        if group is None:
            alike.append([one])
        elif _says_the_same(one, group[0]):
            group.append(one)
    chosen = (_clearest(group) for alike in groups.values() for group in alike)
    return sorted(chosen, key=lambda s: (s.start, s.end, s.actor, s.target))


def _clearest(group: list[ExtractedStatement]) -> ExtractedStatement:
    choices = _preferred(group, lambda s: s.condition is not None)
    choices = _preferred(choices, lambda s: s.direct)
    surest = max(s.confidence for s in choices)
    return min((s for s in choices if s.confidence >= surest - AS_SURE), key=lambda s: s.start)


def _preferred(
    group: list[ExtractedStatement], better: Callable[[ExtractedStatement], bool]
) -> list[ExtractedStatement]:
    surest = max(s.confidence for s in group)
    return [s for s in group if better(s) and s.confidence >= surest - NEARLY_AS_SURE] or group


def _contradicts(one: ExtractedStatement, other: ExtractedStatement) -> bool:
    """Of one actor and target: does the same place say otherwise, or is the opposite much surer? Then only the surer
    reading is kept."""
    together = one.start < other.end and other.start < one.end
    opposite = _side(one.position) * _side(other.position) < 0
    return together or (opposite and other.confidence - one.confidence > OUTWEIGHED)


def _says_the_same(one: ExtractedStatement, other: ExtractedStatement) -> bool:
    if _side(one.position) != _side(other.position):
        return False
    if one.condition and other.condition:
        return fuzz.token_set_ratio(one.condition, other.condition) >= SAME_CONDITION
    return True
