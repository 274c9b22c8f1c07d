"""What becomes of statements and stances when the rows that they belong to are merged."""

from __future__ import annotations

from typing import Any

from django.db import models

from peacetracker.database.merging import Moves, move_relations
from peacetracker.database.refusals import MESSAGES, Refused
from peacetracker.stances.forms import nearest
from peacetracker.stances.models import Stance, Statement


def move_stance(moves: Moves, row: Any, key: models.Field, kept: Any) -> bool:
    """A published stance beside one of the same time becomes a draft: an editor decides which of them holds."""
    if not row.published:
        return False
    moves.update(row, published=False, **{key.attname: kept.pk})
    moves.changed.append(f"becomes a draft, for there is a published stance in that period: {row}")
    return True


def move_statement(moves: Moves, row: Any, key: models.Field, kept: Any) -> bool:
    """A statement goes to where its quote stands in the kept article; one that stands there already takes it in.

    If it stands in a former text alone, that becomes a former text of the kept article.
    """
    values = {key.attname: kept.pk}
    if key.name == "article":
        start = nearest(kept.text, row.quote, row.start)
        if start is not None:
            values |= {"start": start, "end": start + len(row.quote), "former_text_id": None}
        elif row.former_text:
            moves.update(row.former_text, article_id=kept.pk)
        else:
            raise Refused("quote_is_not_in_the_kept_text", _not_in(row, kept))
    twin = _twin(row, values)
    if twin is None:
        moves.update(row, **values)
        moves.changed.append(f"is found at another place of the kept text: {row}")
        return True
    _take_in(moves, twin, row)
    return True


def _not_in(row: Any, kept: Any) -> str:
    return (
        f"“{row.quote}” ({row}) does not stand in the text of {kept}. {MESSAGES['quotes_stay_verbatim']} "
        "Or keep both articles, and name the first as what the other is syndicated from."
    )


def _twin(row: Any, values: dict[str, Any]) -> Any:
    """The statement that stands where the row is to go: same article, span, actor and target."""
    columns = ["article_id", "former_text_id", "start", "end", "actor_id", "actor_name", "target_id", "target_name"]
    wanted = {column: getattr(row, column) for column in columns} | values
    return Statement.objects.filter(**wanted).exclude(pk=row.pk).first()


def _take_in(moves: Moves, twin: Any, row: Any) -> None:
    """What rested on a statement rests on its twin, which counts if either of them did."""
    if row.state == Statement.State.ACCEPTED and twin.state != Statement.State.ACCEPTED:
        columns = ["state", "said_on", "decided_by_id", "decided_at", "rejection_reason", "position", "condition"]
        moves.update(twin, **{column: getattr(row, column) for column in columns})
    move_relations(moves, twin, row)
    moves.dropped.append(f"stands there already: {row}")
    moves.delete(row)


RESOLVERS: dict[type[models.Model], Any] = {Stance: move_stance, Statement: move_statement}
