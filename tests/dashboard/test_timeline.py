import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.dashboard.views.timeline import after
from tests.factories import ProposalFactory, StatementFactory

pytestmark = pytest.mark.django_db


def test_months_hold_proposals_and_statements(client: Client) -> None:
    StatementFactory(target=ProposalFactory(name="Geneva framework"))
    StatementFactory(state="candidate", target=ProposalFactory(tabled_on=dt.date(2025, 10, 1)))
    page = client.get("/timeline/").content.decode()
    assert "November 2025: 1 statement; tabled: Geneva framework" in page
    assert "October 2025: 0 statements" in page
    assert "<svg" in page
    assert "<table" in page


def test_a_month_opens_its_statements(client: Client) -> None:
    StatementFactory()
    assert "We back the plan" in client.get("/timeline/?month=2025-11").content.decode()
    assert "We back the plan" not in client.get("/timeline/?month=2025-12").content.decode()
    assert "We back the plan" not in client.get("/timeline/?month=2025-11&on=2025-11-20").content.decode()


@pytest.mark.parametrize("month", ["2025-13", "2025", "x", "2025-11-01", "0000-01", "9999-12", "²025-01"])
def test_no_month_is_a_400(client: Client, month: str) -> None:
    assert client.get(f"/timeline/?month={month}").status_code == 400


def test_empty_record(client: Client) -> None:
    assert "Nothing is recorded" in client.get("/timeline/").content.decode()


def test_next_month() -> None:
    assert after(dt.date(2025, 12, 1)) == dt.date(2026, 1, 1)
    assert after(dt.date(2025, 11, 1)) == dt.date(2025, 12, 1)


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    StatementFactory()
    few = queries("/timeline/?month=2025-11")
    for _ in range(4):
        StatementFactory()
    assert queries("/timeline/?month=2025-11") == few <= 12
