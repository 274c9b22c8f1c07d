import struct

import pytest
from django.test import Client

from peacetracker.actors.models import Actor
from peacetracker.dashboard import pictures
from peacetracker.dashboard.positions import MARKS
from peacetracker.stances.models import Position
from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db
ADDRESSES = ["/pictures/plan.png", "/pictures/france/plan.png"]


@pytest.fixture(autouse=True)
def france(db: None) -> Actor:
    france: Actor = ActorFactory(name="France", slug="france", iso3="FRA")
    StanceFactory(
        actor=france, target=ProposalFactory(name="Lake plan <&>", slug="plan"), condition="", position="support"
    )
    return france


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_picture_is_a_png_of_the_size_that_sites_expect(client: Client, address: str) -> None:
    response = client.get(address)
    assert response["Content-Type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert struct.unpack(">II", response.content[16:24]) == (1200, 630)


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_shows_the_day_and_what_held_on_it(client: Client, address: str) -> None:
    today, before = client.get(address), client.get(f"{address}?on=2025-11-20")
    assert today.content != before.content
    assert client.get(f"{address}?on=never").status_code == 400


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unchanged_picture_is_not_sent_again(client: Client, address: str) -> None:
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_what_does_not_exist_has_no_picture(client: Client) -> None:
    assert client.get("/pictures/none.png").status_code == 404
    assert client.get("/pictures/france/none.png").status_code == 404


@pytest.mark.parametrize("position", Position.values)
def test_every_position_can_be_drawn(position: str) -> None:
    assert pictures.of_position("France", "plan", MARKS[position], "", "today").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("address", "picture"),
    [
        ("/map/?target=plan", "/pictures/plan.png"),
        ("/proposals/plan/", "/pictures/plan.png"),
        ("/positions/france/plan/", "/pictures/france/plan.png"),
    ],
)
def test_pages_name_their_picture(client: Client, address: str, picture: str) -> None:
    text = client.get(address).text
    assert f'<meta property="og:image" content="http://testserver{picture}">' in text
    assert client.get(picture).status_code == 200
