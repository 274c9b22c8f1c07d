from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from peacetracker.desk.models import Coding
from tests.factories import ActorFactory, IssueFactory, ProposalFactory, StanceFactory, StatementFactory

pytestmark = pytest.mark.django_db


def test_methodology_explains_with_the_records_own_figures(client: Client) -> None:
    StanceFactory()
    page = client.get("/about/methodology/").content.decode()
    for word in ("supports with conditions", "no stated position", "usually reliable", "verbatim", "candidates"):
        assert word in page
    assert "1, 1 of them in the speaker’s own words" in page


def test_quality_counts_what_is_covered_whose_voices_and_how_old(client: Client) -> None:
    kenya = ActorFactory(iso3="KEN")
    StanceFactory(actor=kenya)
    StatementFactory(actor=kenya, kind="vote", target=ProposalFactory(is_resolution=True))
    IssueFactory()
    on_the_day = client.get("/about/quality/?on=2025-11-21").context
    assert on_the_day["coverage"] == [("proposal", 1, 1, 1), ("issue", 1, 0, 0)]
    assert [(share.label, share.count) for share in on_the_day["places"]] == [("Africa", 1)]
    assert [share.count for share in on_the_day["ages"]] == [1, 0, 0, 0]
    assert [share.count for share in client.get("/about/quality/?on=2026-11-20").context["ages"]] == [0, 0, 1, 0]
    assert (on_the_day["statements"], on_the_day["votes"]) == (1, 1)
    assert [share.percent for share in on_the_day["grades"] if share.count] == [100]


def test_quality_says_how_often_the_machine_is_right(client: Client) -> None:
    for state in ("accepted", "accepted", "rejected", "candidate"):
        StatementFactory(state=state, extractor="rules", extractor_version="3")
    ((name, share),) = client.get("/about/quality/").context["versions"]
    assert (name, share.whole, share.percent) == ("rules 3", 3, 67)


def test_quality_says_how_far_blind_editors_agree(client: Client, django_user_model: type[User]) -> None:
    one, other = (django_user_model.objects.create(username=name) for name in ("one", "other"))
    for number in range(4):
        statement = StatementFactory(state="candidate")
        for editor in (one, other):
            accepted = number < 2
            Coding.objects.create(
                statement=statement,
                editor=editor,
                accepted=accepted,
                actor=statement.actor,
                target=statement.target,
                position="support" if editor == one or number else "oppose",
            )
    agreed = {found.field: found.alpha for found in client.get("/about/quality/").context["coders"]}
    assert agreed["counts as evidence"] == 1.0
    assert agreed["position"] is not None
    assert agreed["position"] < 1
    assert "How far editors agree" in client.get("/about/quality/").text


def test_an_empty_record_has_its_quality_too(client: Client) -> None:
    assert "No candidate has been decided yet" in client.get("/about/quality/").text
    assert "level AA" in client.get("/about/accessibility/").text


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    assert queries("/about/methodology/") <= 12
    few = queries("/about/quality/")
    for _ in range(3):
        StanceFactory()
    assert queries("/about/quality/") == few <= 12
