import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.actors.regions import ELSEWHERE, REGIONS, region_of
from peacetracker.dashboard.atlas import VIEWS, on_the_map, outline_of
from peacetracker.dashboard.shapes.draw import place
from peacetracker.database.fields import period
from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db


def test_a_state_is_drawn_in_its_position_and_leads_to_the_evidence(client: Client) -> None:
    plan = ProposalFactory(slug="plan")
    StanceFactory(actor=ActorFactory(name="France", slug="france", iso3="FRA"), target=plan, position="oppose")
    StanceFactory(actor=ActorFactory(name="Malta", slug="malta", iso3="MLT"), target=plan, position="support")
    StanceFactory(actor__kind="bloc", actor__name="The Bloc", target=plan)
    ActorFactory(name="Kenya", iso3="KEN")
    page = client.get("/map/?target=plan").text
    assert re.search(r'<a href="/positions/france/plan/" class="p-1"[^>]*><title>France opposes</title><path', page)
    assert re.search(r'<a href="/positions/malta/plan/" class="p-5"[^>]*><title>Malta supports</title><circle', page)
    assert "Kenya" in page
    assert "The Bloc" not in page


def test_every_state_has_a_place_and_crimea_is_ukraines() -> None:
    states = {code for code in on_the_map() if region_of(code) == ELSEWHERE}
    assert not states
    assert len(on_the_map()) == 197  # 193 members of the United Nations, two observers, Kosovo and Taiwan
    west, south = place(33, 46)
    east, north = place(36.5, 44.5)
    starts = re.findall(r"M(\d+) (\d+)", outline_of("UKR"))
    assert any(west < int(x) < east and south < int(y) < north for x, y in starts)


def test_a_state_without_a_code_is_named_below_the_map(client: Client) -> None:
    StanceFactory(actor=ActorFactory(name="Ruritania", iso3=""), target=ProposalFactory(slug="plan"))
    assert "Not on the map: Ruritania." in client.get("/map/?target=plan").text


def test_it_begins_with_the_target_that_most_states_speak_of(client: Client) -> None:
    StanceFactory(target__name="Lesser plan")
    busy = ProposalFactory(name="Busy plan")
    for _ in range(2):
        StanceFactory(target=busy)
    assert "<title>Busy plan" in client.get("/map/").text


def test_target_without_positions_is_a_400_and_an_empty_record_is_not(client: Client) -> None:
    assert client.get("/map/?target=plan").status_code == 400
    assert client.get("/map/?view=moon").status_code == 400
    assert "No state had stated a position" in client.get("/map/").text


def test_the_strip_has_a_column_for_each_day_of_change(client: Client) -> None:
    plan = ProposalFactory(slug="plan", tabled_on=dt.date(2025, 1, 1))
    france = ActorFactory(name="France", iso3="FRA")
    StanceFactory(actor=france, target=plan, position="oppose", period=period(dt.date(2025, 1, 5), dt.date(2025, 3, 1)))
    StanceFactory(actor=france, target=plan, position="support", period=period(dt.date(2025, 3, 1), None))
    page = client.get("/map/?target=plan&on=2025-02-01").text
    assert re.findall(r"on=(2025-0[13]-0[15])\"", page) == ["2025-01-05", "2025-03-01"]
    assert 'aria-current="date" aria-label="5 January 2025: 1 opposes"' in page
    assert "France opposes" in page


@pytest.mark.parametrize("view", VIEWS)
def test_each_part_of_the_map_is_a_page(client: Client, view: str) -> None:
    StanceFactory(actor=ActorFactory(iso3="UKR"), target=ProposalFactory(slug="plan"))
    left, top, width, height = VIEWS[view].box
    assert f'viewBox="{left} {top} {width} {height}"' in client.get(f"/map/?target=plan&view={view}").text


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
