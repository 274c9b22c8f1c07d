"""One table of targets, and a manager for each kind."""

import datetime as dt

import pytest

from peacetracker.proposals.models import Issue, Proposal, Provision, Target
from tests.factories import IssueFactory, ProcessFactory, ProposalFactory, ProvisionFactory

pytestmark = pytest.mark.django_db
TABLED = dt.date(2025, 11, 20)


def test_each_manager_sees_and_makes_its_kind() -> None:
    provision, issue = ProvisionFactory(), IssueFactory()
    assert list(Proposal.objects.all()) == [Proposal.objects.get(pk=provision.proposal_id)]
    assert list(Provision.objects.all()) == [provision]
    assert list(Issue.objects.all()) == [issue]
    assert Target.objects.count() == 3
    made = Issue.objects.create(process=ProcessFactory(), slug="made", name="Made")
    assert Target.objects.get(pk=made.pk).kind == "issue"


def test_bulk_create_keeps_the_kind() -> None:
    process = ProcessFactory()
    Issue.objects.bulk_create([Issue(process=process, slug=f"i-{n}", name="I") for n in range(2)])
    assert Issue.objects.count() == 2


@pytest.mark.parametrize(("day", "count"), [(TABLED - dt.timedelta(days=1), 1), (TABLED, 3)])
def test_provisions_are_on_the_table_with_their_proposal_and_issues_always(day: dt.date, count: int) -> None:
    ProvisionFactory(proposal__tabled_on=TABLED)
    IssueFactory()
    assert Target.objects.on_the_table(day).count() == count


def test_a_target_is_found_with_small_slips() -> None:
    plan = ProposalFactory(name="European counter-proposal")
    ProposalFactory(name="Istanbul Communiqué")
    assert Target.objects.named("european conter-proposal").first().pk == plan.pk
    assert Target.objects.named("communique").first().name == "Istanbul Communiqué"


def test_a_provision_is_called_by_its_number() -> None:
    provision = ProvisionFactory(number=7, name="Borders")
    assert provision.short_name == "7. Borders"
    assert provision.proposal.short_name == provision.proposal.name
