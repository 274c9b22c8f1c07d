import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.dashboard.matrix import Cell, Matrix, render_rows
from peacetracker.proposals.models import Party, Target
from tests.factories import (
    DAY,
    ActorFactory,
    IssueFactory,
    ProposalFactory,
    ProvisionFactory,
    StanceFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db


def shown(client: Client, **query: Any) -> tuple[list[str], list[str]]:
    matrix = client.get("/matrix/", query).context["matrix"]
    return [actor.name for actor in matrix.actors], [target.name for target in matrix.targets]


def test_a_cell_is_symbol_word_colour_and_link(client: Client) -> None:
    stance = StanceFactory(position="oppose_unless", condition="Kyiv agrees")
    text = client.get("/matrix/").text
    cell = re.search(r'<td class="p-2">.*?</td>', text, re.DOTALL)
    assert cell
    assert f'href="/positions/{stance.actor.slug}/{stance.target.slug}/"' in cell[0]
    assert "<i>⊖</i>no, unless" in cell[0]
    assert stance.target.name in cell[0]
    assert "We back the plan if Kyiv agrees" in cell[0]
    assert "Condition: Kyiv agrees" in cell[0]


def test_no_position_is_an_empty_cell(client: Client) -> None:
    one, other = StanceFactory(), StanceFactory()
    assert client.get("/matrix/").text.count("<td></td>") == 2
    assert shown(client) == ([one.actor.name, other.actor.name], [one.target.name, other.target.name])


def test_the_table_says_what_it_is(client: Client) -> None:
    StanceFactory()
    text = client.get("/matrix/").text
    assert "<caption>" in text
    assert '<th scope="col">' in text
    assert '<th scope="row">' in text


def test_resolutions_have_a_matrix_of_their_own(client: Client) -> None:
    plan, resolution = ProposalFactory(), ProposalFactory(is_resolution=True)
    for target in (plan, resolution):
        StanceFactory(target=target)
    assert shown(client)[1] == [plan.name]
    assert shown(client, kind="resolution")[1] == [resolution.name]


def test_provisions_of_a_proposal_and_issues(client: Client) -> None:
    proposal = ProposalFactory()
    second, first = (ProvisionFactory(proposal=proposal, number=number) for number in (2, 1))
    issue = IssueFactory()
    for target in (proposal, first, second, issue):
        StanceFactory(target=target)
    assert shown(client)[1] == [proposal.name]
    assert shown(client, proposal=proposal.slug)[1] == [first.name, second.name]
    assert shown(client, kind="issue")[1] == [issue.name]


def test_only_the_stances_of_the_day(client: Client) -> None:
    stance = StanceFactory()
    assert shown(client, on=str(DAY))[0] == [stance.actor.name]
    assert shown(client, on="2025-11-20") == ([], [])
    assert f'?on={DAY}"' in client.get(f"/matrix/?on={DAY}").text


def test_drafts_are_not_shown(client: Client) -> None:
    StanceFactory(published=False)
    assert shown(client) == ([], [])


def test_filters(client: Client) -> None:
    state = StanceFactory(actor__kind="state", actor__name="A state")
    person = StanceFactory(actor__kind="person", actor__name="A person", target=state.target)
    bloc = ActorFactory(kind="bloc", name="A bloc")
    Affiliation.objects.create(actor=state.actor, organisation=bloc, kind="member")
    Party.objects.create(process=state.target.process, actor=person.actor, role="mediator")
    assert shown(client, actor_kind="person")[0] == ["A person"]
    assert shown(client, bloc=bloc.slug)[0] == ["A state"]
    assert shown(client, role="mediator")[0] == ["A person"]
    assert shown(client, role="any")[0] == ["A person"]
    assert shown(client, role="guarantor")[0] == []
    assert shown(client, process=state.target.process.slug)[0] == ["A person", "A state"]
    assert shown(client, show="all")[0] == ["A person", "A state", "A bloc"]


def test_orders(client: Client) -> None:
    one, other = ProposalFactory(name="P"), ProposalFactory(name="Q")
    against, much, little = (ActorFactory(name=name) for name in ("Against", "Much", "Little"))
    StanceFactory(actor=against, target=one, position="oppose")
    StanceFactory(actor=much, target=one, position="support_if")
    StanceFactory(actor=much, target=other, position="oppose")
    StanceFactory(actor=little, target=other, position="support")
    assert shown(client)[0] == ["Much", "Against", "Little"]
    assert shown(client, sort="name")[0] == ["Against", "Little", "Much"]
    assert shown(client, sort="support")[0] == ["Little", "Much", "Against"]
    alike = shown(client, sort="similarity", show="all")[0]
    assert set(alike) == {"Much", "Against", "Little"}
    assert shown(client, sort=one.slug)[0] == ["Much", "Against", "Little"]
    assert shown(client, sort=other.slug)[0] == ["Little", "Much", "Against"]


def test_blocs_appear_when_those_alike_stand_together(client: Client) -> None:
    for name, position in (("A", "support"), ("B", "oppose"), ("C", "support"), ("D", "oppose")):
        actor = ActorFactory(name=name)
        for slug in ("one", "two", "three"):
            target = Target.objects.filter(slug=slug).first() or ProposalFactory(slug=slug)
            StanceFactory(actor=actor, target=target, position=position)
    order = "".join(shown(client, sort="similarity")[0])
    assert order in {"ACBD", "BDAC", "CADB", "DBCA", "ACDB", "CABD", "BDCA", "DBAC"}


@pytest.mark.parametrize("name", ["process", "kind", "proposal", "actor_kind", "bloc", "role", "show", "sort"])
def test_a_filter_that_does_not_exist_is_refused(client: Client, name: str) -> None:
    response = client.get("/matrix/", {name: "nonsense"})
    assert response.status_code == 400
    assert f"<code>{name}</code>" in response.text


def test_names_quotes_and_conditions_are_escaped(client: Client) -> None:
    nasty = '"><script>alert("1")</script>'
    statement = StatementFactory(
        article__text=f"x {nasty} y",
        quote=nasty,
        actor__name=f"A {nasty}",
        target__name=f"T {nasty}",
        position="support_if",
    )
    StanceFactory(
        actor=statement.actor, target=statement.target, position="support_if", condition=nasty, evidence=[statement]
    )
    assert "<script>alert" not in client.get("/matrix/").text
    rows = render_rows(
        Matrix(
            actors=[Actor(pk=1, slug="a", name=nasty)],
            targets=[Target(pk=2, slug="t", name=nasty, kind="issue")],
            cells={(1, 2): Cell("support", nasty, nasty)},
            at='?on="',
        )
    )
    assert "<script" not in rows
    assert '?on=""' not in rows


def test_the_number_of_queries_is_constant(queries: Callable[[str], int], support: Callable[..., None]) -> None:
    proposal = ProposalFactory()
    provision = ProvisionFactory(proposal=proposal)
    issue = IssueFactory(process=proposal.process)
    addresses = ["/matrix/", f"/matrix/?proposal={proposal.slug}", "/matrix/?kind=issue&role=any&show=all"]
    for target in (proposal, provision, issue):
        support(target, 3)
    few = [queries(address) for address in addresses]
    for target in (proposal, provision, issue):
        support(target, 27)
        for _ in range(3):
            support(ProposalFactory(process=proposal.process), 1)
            support(ProvisionFactory(proposal=proposal), 1)
    assert [queries(address) for address in addresses] == few
    assert max(few) <= 12
