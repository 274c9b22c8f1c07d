"""Merging duplicates: everything that points to one row moves to another, and all of it can be undone.

It is generic over relations: whatever table points to the rows is found through Django's registry. What cannot move
because the kept row has the same already (a tie such as a sponsorship, a snapshot of the same bytes) is dropped; tables
whose rows must not be dropped say what to do instead (`when_refused`). Each step is kept, so that it can be taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.apps import apps
from django.core import serializers
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from peacetracker.accounts import audit
from peacetracker.accounts.roles import MERGE, require
from peacetracker.database.models import Merger
from peacetracker.database.refusals import MESSAGES, Refused, checked

# What a table does with a row that a rule of the record keeps from moving. Returns whether it has seen to it.
Resolver = Callable[["Moves", models.Model, models.Field, models.Model], bool]
_RESOLVERS: dict[type[models.Model], Resolver] = {}
_AFTERWARDS: dict[type[models.Model], Callable[[Moves, models.Model, models.Model], None]] = {}


def when_refused(model: type[models.Model], resolver: Resolver) -> None:
    """Tell what happens to a row of a table that cannot simply move."""
    _RESOLVERS[model] = resolver


def afterwards(model: type[models.Model], finish: Callable[[Moves, models.Model, models.Model], None]) -> None:
    """Tell what else is done once everything has moved from a row of the table to another."""
    _AFTERWARDS[model] = finish


@dataclass
class Moves:
    """What a merger does, step by step, and in numbers for its preview."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    dropped: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """What moves, and how many of it; a template would take a Counter's `items` for a key."""
        return sorted(self.moved.items())

    def update(self, row: models.Model, **values: Any) -> None:
        """Write columns of a row, and remember what they were."""
        before = {column: getattr(row, column) for column in values}
        type(row)._base_manager.filter(pk=row.pk).update(**values)
        for column, value in values.items():
            setattr(row, column, value)
        self.remember(row, before, values)

    def remember(self, row: models.Model, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Note that columns of a row were written."""
        plain = [{column: _plain(value) for column, value in values.items()} for values in (before, after)]
        step = {"do": "update", "table": _label(row), "pk": row.pk, "before": plain[0], "after": plain[1]}
        self.steps.append(step)

    def delete(self, row: models.Model) -> None:
        (kept,) = serializers.serialize("python", [row])
        kept["fields"] = {name: _plain(value) for name, value in kept["fields"].items()}
        type(row)._base_manager.filter(pk=row.pk).delete()
        self.steps.append({"do": "delete", "table": _label(row), "row": kept})

    def insert(self, row: models.Model) -> None:
        row.save(force_insert=True)
        self.steps.append({"do": "insert", "table": _label(row), "pk": row.pk})


def _label(row: models.Model) -> str:
    return row._meta.concrete_model._meta.label_lower  # type: ignore[union-attr]


class _Previewed(Exception):
    """Ends a preview's transaction."""


def preview(kept: models.Model, gone: models.Model) -> Moves:
    """What a merger would do. It is done and rolled back, so that nothing that would be refused goes unsaid."""
    moves = Moves()
    try:
        with transaction.atomic():
            with checked():
                _merge(moves, kept, gone)
            raise _Previewed
    except _Previewed:
        return moves


def merge(kept: models.Model, gone: models.Model, reason: str = "", by: Any = None) -> Merger:
    """Move everything that points to `gone` over to `kept`, and remove `gone`, whose address leads to `kept` then."""
    require(by, MERGE)
    moves = Moves()
    words = f"merged {gone} into {kept}" + (f": {reason}" if reason else "")
    with checked(), pghistory.context(reason=words):
        names = {"gone_pk": gone.pk, "gone_slug": getattr(gone, "slug", ""), "gone_name": str(gone)[:300]}
        _merge(moves, kept, gone)
        names |= {"kept_pk": kept.pk, "kept_name": str(kept)[:300]}
        merger = Merger.objects.create(table=_label(kept), reason=reason, by=by, steps=moves.steps, **names)
        audit.note(audit.Event.MERGED, f"{names['gone_name']} into {kept}", user=by, why=reason)
    return merger


def _merge(moves: Moves, kept: models.Model, gone: models.Model) -> None:
    if type(kept) is not type(gone) or kept.pk == gone.pk:
        raise Refused("merge_two_of_a_kind", "Choose two different rows of one kind.")
    list(type(kept)._base_manager.select_for_update(of=("self",)).filter(pk__in=[kept.pk, gone.pk]).order_by("pk"))
    kept.refresh_from_db()
    gone.refresh_from_db()
    move_relations(moves, kept, gone)
    gone_pk = gone.pk
    moves.delete(gone)
    gone.pk = gone_pk
    if finish := _AFTERWARDS.get(type(kept)):
        finish(moves, kept, gone)


def move_relations(moves: Moves, kept: models.Model, gone: models.Model) -> None:
    """Let every row that points to `gone` point to `kept`."""
    for model, key in _relations(type(gone)):
        rows = list(model._base_manager.filter(**{key.name: gone.pk}).order_by("pk"))
        if rows and not _moved_at_once(moves, rows, key, kept):
            for row in rows:
                _move(moves, row, key, kept)


def _relations(model: type[models.Model]) -> Iterator[tuple[type[models.Model], models.Field]]:
    """Tables with a foreign key to a table; history keeps pointing to what was."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        table = relation.related_model
        if not (isinstance(table, type) and issubclass(table, models.Model)):
            continue
        if not hasattr(table, "pgh_tracked_model") and not table._meta.proxy:
            yield table, relation.field  # type: ignore[union-attr]


def _moved_at_once(moves: Moves, rows: list[Any], key: models.Field, kept: models.Model) -> bool:
    """Move rows in one statement, which is how it mostly goes; False where a rule keeps one of them from moving."""
    model = type(rows[0])
    if key.primary_key or any(_label(row) == _label(kept) for row in rows):
        return False
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=[row.pk for row in rows]).update(**{key.attname: kept.pk})
    except IntegrityError:
        return False
    for row in rows:
        moves.remember(row, {key.attname: getattr(row, key.attname)}, {key.attname: kept.pk})
    moves.moved[str(model._meta.verbose_name_plural)] += len(rows)
    return True


def _move(moves: Moves, row: models.Model, key: models.Field, kept: models.Model) -> None:
    """Move one row, or do instead what its table says."""
    steps = len(moves.steps)
    try:
        with transaction.atomic():
            if key.primary_key:  # it is known by whom it belongs to, who has one already or needs none
                raise IntegrityError
            itself = _label(row) == _label(kept) and row.pk == kept.pk
            moves.update(row, **{key.attname: None if itself else kept.pk})
    except IntegrityError as error:
        del moves.steps[steps:]
        row.refresh_from_db()
        resolver = _RESOLVERS.get(type(row))
        if resolver is None or not resolver(moves, row, key, kept):
            _drop(moves, row, error)
    else:
        moves.moved[str(row._meta.verbose_name_plural)] += 1


def _drop(moves: Moves, row: models.Model, error: IntegrityError) -> None:
    """Leave out what the kept row has already; refused where something else rests on it."""
    for model, key in _relations(type(row)):
        if model._base_manager.filter(**{key.name: row.pk}).exists():
            constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
            told = MESSAGES.get(constraint, constraint)
            raise Refused("row_cannot_move", f"{row._meta.verbose_name} “{row}” cannot move. {told}") from error
    moves.dropped.append(f"{row._meta.verbose_name}: {row}")
    moves.delete(row)


def undo(merger: Merger, by: Any = None) -> list[str]:
    """Take a merger back, step by step from the last one. Says what has changed since and stays as it is."""
    require(by, MERGE)
    left: list[str] = []
    with checked(), pghistory.context(reason=f"took back the merger of {merger.gone_name} into {merger.kept_name}"):
        merger = Merger.objects.select_for_update(of=("self",)).get(pk=merger.pk)
        if merger.undone_at:
            raise Refused("undone_already", "This merger has been taken back already.")
        for step in _forbidden_for_now(reversed(merger.steps), left):
            left += _UNDO[step["do"]](step)
        merger.undone_at, merger.undone_by = timezone.now(), by
        merger.save(update_fields=["undone_at", "undone_by"])
        audit.note(audit.Event.UNMERGED, f"{merger.gone_name} from {merger.kept_name}", user=by)
    return left


def _forbidden_for_now(steps: Iterable[dict[str, Any]], left: list[str]) -> list[dict[str, Any]]:
    """Take steps back; those that a rule forbids before others are taken back come last, and are returned."""
    later = []
    for step in steps:
        try:
            with transaction.atomic():
                left += _UNDO[step["do"]](step)
        except IntegrityError:
            later.append(step)
    return later


def _undo_update(step: dict[str, Any]) -> list[str]:
    model = _model(step)
    row = model._base_manager.filter(pk=step["pk"]).first()
    if row is None or any(_plain(getattr(row, column)) != value for column, value in step["after"].items()):
        return [f"{model._meta.verbose_name} {row or step['pk']}"]
    model._base_manager.filter(pk=row.pk).update(**step["before"])
    return []


def _undo_delete(step: dict[str, Any]) -> list[str]:
    for row in serializers.deserialize("python", [step["row"]], ignorenonexistent=True):
        if type(row.object)._base_manager.filter(pk=row.object.pk).exists():
            return [str(row.object)]
        row.object.save_base(raw=True, force_insert=True)
    return []


def _undo_insert(step: dict[str, Any]) -> list[str]:
    _model(step)._base_manager.filter(pk=step["pk"]).delete()
    return []


_UNDO = {"update": _undo_update, "delete": _undo_delete, "insert": _undo_insert}


def _model(step: dict[str, Any]) -> type[models.Model]:
    return apps.get_model(step["table"])


def _plain(value: Any) -> Any:
    """A value as JSON can hold it and a column takes it."""
    return value if value is None or isinstance(value, bool | int | str) else str(value)
