"""Taking a change back: what it did to a row is undone, and what was done to the row since stays."""

from __future__ import annotations

from typing import Any

import pghistory
from django.apps import apps
from django.db import models
from django.http import Http404

from peacetracker.accounts import audit
from peacetracker.accounts.roles import REVERT, require
from peacetracker.database.refusals import Refused, checked


def revert(table: str, event_id: int, reason: str = "", by: Any = None) -> None:
    """Undo the change that an event row tells of: its fields get the values from before.

    An addition is undone by removing the row, a removal by putting the row back under its number. Refused where
    the row has changed in these fields since, and where a rule of the record forbids the earlier state.
    """
    require(by, REVERT)
    event = event_of(table, event_id)
    with checked(), pghistory.context(reason=reason or "reverted a change"):
        {"insert": _undo_insert, "update": _undo_update, "delete": _undo_delete}[event.pgh_label](event)
        audit.note(audit.Event.REVERTED, event.pgh_tracked_model._meta.verbose_name, row=event.pgh_obj_id, why=reason)


def event_of(table: str, event_id: int) -> Any:
    try:
        model = apps.get_model(table)
    except (LookupError, ValueError) as error:
        raise Http404("There is no such table.") from error
    events = getattr(model, "pgh_event_model", None)
    found = events.objects.filter(pgh_id=event_id).first() if events else None
    if found is None:
        raise Http404("There is no such change.")
    return found


def _fields(event: Any) -> list[models.Field]:
    kept = {field.name for field in event._meta.fields}
    return [field for field in event.pgh_tracked_model._meta.concrete_fields if field.name in kept]


def _undo_update(event: Any) -> None:
    events = type(event).objects.filter(pgh_obj_id=event.pgh_obj_id, pgh_id__lt=event.pgh_id)
    before = events.order_by("-pgh_id").first()
    if before is None:
        raise Refused("nothing_is_known_before", "What was there before this change is not in the history.")
    changed = [field for field in _fields(event) if getattr(event, field.attname) != getattr(before, field.attname)]
    row = _row(event)
    for field in changed:
        if getattr(row, field.attname) != getattr(event, field.attname):
            raise Refused(
                "changed_since",
                f"“{field.verbose_name}” has changed again since. Revert the later change first, or edit the field.",
            )
    values = {field.attname: getattr(before, field.attname) for field in changed}
    type(row)._base_manager.filter(pk=row.pk).update(**values)


def _undo_insert(event: Any) -> None:
    _row(event).delete()


def _undo_delete(event: Any) -> None:
    model = event.pgh_tracked_model
    if model._base_manager.filter(pk=event.pgh_obj_id).exists():
        raise Refused("is_back_already", "This has been put back already.")
    values = {field.attname: getattr(event, field.attname) for field in _fields(event)}
    model(**values).save_base(raw=True, force_insert=True)


def _row(event: Any) -> Any:
    rows = event.pgh_tracked_model._base_manager.select_for_update(of=("self",))
    row = rows.filter(pk=event.pgh_obj_id).first()
    if row is None:
        raise Refused("is_gone", "This has been removed since. Revert the removal first.")
    return row
