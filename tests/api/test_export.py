import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from peacetracker.api.exports import TABLES
from tests.factories import StanceFactory, StatementFactory

pytestmark = pytest.mark.django_db


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_holds_what_readers_see(tmp_path: Path) -> None:
    stance = StanceFactory(position="support_if", condition='says "yes", twice')
    StanceFactory(published=False, evidence=[])
    StatementFactory(state="candidate")
    call_command("export", "csv", str(tmp_path / "out"))
    (row,) = rows(tmp_path / "out" / "stances.csv")
    assert row["condition"] == 'says "yes", twice'
    assert (row["value"], row["starts"], row["ends"]) == ("1", "2025-11-21", "")
    (statement,) = rows(tmp_path / "out" / "statements.csv")
    assert statement["id"] == row["evidence"] == str(stance.evidence.get().statement_id)
    assert statement["direct"] == "true"


def test_json_says_the_same_with_the_columns_meanings(tmp_path: Path) -> None:
    StanceFactory()
    StanceFactory()
    call_command("export", "json", str(tmp_path / "all.json"))
    found = json.loads((tmp_path / "all.json").read_text())
    assert len(found["stances"]) == len(found["statements"]) == 2
    assert found["columns"]["stances"].keys() == found["stances"][0].keys()
    assert found["statements"][0]["direct"] is True


def test_an_empty_record_is_valid_too(tmp_path: Path) -> None:
    call_command("export", "json", str(tmp_path / "all.json"))
    assert json.loads((tmp_path / "all.json").read_text())["stances"] == []


def test_every_column_is_documented() -> None:
    documentation = Path("docs/reference/exports.md").read_text()
    for table in TABLES:
        for column in table.columns:
            assert column.name in documentation


@pytest.mark.parametrize("name", ["parquet", "graphml"])
def test_formats_to_come_say_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="export csv or json instead"):
        call_command("export", name, str(tmp_path / "x"))


def test_a_path_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export", "csv", str(tmp_path / "file" / "folder"))
