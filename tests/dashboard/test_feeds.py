import datetime as dt
from collections.abc import Callable

import feedparser
import pytest
from django.test import Client

from peacetracker.database.fields import period
from tests.factories import ActorFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shift(db: None) -> None:
    turn = dt.date(2025, 11, 28)
    cell = {
        "actor": ActorFactory(name="Borduria", slug="borduria"),
        "target": ProposalFactory(name="Plan", slug="plan"),
    }
    StanceFactory(**cell, position="oppose", period=period(dt.date(2025, 11, 21), turn))
    StanceFactory(**cell, position="support_if", condition="it is <signed>", period=period(turn, None))
    StanceFactory(actor=ActorFactory(slug="syldavia"), target=cell["target"])


@pytest.mark.parametrize("address", ["", "actors/borduria/", "targets/plan/"])
def test_a_shift_stands_in_the_feed_of_all_of_its_actor_and_of_its_target(client: Client, address: str) -> None:
    feed = feedparser.parse(client.get(f"/shifts/feed/{address}").content)
    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.title == "Borduria on Plan: from “opposes” to “supports with conditions”"
    assert "We back the plan if Kyiv agrees" in entry.summary
    assert "<p>Condition: it is &lt;signed&gt;</p>" in entry.summary
    assert entry.updated == "2025-11-28T00:00:00+00:00"
    assert entry.link.endswith("/positions/borduria/plan/?on=2025-11-28")
    assert client.get(entry.link).status_code == 200


def test_others_have_none_and_what_does_not_exist_has_no_feed(client: Client) -> None:
    assert feedparser.parse(client.get("/shifts/feed/actors/syldavia/").content).entries == []
    assert client.get("/shifts/feed/actors/nobody/").status_code == 404


def test_an_unchanged_feed_is_not_sent_again(client: Client) -> None:
    etag = client.get("/shifts/feed/")["ETag"]
    assert client.get("/shifts/feed/", headers={"If-None-Match": etag}).status_code == 304


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    few = queries("/shifts/feed/")
    for number in range(3):
        cell = {"actor": ActorFactory(), "target": ProposalFactory()}
        turn = dt.date(2025, 11, 25 + number)
        StanceFactory(**cell, position="oppose", period=period(dt.date(2025, 11, 21), turn))
        StanceFactory(**cell, period=period(turn, None))
    assert queries("/shifts/feed/") == few <= 4
