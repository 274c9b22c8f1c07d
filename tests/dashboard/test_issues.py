from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.proposals.models import ProvisionIssue
from tests.factories import IssueFactory, ProvisionFactory, StanceFactory

pytestmark = pytest.mark.django_db


def test_issue_shows_provisions_and_lines(client: Client) -> None:
    issue = IssueFactory(slug="troops", name="Foreign troops")
    provision = ProvisionFactory(name="No NATO troops")
    ProvisionIssue.objects.create(provision=provision, issue=issue)
    StanceFactory(actor__name="France", target=issue, position="support")
    StanceFactory(actor__name="Russia", target=provision, position="oppose")
    page = client.get("/issues/troops/").content.decode()
    assert "No NATO troops" in page
    assert "France" in page
    assert "We back the plan if Kyiv agrees" in page
    assert "1 opposes" in page


def test_before_a_proposal_was_tabled_its_provisions_are_absent(client: Client) -> None:
    issue = IssueFactory(slug="troops")
    ProvisionIssue.objects.create(provision=ProvisionFactory(name="No NATO troops"), issue=issue)
    page = client.get("/issues/troops/?on=2025-11-01").content.decode()
    assert "No NATO troops" not in page
    assert "No actor had stated a position" in page


def test_list_and_its_empty_state(client: Client) -> None:
    assert "The record holds no issues yet" in client.get("/issues/").content.decode()
    StanceFactory(target=IssueFactory(name="Foreign troops"))
    assert "Foreign troops" in client.get("/issues/").content.decode()


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    issue = IssueFactory(slug="troops")

    def add() -> None:
        provision = ProvisionFactory()
        ProvisionIssue.objects.create(provision=provision, issue=issue)
        StanceFactory(target=issue)
        StanceFactory(target=provision)

    add()
    few = queries("/issues/troops/"), queries("/issues/")
    for _ in range(3):
        add()
    assert (queries("/issues/troops/"), queries("/issues/")) == few
    assert max(few) <= 12
