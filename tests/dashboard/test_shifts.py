import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.database.fields import period
from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db
D = dt.date


FIRST = D(2025, 12, 1)


def shift(name: str, before: str = "oppose", after: str = "support", on: dt.date = FIRST) -> None:
    actor, target = ActorFactory(name=name, slug=name.lower()), ProposalFactory()
    StanceFactory(actor=actor, target=target, position=before, period=period(D(2025, 11, 21), on))
    StanceFactory(actor=actor, target=target, position=after, period=period(on, None))


def names_in(page: str) -> set[str]:
    chronicle = page[page.index('id="chronicle"') :]
    return {name for name in ("France", "Spain") if f">{name}</a>" in chronicle}


def test_chronicle_shows_both_sides_of_a_shift(client: Client) -> None:
    shift("France")
    page = client.get("/shifts/").content.decode()
    assert "December 2025" in page
    assert page.count("We back the plan if Kyiv agrees") == 2


def test_same_position_again_is_no_shift(client: Client) -> None:
    shift("France", before="support")
    assert "No actor had changed position" in client.get("/shifts/").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"France", "Spain"}),
        ("?actor=france", {"France"}),
        ("?towards=opposition", {"Spain"}),
        ("?towards=support", {"France"}),
        ("?since=2026-01-01", {"Spain"}),
        ("?on=2025-12-31", {"France"}),
        ("?about=proposal&kind=state", {"France", "Spain"}),
        ("?about=issue", set()),
        ("?kind=person", set()),
        ("?on=2025-11-30", set()),
    ],
)
def test_filters(client: Client, query: str, expected: set[str]) -> None:
    shift("France")
    shift("Spain", before="support_if", after="neutral", on=D(2026, 1, 5))
    assert names_in(client.get(f"/shifts/{query}").content.decode()) == expected


def test_the_chronicle_is_also_data(client: Client) -> None:
    shift("France")
    shift("Spain", before="support_if", after="neutral", on=D(2026, 1, 5))
    rows = client.get("/shifts/?towards=opposition&format=json").json()["rows"]
    assert [(row["actor"], row["on"], row["before"], row["after"], row["steps"]) for row in rows] == [
        ("spain", "2026-01-05", "support_if", "neutral", -1)
    ]


@pytest.mark.parametrize(
    "query", ["?actor=atlantis", "?since=yesterday", "?towards=up", "?about=weather", "?kind=x", "?format=xls"]
)
def test_bad_filters_say_what_would_work(client: Client, query: str) -> None:
    assert client.get(f"/shifts/{query}").status_code == 400


def test_htmx_gets_the_chronicle_alone(client: Client) -> None:
    response = client.get("/shifts/", headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert 'id="chronicle"' in response.content.decode()


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    shift("France")
    few = queries("/shifts/")
    for name in ("Spain", "Italy", "Poland"):
        shift(name)
    assert queries("/shifts/") == few <= 12
