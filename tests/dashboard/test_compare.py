from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.proposals.models import Correspondence, Proposal, ProposalRelation, ProvisionIssue
from tests.factories import IssueFactory, ProposalFactory, ProvisionFactory, StanceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def plans() -> tuple[Proposal, Proposal]:
    """Two proposals: first points correspond, second points share an issue, the third stands alone."""
    one, other = ProposalFactory(slug="one"), ProposalFactory(slug="other")
    firsts = [ProvisionFactory(proposal=plan, number=1, name=f"Army in {plan.slug}") for plan in (one, other)]
    seconds = [ProvisionFactory(proposal=plan, number=2, name=f"Troops in {plan.slug}") for plan in (one, other)]
    ProvisionFactory(proposal=one, number=3, name="Grain")
    Correspondence.objects.create(one=firsts[0], other=firsts[1])
    issue = IssueFactory(name="Foreign troops")
    for provision in seconds:
        ProvisionIssue.objects.create(provision=provision, issue=issue)
    StanceFactory(actor__name="France", target=firsts[1])
    return one, other


def test_provisions_stand_side_by_side_with_who_accepts_them(client: Client, plans: tuple[Proposal, Proposal]) -> None:
    page = client.get("/compare/?a=one&b=other").content.decode()
    first, second, third = "Army in <del>one</del>", "Army in <ins>other</ins>", "Troops in <del>one</del>"
    assert page.index(first) < page.index(second) < page.index(third) < page.index("Grain")
    assert "same issue; no correspondence recorded" in page
    assert "no counterpart" in page
    assert ">France</a>" in page
    assert ">France</a>" not in client.get("/compare/?a=one&b=other&on=2025-11-20").content.decode()


def test_without_parameters_it_lets_choose(client: Client, plans: tuple[Proposal, Proposal]) -> None:
    ProposalRelation.objects.create(proposal=plans[1], kind="counters", earlier=plans[0])
    page = client.get("/compare/").content.decode()
    assert "?a=one&amp;b=other" in page


def test_three_can_be_compared(client: Client, plans: tuple[Proposal, Proposal]) -> None:
    ProvisionFactory(proposal=ProposalFactory(slug="third"), number=1, name="Something else")
    assert "Something else" in client.get("/compare/?a=one&b=other&c=third").content.decode()


def test_wording_is_escaped_and_different_texts_carry_no_marks(client: Client) -> None:
    one, other = ProposalFactory(slug="one"), ProposalFactory(slug="other")
    points = [
        ProvisionFactory(proposal=one, number=1, name="<b>Grain</b>", summary="Ships may sail from the ports."),
        ProvisionFactory(proposal=other, number=1, name="Grain", summary="Prisoners are exchanged, all for all."),
    ]
    Correspondence.objects.create(one=points[0], other=points[1])
    page = client.get("/compare/?a=one&b=other").content.decode()
    assert "<b>Grain" not in page
    assert "Ships may sail from the ports." in page
    assert "<ins>Prisoners" not in page


def test_the_comparison_is_also_data(client: Client, plans: tuple[Proposal, Proposal]) -> None:
    rows = client.get("/compare/?a=one&b=other&format=json").json()["rows"]
    assert [(row["line"], row["proposal"], row["number"], row["why"]) for row in rows] == [
        (1, "one", 1, "recorded"), (1, "other", 1, "recorded"), (2, "one", 2, "issue"), (2, "other", 2, "issue"),
        (3, "one", 3, "alone"),
    ]  # fmt: skip
    assert rows[1]["support"] == "France"


@pytest.mark.parametrize("query", ["?a=one&b=nothing", "?a=one&b=one", "?a=one&b=other&on=2025-01-01"])
def test_what_cannot_be_compared_is_a_400(client: Client, plans: tuple[Proposal, Proposal], query: str) -> None:
    assert client.get(f"/compare/{query}").status_code == 400


def test_nothing_to_compare(client: Client) -> None:
    assert "nothing to compare" in client.get("/compare/").content.decode()


def test_number_of_queries_does_not_grow(queries: Callable[[str], int], plans: tuple[Proposal, Proposal]) -> None:
    few = queries("/compare/?a=one&b=other")
    for number in range(4, 8):
        StanceFactory(target=ProvisionFactory(proposal=plans[0], number=number))
    assert queries("/compare/?a=one&b=other") == few <= 12
