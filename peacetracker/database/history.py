"""The event rows of an object as differences: who changed what, when, from what to what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.text import Truncator

NEWEST = 300  # events of each kind; what is older is in the event tables
WORDS = {"insert": "added", "update": "changed", "delete": "removed"}


@dataclass(frozen=True)
class Difference:
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    at: dt.datetime
    event: int  # tells the order of what one transaction did, for that has one time
    who: str
    why: str
    action: str
    of: str
    table: str  # as `app.model`
    differences: list[Difference]

    @property
    def can_be_reverted(self) -> bool:
        return bool(self.differences)


def changes(tracked: models.Model, parts: Iterable[tuple[type[models.Model], str]] = ()) -> list[Change]:
    """The changes to an object and to its parts, newest first.

    `parts` are models with the name of their foreign key to the object: an actor's aliases, a stance's evidence.
    The number of queries depends on the models, not on how often they changed.
    """
    events = _events(type(tracked), "pgh_obj", tracked.pk)
    for model, key in parts:
        if hasattr(model, "pgh_event_model"):
            events += _events(model, key, tracked.pk)
    names = _Names(events)
    found = [change for _, history in _by_object(events) for change in _compare(history, names)]
    return sorted(found, key=lambda change: (change.at, change.event), reverse=True)


def newest(tracked: models.Model, parts: Iterable[tuple[type[models.Model], str]] = ()) -> str:
    """A mark that differs whenever the object or one of its parts has changed since. One query a model."""
    keys = [(type(tracked), "pgh_obj"), *parts]
    marks = [
        model.pgh_event_model.objects.filter(**{key: tracked.pk}).aggregate(last=models.Max("pgh_id"))["last"]
        for model, key in keys
        if hasattr(model, "pgh_event_model")
    ]
    return "-".join(str(mark or 0) for mark in marks)


def since(mark: str, found: list[Change], tracked: models.Model) -> list[Change]:
    """Of an object's changes, those of its own row that came after a mark of `newest`."""
    first = mark.split("-")[0]
    own = tracked._meta.concrete_model._meta.label_lower  # type: ignore[union-attr]
    return [change for change in found if change.table == own and first.isdigit() and change.event > int(first)]


def _events(model: type[models.Model], key: str, pk: Any) -> list[Any]:
    rows = model.pgh_event_model.objects.filter(**{key: pk}).select_related("pgh_context")  # type: ignore[attr-defined]
    return list(rows.order_by("-pgh_id")[:NEWEST])


def _by_object(events: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    histories: dict[Any, list[Any]] = {}
    for event in sorted(events, key=lambda event: event.pgh_id):
        histories.setdefault((type(event), event.pgh_obj_id), []).append(event)
    yield from histories.items()


def _fields(event: Any) -> list[models.Field]:
    """The tracked model's fields that the event has kept."""
    kept = {field.name for field in event._meta.fields}
    return [field for field in event.pgh_tracked_model._meta.fields if field.name in kept and not field.primary_key]


def _compare(history: list[Any], names: _Names) -> Iterator[Change]:
    previous = None
    for event in history:
        deleted = event.pgh_label == "delete"
        before, after = (event, None) if deleted else (previous, event)
        differences = [
            Difference(str(field.verbose_name), names.value(field, before), names.value(field, after))
            for field in _fields(event)
        ]
        yield Change(
            at=event.pgh_created_at,
            event=event.pgh_id,
            who=names.who(event),
            why=str(_metadata(event).get("reason", "")),
            action=WORDS.get(event.pgh_label, event.pgh_label),
            of=str(event.pgh_tracked_model._meta.verbose_name),
            table=event.pgh_tracked_model._meta.label_lower,
            differences=[d for d in differences if d.before != d.after],
        )
        previous = event


class _Names:
    """What the keys in events stand for, looked up once for all of them."""

    def __init__(self, events: list[Any]) -> None:
        wanted: dict[type[models.Model], set[Any]] = {}
        for event in events:
            for field in _fields(event):
                if isinstance(field, models.ForeignKey):
                    wanted.setdefault(field.related_model, set()).add(getattr(event, field.attname))
        self.labels = {model: _labels(model, keys - {None}) for model, keys in wanted.items()}
        users = {user for event in events if (user := _metadata(event).get("user"))}
        self.users = _labels(get_user_model(), users)

    def who(self, event: Any) -> str:
        metadata = _metadata(event)
        if user := metadata.get("user"):
            return self.users.get(str(user), f"user {user}")
        return str(metadata.get("command") or metadata.get("task") or "")

    def value(self, field: models.Field, event: Any) -> str:
        if event is None:
            return ""
        value = getattr(event, field.attname)
        if value in (None, "", []):
            return ""
        if isinstance(field, models.ForeignKey):
            return self.labels[field.related_model].get(str(value), f"no. {value}")
        if field.flatchoices:
            return str(dict(field.flatchoices).get(value, value))
        return _readable(value)


def _metadata(event: Any) -> dict[str, Any]:
    return event.pgh_context.metadata if event.pgh_context_id and event.pgh_context else {}


def _labels(model: type[models.Model], keys: Iterable[Any]) -> dict[str, str]:
    rows = model._default_manager.filter(pk__in=keys)
    if hasattr(rows, "for_display"):
        rows = rows.for_display()
    return {str(row.pk): str(row) for row in rows}


def _readable(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, DateRange):
        return f"{value.lower or '…'} – {value.upper or '…'}"
    if isinstance(value, list):
        return " · ".join(map(str, value))
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return Truncator(str(value)).chars(400)
