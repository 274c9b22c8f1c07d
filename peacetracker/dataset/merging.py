"""Rows of the record brought in line with a data set, without undoing what somebody else changed.

The history of the record says what a data set last wrote to a row. A field that still holds that value follows the
data set; one that somebody has changed since is left alone and reported, and so is a row that somebody removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Q

from peacetracker.dataset.reading import Problem
from peacetracker.dataset.schema import Place

COMMAND = "load_dataset"  # by which history knows what a data set wrote
_OURS = {"pgh_context__metadata__command": COMMAND}
_EMPTY: tuple[object, ...] = (None, "", [])


class Merger:
    def __init__(self, *, overwrite: bool = False) -> None:
        self.overwrite = overwrite
        self.left: list[Problem] = []  # what differs from the data set and was left alone
        self._some_removed = cache(self._any_removed)

    def leave(self, place: Place, message: str) -> None:
        self.left.append(Problem(place, message))

    def save(self, place: Place, row: Any, *, together: frozenset[str] = frozenset(), **values: Any) -> None:
        """Give a row these values where it differs, so that loading twice writes no history and no revision.

        Of the fields that only make sense `together`, all follow the data set or none does.
        """
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        if changed and row.pk and not self.overwrite:
            ours = self._unless_somebody_changed(place, row, changed, values)
            changed = [name for name in ours if name not in together or together.isdisjoint({*changed} - {*ours})]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            row.save()

    def _unless_somebody_changed(self, place: Place, row: Any, names: list[str], values: dict[str, Any]) -> list[str]:
        event = last_loaded(row)
        ours = [name for name in names if getattr(row, name) in _EMPTY or _as_loaded(row, name, event)]
        for name in names:
            if name not in ours:
                self.leave(
                    place,
                    f"{name}: “{_short(getattr(row, name))}” of the record was kept, for somebody gave it that value; "
                    f"the data set has “{_short(values[name])}”",
                )
        return ours

    def upsert(self, place: Place, manager: models.Manager[Any], key: dict[str, Any], **values: Any) -> Any:
        """The row of this key with these values."""
        found = manager.filter(**key).first()
        if found is None:
            return manager.create(**key, **values)
        self.save(place, found, **values)
        return found

    def add(self, place: Place, manager: models.Manager[Any], key: dict[str, Any], **values: Any) -> None:
        """The same for a row that hangs on another, which is not added again where somebody removed it."""
        found = manager.filter(**key).first()
        if found is not None:
            self.save(place, found, **values)
        elif self.was_removed(manager.model, key):
            self.leave(place, f"{manager.model._meta.verbose_name}: not added again, for somebody removed it")
        else:
            manager.create(**key, **values)

    def was_removed(self, model: type[models.Model], key: dict[str, Any]) -> bool:
        """Whether somebody removed the row of this key."""
        return not self.overwrite and self._some_removed(model) and _removals(model).filter(**key).exists()

    def _any_removed(self, model: type[models.Model]) -> bool:
        return bool(_removals(model).exists())


def last_loaded(row: Any) -> Any:
    """The event of what a data set last wrote to a row, or None where none did."""
    return row.pgh_event_model.objects.filter(pgh_obj_id=row.pk, **_OURS).order_by("-pgh_id").first()


def touched(fields: list[str], events: models.QuerySet[Any]) -> set[tuple[Any, ...]]:
    """Of which values of `fields` the newest event was not a data set's."""
    newest = events.order_by(*fields, "-pgh_id").distinct(*fields)
    found = newest.values_list("pgh_context__metadata", *fields)
    return {tuple(values) for metadata, *values in found if (metadata or {}).get("command") != COMMAND}


def _removals(model: Any) -> models.QuerySet[Any]:
    removals: models.QuerySet[Any] = model.pgh_event_model.objects.filter(pgh_label="delete")
    # Where the context or its command is missing, a plain exclude() would drop the row: SQL compares with NULL.
    return removals.filter(Q(pgh_context__isnull=True) | Q(pgh_context__metadata__command__isnull=True) | ~Q(**_OURS))


def _as_loaded(row: Any, name: str, event: Any) -> bool:
    attribute = row._meta.get_field(name).attname
    return event is not None and getattr(event, attribute) == getattr(row, attribute)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def pair(rows: Iterable[Any], entries: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each entry with the row of its period: the one that begins on the same day, else the next that is left.

    A data set that corrects a first day means the row that it had before. None where no row is left.
    """
    left = sorted(rows, key=lambda row: (row.period.lower is not None, row.period.lower))
    by_start = {row.period.lower: row for row in left}
    pairs = [(by_start.get(entry.start), entry) for entry in entries]
    free = iter([row for row in left if row not in [found for found, _ in pairs]])
    return [(found or next(free, None), entry) for found, entry in pairs]
