import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.actors.models import Affiliation
from peacetracker.database.fields import period
from tests.factories import ActorFactory, ProposalFactory, ProvisionFactory, StanceFactory, StatementFactory

pytestmark = pytest.mark.django_db
D = dt.date


def test_list_counts_positions_by_kind(client: Client) -> None:
    france = ActorFactory(name="France")
    StanceFactory(actor=france)
    StanceFactory(actor=france, position="oppose")
    ActorFactory(name="NATO", kind="organisation")
    page = client.get("/actors/").content.decode()
    assert "France" in page
    assert "International organisations" in page
    assert "1 opposes, 1 supports" in page


def test_list_finds_misspelt_names_and_answers_htmx_with_the_list_alone(client: Client) -> None:
    ActorFactory(name="Viktor Orbán", kind="person")
    ActorFactory(name="France")
    response = client.get("/actors/?q=orban", headers={"HX-Request": "true"})
    assert "Viktor Orbán" in response.content.decode()
    assert "France" not in response.content.decode()
    assert "<html" not in response.content.decode()


def test_unknown_kind_is_a_400_that_says_what_to_do(client: Client) -> None:
    response = client.get("/actors/?kind=planet")
    assert response.status_code == 400
    assert "state" in response.content.decode()


def test_actor_shows_positions_of_the_day_with_their_proof(client: Client) -> None:
    stance = StanceFactory(actor__slug="france", position="support_if", condition="Kyiv agrees")
    page = client.get("/actors/france/").content.decode()
    assert "supports with conditions" in page
    assert "Kyiv agrees" in page
    assert "We back the plan if Kyiv agrees" in page
    assert stance.target.name in page
    before = client.get("/actors/france/?on=2025-11-01").content.decode()
    assert "No stated position by 1 November 2025" in before


def test_actor_shows_shifts_with_the_words_before_and_after(client: Client) -> None:
    france, plan = ActorFactory(slug="france"), ProposalFactory()
    StanceFactory(actor=france, target=plan, position="oppose", period=period(D(2025, 11, 21), D(2025, 12, 1)))
    StanceFactory(actor=france, target=plan, position="support", period=period(D(2025, 12, 1), None))
    page = client.get("/actors/france/").content.decode()
    assert '<h2 id="shifts">' in page
    assert "opposes from 21 November 2025 to 30 November 2025" in page  # the lane in words
    early = client.get("/actors/france/?on=2025-11-25").content.decode()
    assert '<h2 id="shifts">' not in early


def test_bloc_shows_where_its_members_differ(client: Client) -> None:
    union, hungary, spain = (
        ActorFactory(slug="eu", kind="bloc"),
        ActorFactory(name="Hungary"),
        ActorFactory(name="Spain"),
    )
    for member in (hungary, spain):
        Affiliation.objects.create(actor=member, organisation=union, kind="member")
    plan = ProposalFactory()
    StanceFactory(actor=union, target=plan, position="oppose")
    StanceFactory(actor=hungary, target=plan, position="support")
    StanceFactory(actor=spain, target=plan, position="oppose")
    page = client.get("/actors/eu/").content.decode()
    differing = page[page.index('id="differing"') : page.index('id="history"')]
    assert "Hungary" in differing
    assert "Spain" not in differing


def test_votes_stand_apart_and_brief(client: Client) -> None:
    france = ActorFactory(slug="france")
    StanceFactory(actor=france, target__name="The plan")
    StanceFactory(actor=france, target__name="The resolution", target__is_resolution=True)
    page = client.get("/actors/france/")
    groups = [(head, [lane.target.name for lane in held]) for head, held, _ in page.context["by_kind"]]
    assert groups == [("Proposals", ["The plan"]), ("Resolutions put to the vote", ["The resolution"])]
    assert page.text[: page.text.index('id="history"')].count("We back the plan if Kyiv agrees") == 1


def test_member_shows_where_it_leaves_the_line_of_its_bloc(client: Client) -> None:
    union, hungary = ActorFactory(name="The Union", kind="bloc"), ActorFactory(name="Hungary", slug="hungary")
    Affiliation.objects.create(actor=hungary, organisation=union, kind="member")
    agreed, disputed = ProposalFactory(), ProposalFactory()
    for target, position in ((agreed, "support"), (disputed, "oppose")):
        StanceFactory(actor=union, target=target, position=position)
        StanceFactory(actor=hungary, target=target, position="support")
    page = client.get("/actors/hungary/")
    (split,) = page.context["leaves_line"]
    assert split.own.target == disputed
    assert [other.actor.name for other in split.others] == ["The Union"]
    assert not page.context["splits"]


def test_voices_that_say_something_else_are_named(client: Client) -> None:
    stance = StanceFactory(actor__slug="france", position="support")
    minister = ActorFactory(name="A minister", kind="person")
    StatementFactory(actor=stance.actor, target=stance.target, speaker=minister, position="oppose")
    (discord,) = client.get("/actors/france/").context["discords"]
    ((statement, held),) = discord.statements
    assert (statement.speaker, held) == (minister, stance)
    assert "while its position was" in client.get("/actors/france/").text


def test_nearest_and_farthest(client: Client) -> None:
    plans = [ProposalFactory() for _ in range(3)]
    positions = {"France": "support", "Russia": "oppose", **dict.fromkeys(["A", "B", "C", "D", "E"], "support")}
    for name, position in positions.items():
        actor = ActorFactory(name=name, slug=name.lower())
        for plan in plans:
            StanceFactory(actor=actor, target=plan, position=position)
    StanceFactory(actor__name="A stranger", target=plans[0])
    context = client.get("/actors/france/").context
    assert [(one.name, one.percent, one.overlap) for one in context["nearest"]] == [(n, 100, 3) for n in "ABCDE"]
    assert [(one.name, one.percent) for one in context["farthest"]] == [("Russia", 0)]


def test_positions_of_an_actor_are_also_data(client: Client) -> None:
    stance = StanceFactory(actor__slug="france")
    StanceFactory()
    assert [row["target"] for row in client.get("/actors/france/?format=json").json()["rows"]] == [stance.target.slug]


def test_person_without_positions_points_to_whom_it_speaks_for(client: Client) -> None:
    macron, france = ActorFactory(slug="macron", kind="person"), ActorFactory(name="France")
    Affiliation.objects.create(
        actor=macron, organisation=france, kind="speaks_for", role="president", period=period(D(2017, 5, 14), None)
    )
    StatementFactory(actor=france, speaker=macron)
    page = client.get("/actors/macron/").content.decode()
    assert "No position of its own is recorded" in page
    assert "since 14 May 2017" in page
    assert "We back the plan if Kyiv agrees" in page


@pytest.mark.parametrize("words", ["\0", "%_\\", "'"])
def test_odd_names_find_nobody(client: Client, words: str) -> None:
    assert client.get("/actors/", {"q": words}).status_code == 200


def test_unknown_actor_is_not_found(client: Client) -> None:
    assert client.get("/actors/atlantis/").status_code == 404


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    union = ActorFactory(slug="eu", kind="bloc")
    StanceFactory(actor=union)
    few = queries("/actors/eu/"), queries("/actors/")
    for _ in range(4):
        member = ActorFactory()
        Affiliation.objects.create(actor=member, organisation=union, kind="member")
        stance = StanceFactory(actor=union, target=ProvisionFactory())
        StanceFactory(actor=member, target=stance.target, position="oppose")
    many = queries("/actors/eu/"), queries("/actors/")
    assert many[0] <= few[0] + 1  # members are asked for once there are any
    assert many[1] == few[1]
    assert max(many) <= 12
