"""What data sets hold is counted from their files, in the terminal and in the documentation."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from peacetracker.dataset.coverage import coverage
from peacetracker.dataset.reading import read_data_set
from tests.dataset.conftest import GOOD
from tests.dataset.test_roll_calls import LATER, SET

ROOT = Path(__file__).parents[2]


@pytest.fixture
def counts(tmp_path: Path) -> Callable[[str], dict[str, int]]:
    def count(text: str) -> dict[str, int]:
        (tmp_path / "set.yaml").write_text(text, encoding="utf-8")
        return coverage(read_data_set(tmp_path))

    return count


def test_votes_are_counted_apart(counts: Callable[[str], dict[str, int]]) -> None:
    found = counts(SET + LATER)
    assert (found["votes"], found["statements"], found["statements on resolutions"]) == (4, 1, 1)
    assert (found["plans"], found["resolutions"], found["stances"], found["shifts"]) == (0, 1, 5, 1)


def test_where_statements_come_from(counts: Callable[[str], dict[str, int]]) -> None:
    share = "% of statements from outside Europe and Northern America"
    assert counts(GOOD)[share] == 0
    assert counts(GOOD.replace("iso3: FRA", "iso3: BRA"))[share] == 100
    assert counts(GOOD.replace("iso3: FRA", "iso3: USA"))[share] == 0


def test_the_page_in_the_documentation_is_what_the_files_hold(tmp_path: Path) -> None:
    sets = [str(ROOT / "data" / name) for name in ("ukraine", "sample")]
    page = ROOT / "docs" / "reference" / "coverage.md"
    call_command("check_dataset", *sets, table=page, stdout=io.StringIO())
    stale = tmp_path / "coverage.md"
    stale.write_text(page.read_text("utf-8").replace("| plans |", "| plans | 1"), encoding="utf-8")
    with pytest.raises(CommandError, match="run make coverage"):
        call_command("check_dataset", *sets, table=stale, stdout=io.StringIO())
