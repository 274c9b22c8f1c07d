"""Every decision at the desk can be taken back: it keeps the rows that it changed as they were and as it left them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import ProtectedError
from django.utils import timezone

from peacetracker.database.refusals import Refused, checked
from peacetracker.desk.models import Decision
from peacetracker.stances.models import Evidence, Stance

# What depends on others comes later: it is removed first and restored last.
ORDER = ["actor", "alias", "target", "source", "statement", "stance", "evidence"]
DERIVED = {"version", "worth", "echo_of_id", "added_at"}

Row = dict[str, Any]
Picture = dict[tuple[str, Any], Row]
Change = dict[str, Any]  # {"model": "stances.statement", "pk": 1, "before": Row or None, "after": Row or None}


def picture(querysets: Iterable[models.QuerySet[Any]]) -> Picture:
    """The rows as they stand now, by model and key; a column's value as JSON can hold it."""
    return {
        (row._meta.label_lower, row.pk): _row(row) for rows in querysets for row in rows.all()
    }  # .all() asks the database anew


def differences(before: Picture, after: Picture) -> list[Change]:
    """The rows that differ between two pictures."""
    return [
        {"model": model, "pk": pk, "before": before.get((model, pk)), "after": after.get((model, pk))}
        for model, pk in {**before, **after}
        if before.get((model, pk)) != after.get((model, pk))
    ]


def undo(decision: Decision, by: Any) -> None:
    """Put the rows back as they were. Refused where anybody has changed one of them since."""
    with checked():
        decision = Decision.objects.select_for_update().get(pk=decision.pk)
        if not decision.can_be_undone:
            raise Refused("undo_once_and_in_time", "This was undone already, or is too old to be undone here.")
        changes = sorted(decision.changes, key=lambda change: ORDER.index(change["model"].split(".")[1]))
        for change in changes:
            _unchanged_since(change)
        _keep_new_evidence(changes)
        for _, of_a_model in groupby(reversed(changes), key=lambda change: change["model"]):
            _put_back(list(of_a_model))
        _bring_back([change for change in changes if change["after"] is None])
        decision.undone_at, decision.undone_by = timezone.now(), by
        decision.save(update_fields=["undone_at", "undone_by"])


def _row(row: models.Model) -> Row:
    values: Row = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        plain = value is None or isinstance(value, bool | int) or isinstance(field, models.ForeignKey)
        if field.attname not in DERIVED and not field.generated and not field.primary_key:
            values[field.attname] = value if plain else field.value_to_string(row)
    return values


def _values(model: type[models.Model], row: Row) -> Row:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {
        name: value if isinstance(fields[name], models.ForeignKey) else fields[name].to_python(value)
        for name, value in row.items()
        if name in fields
    }


def _rows(change: Change) -> models.QuerySet[Any]:
    return apps.get_model(change["model"])._base_manager.filter(pk=change["pk"])


def _unchanged_since(change: Change) -> None:
    found = _rows(change).select_for_update(of=("self",)).first()
    now = _row(found) if found else None
    if now is None or change["after"] is None:
        unchanged = now is None and change["after"] is None
    else:
        unchanged = all(now.get(name) == value for name, value in change["after"].items())
    if not unchanged:
        what = found or f"{change['model'].split('.')[1]} {change['pk']}"
        raise Refused("undo_takes_back_the_last_change", f"Changed since, so this cannot be undone: {what}.")


def _keep_new_evidence(changes: list[Change]) -> None:
    """A stance that others have since given evidence is not ours alone to remove."""
    created = [c["pk"] for c in changes if c["before"] is None and c["model"] == Stance._meta.label_lower]
    known = [c["pk"] for c in changes if c["model"] == Evidence._meta.label_lower]
    added = Evidence.objects.filter(stance__in=created).exclude(pk__in=known).select_related("stance").first()
    if added:
        raise Refused("undo_takes_back_the_last_change", f"Further evidence was added since to: {added.stance}.")


def _put_back(changes: list[Change]) -> None:
    """Remove the rows that were new, then give the others their values: a stance makes way for the one before it."""
    for change in changes:
        if change["before"] is None:
            _remove(change)
    for change in changes:
        if change["before"] is not None and change["after"] is not None:
            _rows(change).update(**_values(apps.get_model(change["model"]), change["before"]))


def _remove(change: Change) -> None:
    try:
        _rows(change).delete()
    except ProtectedError as error:
        used = next(iter(error.protected_objects))
        raise Refused("undo_takes_back_the_last_change", f"It is in use since: {used}.") from error


def _bring_back(changes: list[Change]) -> None:
    """Make rows anew that were removed, each before what depends on it."""
    for change in changes:
        model = apps.get_model(change["model"])
        model._base_manager.bulk_create([model(pk=change["pk"], **_values(model, change["before"]))])
