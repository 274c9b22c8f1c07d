"""Statements as readers see them: the quote in its passage, and what it contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peacetracker.database.fields import covers
from peacetracker.stances.models import Position, Stance, Statement

AROUND = 400  # characters of context on either side of a quote


@dataclass(frozen=True)
class Exhibit:
    """A statement with its passage. `contradicts` is the stance of its day that says the opposite."""

    statement: Statement
    before: str
    after: str
    contradicts: Stance | None = None

    @property
    def has_context(self) -> bool:
        return bool(self.before.strip() or self.after.strip())


def exhibit(statement: Statement, stances: Sequence[Stance] = ()) -> Exhibit:
    """Show a statement that was loaded `with_passage`; `stances` are those of its actor on its target."""
    before, after = getattr(statement, "before", ""), getattr(statement, "after", "")
    if statement.start > AROUND:
        before = "… " + _from_first_word(before)
    if len(after) == AROUND:
        after = _to_last_word(after) + " …"
    return Exhibit(statement, before, after, _contradicted(statement, stances))


def independent_sources(statements: Sequence[Statement]) -> int:
    """Of how many publishers: what one takes over from another counts once."""
    articles = [statement.article for statement in statements if not statement.article.syndicated_from_id]
    return len({article.source_id or article.canonical_url for article in articles})


def _contradicted(statement: Statement, stances: Sequence[Stance]) -> Stance | None:
    if statement.said_on is None:
        return None
    sign = _sign(statement.position)
    for stance in stances:
        if covers(stance.period, statement.said_on):
            return stance if sign * _sign(stance.position) < 0 else None
    return None


def _sign(position: str) -> int:
    value = Position(position).value_of
    return (value > 0) - (value < 0)


def _from_first_word(text: str) -> str:
    _, space, rest = text.partition(" ")
    return rest if space else text


def _to_last_word(text: str) -> str:
    kept, space, _ = text.rpartition(" ")
    return kept if space else text
