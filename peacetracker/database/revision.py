"""The data revision: a number that every transaction raises that changes what readers see."""

from django.db import connection

CURRENT = "SELECT (SELECT coalesce(sum(count), 0) FROM revision_base) + (SELECT count(*) FROM revision_log)"
FOLD = """
WITH gone AS (DELETE FROM revision_log RETURNING 1),
     counted AS (SELECT count(*) AS rows FROM gone)
INSERT INTO revision_base (id, count) SELECT 1, rows FROM counted
ON CONFLICT (id) DO UPDATE SET count = revision_base.count + excluded.count
"""


def current_revision() -> int:
    """The revision now. Read it **before** the data it stands for, else a page may pass for newer than it is."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT)
        (revision,) = cursor.fetchone()
    return int(revision)


def fold_revision_log() -> None:
    """Move the log's rows into the base, in one statement so that no reader sees the number change."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
