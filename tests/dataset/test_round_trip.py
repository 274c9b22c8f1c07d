"""The reference data set goes through the record and comes back."""

from pathlib import Path

import pghistory.models
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from peacetracker.actors.models import Actor
from peacetracker.database.revision import current_revision
from peacetracker.dataset.dumping import dump_data_set
from peacetracker.dataset.loading import load_data_set
from peacetracker.stances.models import Stance, Statement

UKRAINE = Path(__file__).parents[2] / "data" / "ukraine"
HISTORY = "SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) n FROM %I', table_name), false, true, '')))[1]::text::bigint) FROM information_schema.tables WHERE table_name LIKE '%%event'"
pytestmark = pytest.mark.django_db


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.yaml"))}


def empty_the_record() -> None:
    """Throw away all rows, as if the database were new; triggers would only slow that down."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE actors_actor, proposals_process, press_source, press_article, revision_log, revision_base "
            "RESTART IDENTITY CASCADE"
        )


def history_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(HISTORY)
        return cursor.fetchone()[0]


def test_dump_of_a_dump_is_the_same(tmp_path: Path) -> None:
    load_data_set(UKRAINE)
    assert dump_data_set(tmp_path / "a") == []
    stances, statements = Stance.objects.count(), Statement.objects.count()
    empty_the_record()
    assert not Actor.objects.exists()
    load_data_set(tmp_path / "a")
    dump_data_set(tmp_path / "b")
    assert (Stance.objects.count(), Statement.objects.count()) == (stances, statements)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
