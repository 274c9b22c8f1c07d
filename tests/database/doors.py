"""The ways by which a change can reach a table, so that a test can try a rule at each."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models

from peacetracker.database.refusals import Refused, checked

Change = dict[str, Any]


def refused(change: Callable[[], object]) -> str:
    """The name of the constraint that refuses a change at the latest at COMMIT."""
    with pytest.raises(Refused) as refusal, checked():
        change()
    return refusal.value.constraint


def _rows(row: models.Model) -> models.QuerySet[Any]:
    return type(row)._base_manager.filter(pk=row.pk)


def _changed(row: models.Model, change: Change) -> models.Model:
    row = copy.copy(row)
    for name, value in change.items():
        setattr(row, name, value)
    return row


def _anew(row: models.Model, change: Change) -> models.Model:
    """The row as it would be, had it been inserted with the change; the valid one makes way for it."""
    anew = _changed(row, change)
    row.delete()
    anew.pk, anew._state.adding = None, True
    return anew


def _columns(row: models.Model, names: list[str]) -> dict[str, Any]:
    """Columns and what stands in them, as PostgreSQL takes it."""
    fields = [row._meta.get_field(name) for name in names]
    return {f'"{f.column}"': f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields}


def save(row: models.Model, change: Change) -> None:
    _changed(row, change).save()


def queryset_update(row: models.Model, change: Change) -> None:
    _rows(row).update(**change)


def bulk_update(row: models.Model, change: Change) -> None:
    type(row)._base_manager.bulk_update([_changed(row, change)], list(change))


def sql_update(row: models.Model, change: Change) -> None:
    columns = _columns(_changed(row, change), list(change))
    assignments = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {assignments} WHERE id = %s", [*columns.values(), row.pk])


def create(row: models.Model, change: Change) -> None:
    _anew(row, change).save(force_insert=True)


def bulk_create(row: models.Model, change: Change) -> None:
    type(row)._base_manager.bulk_create([_anew(row, change)])


def sql_insert(row: models.Model, change: Change) -> None:
    names = [f.name for f in row._meta.concrete_fields if not f.primary_key and not f.generated]
    columns = _columns(_anew(row, change), names)
    values = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({', '.join(columns)}) VALUES ({values})", [*columns.values()]
        )


UPDATES = [save, queryset_update, bulk_update, sql_update]
INSERTS = [create, bulk_create, sql_insert]
EVERY_DOOR = [*UPDATES, *INSERTS]
