import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.dashboard.reception import chart, steps
from peacetracker.database.fields import period
from peacetracker.proposals.models import Correspondence, ProposalRelation, ProvisionIssue, Sponsorship
from tests.factories import DAY, ActorFactory, IssueFactory, ProposalFactory, ProvisionFactory, StanceFactory

pytestmark = pytest.mark.django_db


def test_the_list_is_of_the_day(client: Client) -> None:
    ProposalFactory(name="Early plan", tabled_on=dt.date(2022, 3, 29))
    ProposalFactory(name="Late plan", tabled_on=dt.date(2025, 12, 24))
    assert "Late plan" in client.get("/proposals/").text
    then = client.get("/proposals/?on=2023-01-01").text
    assert "Early plan" in then
    assert "Late plan" not in then


def test_resolutions_stand_apart_from_plans(client: Client) -> None:
    ProposalFactory(name="The plan")
    ProposalFactory(name="The resolution", is_resolution=True)
    groups = client.get("/proposals/").context["groups"]
    assert [[proposal.name for proposal, _ in cards] for _, cards, _ in groups] == [
        ["The plan"],
        [],
        ["The resolution"],
    ]
    assert "The resolution" not in client.get("/").text


def test_a_proposal_and_its_points(client: Client) -> None:
    proposal = ProposalFactory(name="The plan", summary="What it asks.")
    Sponsorship.objects.create(proposal=proposal, actor=ActorFactory(name="Its maker"))
    point = ProvisionFactory(proposal=proposal, number=6, name="Army limited")
    other = ProvisionFactory(number=4, name="Army free", proposal__name="Another plan")
    Correspondence.objects.create(one=min(point, other, key=_id), other=max(point, other, key=_id))
    ProvisionIssue.objects.create(provision=point, issue=IssueFactory(name="Armed forces"))
    ProposalRelation.objects.create(proposal=proposal, earlier=ProposalFactory(name="Older plan"), kind="revises")
    ProposalRelation.objects.create(proposal=ProposalFactory(name="Newer plan"), earlier=proposal, kind="counters")
    StanceFactory(target=point, position="oppose")
    StanceFactory(target=proposal, actor__name="Backer", position="support_if", condition="with guarantees")
    text = client.get(f"/proposals/{proposal.slug}/").text
    for words in (
        "What it asks.", "Its maker", "Army limited", "Another plan, 4", "Armed forces", "Revises", "Older plan",
        "Countered by", "Newer plan", "1 opposes", "Backer", "with guarantees",
    ):  # fmt: skip
        assert words in text


def test_on_a_past_day_it_knows_no_later_answers(client: Client) -> None:
    proposal = ProposalFactory()
    later = ProposalFactory(name="Newer plan", tabled_on=dt.date(2025, 12, 24))
    ProposalRelation.objects.create(proposal=later, earlier=proposal, kind="counters")
    assert "Newer plan" not in client.get(f"/proposals/{proposal.slug}/?on={DAY}").text
    assert "was not on the table yet" in client.get(f"/proposals/{proposal.slug}/?on=2025-11-19").text


def test_actors_with_one_condition_stand_together(client: Client) -> None:
    proposal = ProposalFactory()
    for name in ("France", "Germany"):
        StanceFactory(target=proposal, actor__name=name, position="support_if", condition="additional work")
    assert client.get(f"/proposals/{proposal.slug}/").text.count("additional work") == 1


def test_the_reception_over_time() -> None:
    turn = DAY + dt.timedelta(days=10)
    proposal = ProposalFactory()
    first = StanceFactory(target=proposal, position="oppose", period=period(DAY, turn))
    second = StanceFactory(actor=first.actor, target=proposal, position="support", period=period(turn, None))
    third = StanceFactory(target=proposal, position="oppose", period=period(DAY, None))
    found = steps([first, second, third], turn)
    assert [(step.day, step.tally.against, step.tally.in_favour) for step in found] == [(DAY, 2, 0), (turn, 1, 1)]
    assert "<svg" in chart(found, proposal.tabled_on, turn)
    assert steps([first, second, third], DAY)[-1].tally.against == 2
    assert chart(found[:1], proposal.tabled_on, turn) == ""


