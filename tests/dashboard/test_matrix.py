import csv
import datetime as dt
import random
import re
from collections.abc import Callable
from typing import Any

import brotli
import pytest
from django.test import Client
from django.utils.text import slugify

from peacetracker.actors.models import Actor, Affiliation
from peacetracker.dashboard.compression import QUALITY
from peacetracker.dashboard.matrix import Cell, Matrix
from peacetracker.dashboard.matrix_rows import body
from peacetracker.dashboard.positions import MARKS
from peacetracker.database.fields import period
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
    cell = re.search(rf'<td><a href="/positions/{stance.actor.slug}/{stance.target.slug}/".*?</td>', text, re.DOTALL)
    assert cell
    assert 'class="p-2"' in cell[0]
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


def test_targets_stand_together_that_divide_actors_alike(client: Client) -> None:
    split, same, other = (ProposalFactory(name=name) for name in ("Split", "Other", "Split too"))
    for name, stands in {"A": (2, 2, -2), "B": (-2, -2, 2), "C": (2, 2, -2), "D": (-2, -2, 2)}.items():
        actor = ActorFactory(name=name)
        for target, value in zip((split, other, same), stands, strict=True):
            StanceFactory(actor=actor, target=target, position="support" if value > 0 else "oppose")
    columns = shown(client, sort="similarity")[1]
    assert abs(columns.index("Split") - columns.index("Split too")) == 1


def test_actors_and_targets_can_be_chosen(client: Client) -> None:
    _, spain, _ = (StanceFactory(actor__name=n, actor__slug=n.lower()) for n in ("France", "Spain", "Italy"))
    assert shown(client, actor=["france", "spain"])[0] == ["France", "Spain"]
    assert shown(client, actor="france", target=spain.target.slug) == (["France"], [spain.target.name])
    assert len(shown(client, actor="nobody-of-that-name")[0]) == 3
    assert 'value="italy" checked' in client.get("/matrix/?actor=italy").text


def test_two_days_are_compared(client: Client) -> None:
    turn, plan = DAY + dt.timedelta(days=10), ProposalFactory()
    hungary, france, spain, italy = (
        ActorFactory(name=n, slug=n.lower()) for n in ("Hungary", "France", "Spain", "Italy")
    )
    StanceFactory(actor=hungary, target=plan, position="oppose", period=period(DAY, turn))
    StanceFactory(actor=hungary, target=plan, position="support", period=period(turn, None))
    StanceFactory(actor=france, target=plan, position="support", period=period(turn, None))
    StanceFactory(actor=spain, target=plan, position="neutral", period=period(DAY, turn))
    StanceFactory(actor=italy, target=plan, position="neutral", period=period(DAY, None))
    response = client.get("/matrix/", {"then": str(DAY)})
    was = {actor: (cell.was, cell.position) for (actor, _), cell in response.context["matrix"].cells.items()}
    assert was == {
        hungary.pk: ("oppose", "support"), france.pk: ("", "support"), spain.pk: ("neutral", ""),
        italy.pk: ("neutral", "neutral"),
    }  # fmt: skip
    assert '<s class="p-1"><i>✕</i>opposes</s><b class="p-5"><i>✓</i>supports</b>' in response.text
    assert shown(client, then=str(DAY), show="shifts", sort="name")[0] == ["France", "Hungary", "Spain"]


def test_only_shifts(client: Client) -> None:
    turn, plan, hungary = DAY + dt.timedelta(days=10), ProposalFactory(), ActorFactory(name="Hungary")
    StanceFactory(actor=hungary, target=plan, position="oppose", period=period(DAY, turn))
    StanceFactory(actor=hungary, target=plan, position="support", period=period(turn, None))
    StanceFactory(target=plan)
    assert shown(client, show="shifts") == (["Hungary"], [plan.name])
    assert shown(client, show="shifts", on=str(DAY)) == ([], [])


