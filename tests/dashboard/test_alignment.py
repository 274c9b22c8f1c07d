from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def _camps() -> None:
    """France and Spain agree on three targets; Russia opposes them on each."""
    plans = [ProposalFactory() for _ in range(3)]
    for name, position in (("France", "support"), ("Spain", "support"), ("Russia", "oppose")):
        actor = ActorFactory(name=name)
        for plan in plans:
            StanceFactory(actor=actor, target=plan, position=position)


@pytest.mark.usefixtures("_camps")
def test_nearest_and_farthest(client: Client) -> None:
    page = client.get("/alignment/").content.decode()
    nearest = page[page.index('id="nearest"') : page.index('id="farthest"')]
    farthest = page[page.index('id="farthest"') : page.index('id="everyone"')]
    assert nearest.index(">Spain</a>") < nearest.index(">Russia</a>")
    assert "100 %" in nearest
    assert "Russia" in farthest
    assert '<td class="a1">0</td>' in page


@pytest.mark.usefixtures("_camps")
def test_too_little_in_common_says_so(client: Client) -> None:
    page = client.get("/alignment/?overlap=4").content.decode()
    assert "No two actors of this choice hold positions on 4 or more of the same targets" in page


@pytest.mark.parametrize("query", ["overlap=0", "overlap=x", "overlap=²", "overlap=999", "kind=x", "about=x"])
def test_bad_parameters_are_a_400(client: Client, query: str) -> None:
    assert client.get(f"/alignment/?{query}").status_code == 400


def test_empty_record(client: Client) -> None:
    assert "No two actors" in client.get("/alignment/").content.decode()


@pytest.mark.usefixtures("_camps")
def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    few = queries("/alignment/")
    StanceFactory()
    assert queries("/alignment/") == few <= 12