def test_the_family_of_a_proposal_is_drawn_and_told(client: Client) -> None:
    names = ["First", "Counter", "Second", "Third", "Unrelated"]
    plans = [
        ProposalFactory(name=name, slug=name.lower(), tabled_on=DAY + dt.timedelta(days=n))
        for n, name in enumerate(names)
    ]
    first, counter, second, third, _ = plans
    for later, kind, earlier in (
        (counter, "counters", first),
        (second, "revises", first),
        (third, "supersedes", second),
    ):
        ProposalRelation.objects.create(proposal=later, kind=kind, earlier=earlier)
    page = client.get("/proposals/second/")
    family = page.context["family"]
    assert [(node.proposal.name, node.track) for node in family] == [
        ("First", 0), ("Counter", 1), ("Second", 0), ("Third", 0),
    ]  # fmt: skip
    assert '<path class="link counters"' in page.text
    assert "counters First" in page.text
    assert 'class="current" aria-current="page"' in page.text
    earlier = client.get(f"/proposals/first/?on={DAY}")
    assert [node.proposal.name for node in earlier.context["family"]] == []
    assert not client.get("/proposals/unrelated/").context["lineage"]


def test_the_most_contested_and_most_agreed_points(client: Client, support: Callable[..., None]) -> None:
    plan = ProposalFactory()
    contested, little, agreed, refused, silent = (ProvisionFactory(proposal=plan, number=n + 1) for n in range(5))
    for point, favour, against in ((contested, 3, 2), (little, 1, 4), (agreed, 2, 0), (refused, 0, 2), (silent, 1, 0)):
        support(point, favour)
        support(point, against, position="oppose")
    found = client.get(f"/proposals/{plan.slug}/").context["contest"]
    assert [point.provision for point in found.contested] == [contested, little]
    assert [point.provision for point in found.agreed] == [agreed]
    assert [point.provision for point in found.refused] == [refused]


def test_positions_on_a_proposal_and_its_points_are_also_data(client: Client) -> None:
    plan = ProposalFactory()
    point = ProvisionFactory(proposal=plan, number=3)
    StanceFactory(target=point)
    StanceFactory(target=plan)
    StanceFactory()
    rows = client.get(f"/proposals/{plan.slug}/?format=json").json()["rows"]
    assert [row["target"] for row in rows] == [plan.slug, point.slug]
    assert [row["target"] for row in client.get(f"/proposals/{plan.slug}/3/?format=json").json()["rows"]] == [
        point.slug
    ]


def test_a_provision(client: Client) -> None:
    proposal = ProposalFactory(name="The plan")
    for number in (1, 2, 3):
        ProvisionFactory(proposal=proposal, number=number, name=f"Point {number}")
    point = proposal.provisions.get(number=2)
    other = ProvisionFactory(number=9, name="Army free")
    Correspondence.objects.create(one=min(point, other, key=_id), other=max(point, other, key=_id))
    StanceFactory(target=point, actor__name="Backer")
    text = client.get(f"/proposals/{proposal.slug}/2/").text
    for words in ("The plan", "Backer", "Army free", "← 1. Point 1", "3. Point 3 →"):
        assert words in text


@pytest.mark.parametrize("number", ["9", "99999999999999999999"])
def test_a_point_that_does_not_exist(client: Client, number: str) -> None:
    assert client.get(f"/proposals/{ProposalFactory().slug}/{number}/").status_code == 404


def test_the_number_of_queries_is_constant(queries: Callable[[str], int], support: Callable[..., None]) -> None:
    proposal = ProposalFactory()

    def grow(number: int) -> None:
        support(proposal, number)
        for _ in range(number):
            point, other = ProvisionFactory(proposal=proposal), ProvisionFactory()
            Correspondence.objects.create(one=point, other=other)
            ProvisionIssue.objects.create(provision=point, issue=IssueFactory(process=proposal.process))
            support(point, 1)

    grow(3)
    number = proposal.provisions.first().number
    addresses = ["/proposals/", f"/proposals/{proposal.slug}/", f"/proposals/{proposal.slug}/{number}/"]
    few = [queries(address) for address in addresses]
    grow(27)
    assert [queries(address) for address in addresses] == few
    assert max(few) <= 12


def _id(target: object) -> int:
    return target.pk
