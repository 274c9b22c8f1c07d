from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.dashboard.regions import REGIONS, region_of
from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db


def test_states_are_grouped_by_position_and_region(client: Client) -> None:
    plan = ProposalFactory(slug="plan")
    StanceFactory(actor=ActorFactory(name="France", iso3="FRA"), target=plan)
    StanceFactory(actor__kind="bloc", actor__name="The Bloc", target=plan)
    ActorFactory(name="Kenya", iso3="KEN")
    page = client.get("/map/?target=plan").content.decode()
    assert "Western Europe" in page
    assert "Eastern Africa" in page
    assert "Kenya: no stated position" in page
    assert "The Bloc" not in page


def test_it_begins_with_the_target_that_most_states_speak_of(client: Client) -> None:
    StanceFactory(target__name="Lesser plan")
    busy = ProposalFactory(name="Busy plan")
    for _ in range(2):
        StanceFactory(target=busy)
    assert "<title>Busy plan" in client.get("/map/").content.decode()


def test_target_without_positions_is_a_400_and_an_empty_record_is_not(client: Client) -> None:
    assert client.get("/map/?target=plan").status_code == 400
    assert "No state had stated a position" in client.get("/map/").content.decode()


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    plan = ProposalFactory(slug="plan")
    StanceFactory(target=plan)
    few = queries("/map/?target=plan")
    for _ in range(4):
        StanceFactory(target=plan)
    assert queries("/map/?target=plan") == few <= 12


def test_regions() -> None:
    assert region_of("UKR") == "Eastern Europe"
    assert region_of("") == "Elsewhere"
    assert len(REGIONS) == len(set(REGIONS))
