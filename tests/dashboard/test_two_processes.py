"""Nothing takes one war for granted: two processes stand side by side, and each by itself."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from peacetracker.actors.models import Actor
from peacetracker.dataset.loading import load_data_set
from peacetracker.proposals.models import Party
from tests.factories import ActorFactory, IssueFactory, ProcessFactory, ProposalFactory, StanceFactory

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2] / "data"
LISTS = ["/", "/proposals/", "/issues/", "/shifts/", "/timeline/?month=2025-11", "/matrix/", "/matrix/?kind=issue"]


def shown(page: str) -> str:
    """What a page shows, without what its form offers."""
    return page.split("<main")[1].split("</form>")[-1].split("<footer")[0]


def test_both_data_sets_on_every_page(client: Client) -> None:
    ukraine = load_data_set(DATA / "ukraine").data_set
    shared = {actor.slug for actor in load_data_set(DATA / "sample").data_set.actors} & {a.slug for a in ukraine.actors}
    assert shared > {"sudan", "united-states"}
    names = {actor.slug: actor.name for actor in ukraine.actors}
    for actor in Actor.objects.filter(slug__in=shared):
        assert actor.name == names[actor.slug], "two data sets in one record would change it back and forth"
    for address in (
        *LISTS, "/actors/", "/actors/sudan/", "/actors/united-states/", "/alignment/", "/agreement/?process=sudan",
        "/map/?target=sudan-quad-roadmap", "/compare/?a=sudan-quad-roadmap&b=sudan-idris-initiative",
        "/proposals/sudan-idris-initiative/", "/proposals/sudan-idris-initiative/2/", "/issues/sudan-ceasefire/",
        "/positions/sudan/sudan-us-truce-2025/", "/search/?q=Burhan", "/proposals/unga-es-11-7/",
        "/positions/sudan/unga-es-11-7/",
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
    for address in LISTS:
        sep = "&" if "?" in address else "?"
        one, other = (shown(client.get(f"{address}{sep}process={slug}").text) for slug in ("sudan", "russia-ukraine"))
        assert "Zelensky" not in one, address
        assert "Burhan" not in other, address
    sudan = client.get("/positions/sudan/unga-es-11-7/").text
    assert "Sudan voted against" in sudan
    assert "accepted by the rule “roll call”" in sudan


@pytest.fixture
def two() -> list[str]:
    """Two wars with a plan, an issue and a belligerent each."""
    for name in ("North", "South"):
        process = ProcessFactory(slug=name.lower(), name=f"War of the {name}")
        actor = ActorFactory(name=f"{name} army")
        Party.objects.create(process=process, actor=actor, role="belligerent")
        for target in (
            ProposalFactory(process=process, name=f"{name} plan"),
            IssueFactory(process=process, name=f"{name} truce"),
        ):
            StanceFactory(actor=actor, target=target)
    return ["North", "South"]


@pytest.mark.parametrize(
    "page", ["/", "/proposals/", "/issues/", "/matrix/", "/timeline/?month=2025-11", "/alignment/"]
)
def test_a_page_about_one_process(client: Client, two: list[str], page: str) -> None:
    sep = "&" if "?" in page else "?"
    text = client.get(f"{page}{sep}process=north").text.split("<main")[1]
    assert "South plan" not in text.replace("or the provisions of", "").split("</form>")[-1]
    assert "War of the South" in text, "a way to the other one"
    assert client.get(f"{page}{sep}process=west").status_code == 400


def test_the_parties_of_each_process_stand_apart(client: Client, two: list[str]) -> None:
    matrices = client.get("/").context["matrices"]
    assert [
        (str(process), [actor.name for actor in matrix.actors], [target.name for target in matrix.targets])
        for process, matrix in matrices
    ] == [(f"War of the {name}", [f"{name} army"], [f"{name} truce"]) for name in two]
    assert [str(process) for process, _ in client.get("/?process=south").context["matrices"]] == ["War of the South"]


def test_one_process_needs_no_choice(client: Client) -> None:
    StanceFactory()
    for page in ("/", "/proposals/", "/issues/"):
        assert "All processes" not in client.get(page).text


class TestVotes:
    """Votes on resolutions stand apart from what was said."""

    @pytest.fixture
    def france(self) -> str:
        actor = ActorFactory(slug="france", name="France")
        StanceFactory(actor=actor, target=ProposalFactory(name="The plan"))
        StanceFactory(actor=actor, target=ProposalFactory(name="The resolution", is_resolution=True))
        return "france"

    @pytest.mark.parametrize(
        ("made", "shown"),
        [("", {"The plan", "The resolution"}), ("spoken", {"The plan"}), ("vote", {"The resolution"})],
    )
    def test_on_an_actors_page(self, client: Client, france: str, made: str, shown: set[str]) -> None:
        groups = client.get(f"/actors/{france}/", {"made": made}).context["by_kind"]
        assert {lane.target.name for _, lanes, _ in groups for lane in lanes} == shown

    @pytest.mark.parametrize(("made", "number"), [("", 1), ("vote", 1), ("all", 2)])
    def test_in_the_list_of_actors(self, client: Client, france: str, made: str, number: int) -> None:
        listed = client.get("/actors/", {"made": made}).context["groups"][0][1]
        assert [one.positions for one in listed if one.actor.slug == france] == [number]

    def test_where_parties_could_meet(self, client: Client, france: str) -> None:
        resolution = ProposalFactory(is_resolution=True, tabled_on=dt.date(2025, 11, 20))
        party = ActorFactory()
        Party.objects.create(process=resolution.process, actor=party, role="belligerent")
        StanceFactory(actor=party, target=resolution)
        assert client.get("/agreement/", {"process": resolution.process.slug}).context["count"] == 0


def test_the_number_of_queries_does_not_depend_on_actors(client: Client, queries: Callable[[str], int]) -> None:
    target = IssueFactory()
    StanceFactory(target=target)
    few = queries("/")
    for _ in range(5):
        StanceFactory(target=target)
    assert queries("/") == few
