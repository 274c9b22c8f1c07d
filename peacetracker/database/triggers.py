"""Triggers that several tables carry, as building blocks for their `Meta.triggers`."""

import pgtrigger

_LOG = "INSERT INTO revision_log DEFAULT VALUES ON CONFLICT DO NOTHING;"


def raise_revision(*, ignoring: str = "") -> list[pgtrigger.Trigger]:
    """Statement triggers that raise the data revision whenever rows of the table change.

    `ignoring` is an SQL condition on a row `r`; rows that meet it are none of readers' business.
    Transition tables serve one operation a trigger, hence three.
    """
    seen = f"NOT coalesce({ignoring}, false)" if ignoring else "true"
    tables = {
        "insert": (pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), "new_rows"),
        "update": (
            pgtrigger.Update,
            pgtrigger.Referencing(old="old_rows", new="new_rows"),
            "(SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows)",
        ),
        "delete": (pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"), "old_rows"),
    }
    return [
        pgtrigger.Trigger(
            name=f"revision_{name}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=referencing,
            func=f"IF EXISTS (SELECT 1 FROM {rows} r WHERE {seen}) THEN {_LOG} END IF; RETURN NULL;",
        )
        for name, (operation, referencing, rows) in tables.items()
    ]


def refuse(condition: str, constraint: str, message: str, *, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    """A trigger that refuses a row for which `condition` (SQL on NEW) holds, in the name of `constraint`.

    It raises a check violation, so that it reaches Python as the IntegrityError that a CHECK would.
    """
    return pgtrigger.Trigger(
        name=constraint,
        when=pgtrigger.Before,
        func=(
            f"IF {condition} THEN RAISE EXCEPTION '{message}' "
            f"USING ERRCODE = 'check_violation', CONSTRAINT = '{constraint}'; END IF; RETURN NEW;"
        ),
        operation=operation,
    )
