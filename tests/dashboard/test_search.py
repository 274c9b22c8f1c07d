import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.actors.models import Alias
from tests.factories import ActorFactory, ArticleFactory, IssueFactory, ProposalFactory, StatementFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Zelensky", "Volodymyr Zelenskyy"),
        ("selenskyj", "Volodymyr Zelenskyy"),
        ("Orban", "Viktor Orbán"),
        ("Зеленський", "Volodymyr Zelenskyy"),
        ("what did Zelensky say", "Volodymyr Zelenskyy"),
    ],
)
def test_misspelt_names_are_found(client: Client, words: str, name: str) -> None:
    zelenskyy = ActorFactory(name="Volodymyr Zelenskyy", slug="zelenskyy", kind="person")
    Alias.objects.create(actor=zelenskyy, text="Selenskyj", language="de", kind="transliteration")
    Alias.objects.create(actor=zelenskyy, text="Зеленський", language="uk")
    ActorFactory(name="Viktor Orbán", slug="orban", kind="person")
    ActorFactory(name="Austria", slug="austria")
    page = client.get("/search/", {"q": words}).content.decode()
    slug = name.rsplit(" ", 1)[1].lower().replace("á", "a")
    assert f'href="/actors/{slug}/"' in page
    assert "/actors/austria/" not in page


def test_targets_quotes_and_articles_are_found_with_highlights(client: Client) -> None:
    IssueFactory(name="Security guarantees", slug="guarantees", terms=["backstop"])
    StatementFactory(article=ArticleFactory(title="Guarantees & pledges", text_kind="note"))
    assert "<mark>guarantees</mark>" in client.get("/search/?q=guarantee").content.decode().lower()
    assert "/issues/guarantees/" in client.get("/search/?q=backstop").content.decode()
    assert "We <mark>back</mark> the plan" in client.get("/search/?q=back").content.decode()
    assert "<mark>Guarantees</mark> &amp; pledges" in client.get("/search/?q=guarantees").content.decode()


def test_quotes_are_counted_by_position_and_year_and_narrowed_by_them(client: Client) -> None:
    StatementFactory(position="oppose", said_on=dt.date(2024, 5, 1), actor__name="Borduria")
    StatementFactory(position="support", actor__name="Syldavia")
    found = client.get("/search/?q=back").context
    assert [(mark.position, number) for mark, number in found["facets"].positions] == [("oppose", 1), ("support", 1)]
    assert found["facets"].years == [(2025, 1), (2024, 1)]
    narrowed = client.get("/search/?q=back&kind=quotes&position=oppose").context["quotes"]
    assert [statement.actor.name for statement, _ in narrowed] == ["Borduria"]
    narrowed = client.get("/search/?q=back&kind=quotes&year=2025").context["quotes"]
    assert [statement.actor.name for statement, _ in narrowed] == ["Syldavia"]
    assert client.get("/search/?q=back&year=x").status_code == 400


def test_each_kind_says_how_many_there_are(client: Client) -> None:
    for number in range(8):
        ActorFactory(name=f"Kyiv group {number}")
    page = client.get("/search/?q=Kyiv+group")
    assert {name: number for name, _, number in page.context["kinds"]}["actors"] == 8
    assert len(page.context["actors"]) == 6
    assert len(client.get("/search/?q=Kyiv+group&kind=actors").context["actors"]) == 8


def test_words_still_being_typed_find(client: Client) -> None:
    StatementFactory()
    response = client.get("/search/?q=agr", headers={"HX-Request": "true"})
    assert "<mark>agrees</mark>" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_readers_find_nothing_of_candidates_and_no_text_outside_passages(client: Client) -> None:
    StatementFactory(state="candidate", article=ArticleFactory(title="Unseen"))
    StatementFactory(article=ArticleFactory(title="Seen", text="We back the plan if Kyiv agrees. Zebras graze."))
    assert "Unseen" not in client.get("/search/?q=Kyiv").content.decode()
    page = client.get("/search/?q=zebras").content.decode()
    assert "Seen" in page
    assert "graze" not in page


@pytest.mark.parametrize("words", ["xyzzy qwxv", "' OR 1=1 --", "!!! &&& |||", '"', "\\", "%", "a" * 300, "\x00"])
def test_nothing_found_is_no_dead_end(client: Client, words: str) -> None:
    ProposalFactory(name="Geneva framework")
    response = client.get("/search/", {"q": words})
    assert response.status_code == 200
    assert "Geneva framework" in response.content.decode()


def test_markup_in_the_search_is_escaped(client: Client) -> None:
    assert "<script>x" not in client.get("/search/", {"q": "<script>x"}).content.decode()


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    StatementFactory(actor__name="Kyiv group")
    few = queries("/search/?q=Kyiv")
    for number in range(4):
        StatementFactory(actor__name=f"Kyiv group {number}", target__name=f"Kyiv plan {number}")
    assert queries("/search/?q=Kyiv") == few <= 12