def test_actors_are_grouped(client: Client) -> None:
    plan = ProposalFactory()
    brazil, france, kenya, church = (
        ActorFactory(name=name, iso3=iso3, kind="state" if iso3 else "organisation")
        for name, iso3 in (("Brazil", "BRA"), ("France", "FRA"), ("Kenya", "KEN"), ("Church", ""))
    )
    for actor in (brazil, france, kenya, church):
        StanceFactory(actor=actor, target=plan)
    union = ActorFactory(name="A union", kind="bloc")
    Affiliation.objects.create(actor=france, organisation=union, kind="member")
    Party.objects.create(process=plan.process, actor=kenya, role="mediator")

    def groups(by: str) -> list[tuple[str, list[str]]]:
        matrix = client.get("/matrix/", {"group": by, "sort": "name"}).context["matrix"]
        return [(name, [actor.name for actor in actors]) for name, actors in matrix.groups]

    assert groups("continent") == [
        ("Africa", ["Kenya"]), ("Americas", ["Brazil"]), ("Europe", ["France"]), ("Not a state", ["Church"]),
    ]  # fmt: skip
    assert groups("bloc")[0] == ("A union", ["France"])
    assert groups("role")[0] == ("Mediators", ["Kenya"])
    assert '<th scope="rowgroup" colspan="2">Africa' in client.get("/matrix/?group=continent").text


def test_targets_can_stand_in_rows(client: Client) -> None:
    stance = StanceFactory(actor__name="France", target__name="The plan")
    text = client.get("/matrix/?rows=target").text
    assert re.search(r'<th scope="row"><a href="[^"]+">The plan</a></th>', text)
    assert f'<td><a href="/positions/{stance.actor.slug}/{stance.target.slug}/"' in text
    assert "<span> France</span>" in text


def test_it_is_also_data(client: Client) -> None:
    stance = StanceFactory(position="support_if", condition="=Kyiv agrees")
    StanceFactory(actor__kind="person", actor__slug="somebody-else")
    rows = list(csv.DictReader(client.get("/matrix/?actor_kind=state&format=csv").text.splitlines()))
    assert [row["actor"] for row in rows] == [stance.actor.slug]
    assert rows[0]["position"] == "support_if"
    answer = client.get("/matrix/?actor_kind=state&format=json").json()
    assert [row["target"] for row in answer["rows"]] == [stance.target.slug]
    assert answer["page"].endswith(f"?actor_kind=state&on={answer['on']}")
    assert client.get("/matrix/?format=xls").status_code == 400


def test_the_largest_matrix_stays_light() -> None:
    """200 actors on 60 targets, every cell filled: at most 60 KB compressed, with some left for what is around it."""
    words = ["united", "north", "south", "republic", "islands", "saint", "new", "democratic", "people", "kingdom"]
    names = [f"{one} {other} {n}" for n in range(2) for one in words for other in words]
    actors = [Actor(pk=n, slug=slugify(name), name=name) for n, name in enumerate(names)]
    targets = [Target(pk=n, slug=f"{words[n % 10]}-proposal-of-{n}", name=f"Plan {n}", kind="issue") for n in range(60)]
    chance = random.Random(1)  # noqa: S311 - the worst case to compress: no two cells alike but by chance
    cells = {(a.pk, t.pk): Cell(chance.choice(list(MARKS))) for a in actors for t in targets}
    assert len(cells) == 12_000
    assert len(brotli.compress(body(Matrix(actors, targets, cells)).encode(), quality=QUALITY)) < 55_000


@pytest.mark.parametrize(
    "name", ["process", "kind", "proposal", "actor_kind", "bloc", "role", "show", "sort", "group", "rows", "then"]
)
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
    rows = body(
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
    addresses = [
        "/matrix/", f"/matrix/?proposal={proposal.slug}", "/matrix/?kind=issue&role=any&show=all",
        f"/matrix/?group=bloc&then={DAY}&sort=similarity", "/matrix/?group=role&show=shifts", "/matrix/?format=csv",
    ]  # fmt: skip
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
