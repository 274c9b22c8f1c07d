from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db

ADDRESSES = ["/embed/tally/plan/", "/embed/map/?target=plan", "/embed/matrix/", "/embed/positions/france/plan/"]


@pytest.fixture(autouse=True)
def record(db: None) -> None:
    france = ActorFactory(name="France", slug="france", iso3="FRA")
    StanceFactory(actor=france, target=ProposalFactory(name="Lake plan", slug="plan"), position="support")


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_may_stand_in_any_frame_and_do_nothing_there(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "<script" not in response.text
    assert "<form" not in response.text
    assert "Lake plan" in response.text


@pytest.mark.parametrize("address", ADDRESSES)
def test_its_links_open_the_page_itself(client: Client, address: str) -> None:
    text = client.get(address).text
    assert '<base target="_blank">' in text
    full = text.split('class="embed-foot">')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(full).status_code == 200


def test_other_pages_still_refuse_frames(client: Client) -> None:
    response = client.get("/map/?target=plan")
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert "&lt;iframe src=&quot;" in response.text or '&lt;iframe src="http://testserver/embed/map/' in response.text


def test_it_is_true_to_the_day(client: Client) -> None:
    assert "no stated position" in client.get("/embed/positions/france/plan/?on=2025-11-20").text
    assert "as of 20 November 2025" in client.get("/embed/positions/france/plan/?on=2025-11-20").text
    assert client.get("/embed/tally/plan/?on=soon").status_code == 400
    assert client.get("/embed/tally/none/").status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_number_of_queries_does_not_grow(queries: Callable[[str], int], address: str) -> None:
    few = queries(address)
    for _ in range(4):
        StanceFactory(target=ProposalFactory())
    assert queries(address) == few <= 12
