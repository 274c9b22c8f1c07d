import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from peacetracker.database.fields import period
from peacetracker.proposals.models import Correspondence, Party
from tests.factories import (
    ActorFactory,
    IssueFactory,
    ProposalFactory,
    ProvisionFactory,
    StanceFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db
D = dt.date


def items(client: Client, address: str) -> list[dict[str, Any]]:
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def test_processes_and_their_parties(client: Client) -> None:
    actor = ActorFactory(slug="france")
    process = ProposalFactory().process
    Party.objects.create(process=process, actor=actor, role="mediator", period=period(D(2025, 1, 1), None))
    (found,) = items(client, "processes")
    assert found["parties"] == [{"actor": "france", "role": "mediator", "starts": "2025-01-01", "ends": None}]


def test_actors_by_kind(client: Client) -> None:
    ActorFactory(slug="france", iso3="FRA")
    ActorFactory(slug="nato", kind="organisation")
    (nato,) = items(client, "actors?kind=organisation")
    assert (nato["slug"], nato["iso3"]) == ("nato", None)
    assert client.get("/api/v1/actors/france").json()["iso3"] == "FRA"
    assert client.get("/api/v1/actors/atlantis").status_code == 404


def test_proposals_carry_their_provisions(client: Client) -> None:
    one, other = ProvisionFactory(proposal__slug="plan", number=1), ProvisionFactory(number=2)
    Correspondence.objects.create(one=one, other=other)
    found = client.get("/api/v1/proposals/plan").json()
    assert found["provisions"][0]["corresponds"] == [other.slug]
    assert len(items(client, "proposals")) == 2


def test_issues(client: Client) -> None:
    IssueFactory(slug="troops")
    assert items(client, "issues")[0]["slug"] == "troops"


def test_statements_are_the_accepted_ones(client: Client) -> None:
    StatementFactory(actor__slug="france")
    StatementFactory(state="candidate")
    (found,) = items(client, "statements")
    assert found["quote"] == "We back the plan if Kyiv agrees"
    assert found["article"]["reliability"] == "B"
    assert items(client, "statements?actor=spain") == []
    assert items(client, "statements?since=2025-11-22") == []


def test_stances_of_a_day(client: Client) -> None:
    stance = StanceFactory(actor__slug="france", period=period(D(2025, 11, 21), D(2025, 12, 1)))
    StanceFactory(published=False, evidence=[])
    (found,) = items(client, "stances?on=2025-11-30")
    assert (found["position"], found["value"], found["ends"]) == ("support", 2, "2025-12-01")
    assert found["evidence"] == [stance.evidence.get().statement_id]
    assert items(client, "stances?on=2025-12-01") == []
    assert len(items(client, "stances?ever=true")) == 1
    assert items(client, "stances?on=2025-11-30&position=oppose") == []


def test_shifts(client: Client) -> None:
    actor, target = ActorFactory(slug="france"), ProposalFactory()
    StanceFactory(actor=actor, target=target, position="oppose", period=period(D(2025, 11, 21), D(2025, 12, 1)))
    StanceFactory(actor=actor, target=target, period=period(D(2025, 12, 1), None))
    (found,) = items(client, "shifts?actor=france")
    assert (found["before"], found["after"], found["on"]) == ("oppose", "support", "2025-12-01")
    assert items(client, "shifts?on=2025-11-30") == []


def test_pages(client: Client) -> None:
    for _ in range(3):
        ActorFactory()
    response = client.get("/api/v1/actors?limit=2&offset=2").json()
    assert (len(response["items"]), response["count"]) == (1, 3)
    assert client.get("/api/v1/actors?limit=5000").status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "stances?on=x",
        "stances?actor_kind=planet",
        "stances?position=maybe",
        "actors?limit=0",
        "stances?actor=%00",
        "stances?offset=99999999999999999999",
        "actors/%00",
    ],
)
def test_bad_parameters_are_refused(client: Client, query: str) -> None:
    assert client.get(f"/api/v1/{query}").status_code == 422


def test_unchanged_answers_cost_a_304_and_changes_show_at_once(client: Client) -> None:
    ActorFactory()
    etag = client.get("/api/v1/actors")["ETag"]
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/api/v1/actors", headers={"If-None-Match": etag}).status_code == 304
    assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_changes_the_etag(client: Client) -> None:
    before = client.get("/api/v1/actors")["ETag"]
    ActorFactory()
    assert client.get("/api/v1/actors", headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_written(client: Client, method: str) -> None:
    assert getattr(client, method)("/api/v1/actors").status_code == 405


@pytest.mark.parametrize("address", ["proposals", "actors", "stances", "statements", "shifts", "issues", "processes"])
def test_number_of_queries_does_not_grow(client: Client, address: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            items(client, address)
        return len(captured)

    StanceFactory(target=ProvisionFactory())
    few = count()
    for _ in range(3):
        StanceFactory(target=ProvisionFactory())
    assert count() == few <= 12


def test_openapi_and_docs(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert "/api/v1/stances" in schema["paths"]
    docs = client.get("/api/docs")
    assert docs.status_code == 200
    assert "cdn" not in docs.content.decode()
    assert "unsafe" not in docs["Content-Security-Policy"]
