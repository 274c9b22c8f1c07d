"""Statements as readers see them: the quote in its passage, what it contradicts, where it was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch

from peacetracker.dashboard.passages import ragged
from peacetracker.database.fields import covers
from peacetracker.press.models import Article, Snapshot, Source
from peacetracker.stances.models import Position, Stance, Statement

AROUND = 400  # characters of context on either side of a quote


@dataclass(frozen=True)
class Exhibit:
    """A statement with its passage. `contradicts` is the stance of its day that says the opposite."""

    statement: Statement
    before: str
    after: str
    contradicts: Stance | None = None
    archived: Snapshot | None = None  # the first copy of the page that was kept
    copies: list[Article] = field(default_factory=list)  # who took the text over

    @property
    def has_context(self) -> bool:
        return bool(self.before.strip() or self.after.strip())


def where_it_was_read() -> list[Prefetch]:
    """Loads the archived copies of statements' articles, without their bodies, and who took the articles over."""
    copies = Article.objects.select_related("source")
    return [
        Prefetch("article__snapshots", Snapshot.objects.order_by("fetched_at"), to_attr="kept"),
        Prefetch("article__copies", copies.defer("text", "search").order_by("pk"), to_attr="taken_over_by"),
    ]


def exhibit(statement: Statement, stances: Sequence[Stance] = ()) -> Exhibit:
    """Show a statement that was loaded `with_passage`, and with `where_it_was_read` where that is to show.

    `stances` are those of its actor on its target.
    """
    before, after = getattr(statement, "before", ""), getattr(statement, "after", "")
    before, after = ragged(before, after, cut_before=statement.start > AROUND, cut_after=len(after) == AROUND)
    return Exhibit(
        statement,
        before,
        after,
        _contradicted(statement, stances),
        next(iter(getattr(statement.article, "kept", [])), None),
        getattr(statement.article, "taken_over_by", []),
    )


@dataclass
class Publisher:
    """Where statements stand that do not come from one another."""

    source: Source | None
    statements: list[Statement] = field(default_factory=list)

    @property
    def grades(self) -> list[str]:
        return sorted({statement.source_grade for statement in self.statements})


def publishers(statements: Iterable[Statement]) -> list[Publisher]:
    """The independent publishers, best grade first: what one takes over from another counts as the first one's."""
    found: dict[object, Publisher] = {}
    for statement in statements:
        first = statement.article.syndicated_from or statement.article
        key = first.source_id or f"article {first.pk}"
        found.setdefault(key, Publisher(first.source)).statements.append(statement)
    return sorted(found.values(), key=lambda one: (one.grades[0], str(one.source)))


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
