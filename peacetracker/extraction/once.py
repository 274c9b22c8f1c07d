"""A position said twice in an article is recorded once, at its clearest place."""

from __future__ import annotations

from rapidfuzz import fuzz

from .model import ExtractedStatement

SAME_CONDITION = 60  # per cent of words alike


def _side(stance: str) -> int:
    return 1 if stance.startswith("support") else -1 if stance.startswith("oppose") else 0


def once_each(statements: list[ExtractedStatement]) -> list[ExtractedStatement]:
    """A position said twice is recorded once, at its clearest place; one with its condition is clearer."""
    kept: list[ExtractedStatement] = []
    for one in sorted(statements, key=_clearness, reverse=True):
        if not any(_says_the_same(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda s: (s.start, s.end, s.actor, s.target))


def _says_the_same(one: ExtractedStatement, other: ExtractedStatement) -> bool:
    if (one.actor, one.target, _side(one.position)) != (other.actor, other.target, _side(other.position)):
        return False
    if one.condition and other.condition:
        return fuzz.token_set_ratio(one.condition, other.condition) >= SAME_CONDITION
    return True


def _clearness(statement: ExtractedStatement) -> tuple[bool, float, int]:
    return (statement.condition is not None, round(statement.confidence, 1), -statement.start)
