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


def test_a_year_is_shown_by_week_and_a_month_by_day(client: Client) -> None:
    StatementFactory(said_on=dt.date(2025, 11, 21))
    StatementFactory(said_on=dt.date(2025, 11, 24))
    assert "19 Nov – 25 Nov 2025: 2 statements" in client.get("/timeline/?year=2025").text
    page = client.get("/timeline/?month=2025-11").text
    assert 'href="#day-2025-11-24" aria-label="24 November 2025: 1 statement"' in page
    assert 'id="day-2025-11-24"' in page
    assert "Nothing is recorded in this time" in client.get("/timeline/?year=2024").text


def test_votes_are_counted_apart(client: Client) -> None:
    StatementFactory(kind="vote", target=ProposalFactory(name="Resolution", is_resolution=True))
    assert "Nothing is recorded up to" in client.get("/timeline/").text
    assert "1 statement; tabled: Resolution" in client.get("/timeline/?made=vote").text
    assert client.get("/timeline/?made=up").status_code == 400


@pytest.mark.parametrize("year", ["25", "x", "0999", "20251"])
def test_no_year_is_a_400(client: Client, year: str) -> None:
    assert client.get(f"/timeline/?year={year}").status_code == 400


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
