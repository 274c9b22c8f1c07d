import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.dashboard.evidence import AROUND
from peacetracker.database.fields import period
from peacetracker.stances.models import Stance
from tests.factories import DAY, ActorFactory, ArticleFactory, IssueFactory, StanceFactory, StatementFactory

pytestmark = pytest.mark.django_db


def address(stance: Stance) -> str:
    return f"/positions/{stance.actor.slug}/{stance.target.slug}/"


def test_it_proves_the_stance(client: Client) -> None:
    stance = StanceFactory(position="support_if", condition="Kyiv agrees")
    text = client.get(address(stance)).text
    assert "supports with conditions" in text
    assert "Kyiv agrees" in text
    assert "“We back the plan if Kyiv agrees”" in text
    assert "<mark>We back the plan if Kyiv agrees</mark>,” the minister said in Łódź" in text
    assert 'href="https://news.example/' in text
    assert "B6" in text
    assert "Rests on 1 statement." in text
    assert f"One independent source:\n        {stance.statements.get().article.source}" in text


def test_readers_see_a_passage_never_the_whole_article(client: Client) -> None:
    quote = "We would sign"
    article = ArticleFactory(text=f"HEAD {'before ' * 200}{quote} {'after ' * 200}TAIL")
    statement = StatementFactory(article=article, quote=quote)
    text = client.get(f"/positions/{statement.actor.slug}/{statement.target.slug}/").text
    assert f"<mark>{quote}</mark>" in text
    assert "HEAD" not in text
    assert "TAIL" not in text
    assert text.count("before ") <= AROUND // 7 + 1
    assert "… before" in text


@pytest.mark.parametrize("quote", ["Paris would not sign", "🕊️ yesterday."])
def test_a_passage_at_the_edge_of_its_article(client: Client, quote: str) -> None:
    statement = StatementFactory(quote=quote)
    text = client.get(f"/positions/{statement.actor.slug}/{statement.target.slug}/").text
    assert f"<mark>{quote}</mark>" in text
    assert "… " not in text.partition("<mark>")[0].rpartition("<p lang")[2]


def test_the_position_of_a_day_and_its_history(client: Client) -> None:
    actor, issue = ActorFactory(), IssueFactory()
    turn = DAY + dt.timedelta(days=10)
    first = StanceFactory(actor=actor, target=issue, position="oppose", period=period(DAY, turn))
    second = StanceFactory(actor=actor, target=issue, position="support", period=period(turn, None))
    page = client.get(address(first))
    assert page.context["stance"] == second
    assert page.context["history"] == [second, first]
    assert "21 Nov 2025 – 30 Nov 2025" in page.text
    then = client.get(f"{address(first)}?on={DAY}")
    assert then.context["stance"] == first
    assert "The record goes on after this day" in then.text
    assert len(then.context["resting"]) == 1
    before = client.get(f"{address(first)}?on=2025-11-20")
    assert before.context["stance"] is None
    assert "no stated position" in before.text


def test_no_stated_position(client: Client) -> None:
    actor, issue = ActorFactory(name="Poland"), IssueFactory()
    StanceFactory(target=issue, position="oppose")
    text = client.get(f"/positions/{actor.slug}/{issue.slug}/").text
    assert "no stated position" in text
    assert "That is not neutrality" in text
    assert "1 opposes" in text


def test_contradictions_are_named(client: Client) -> None:
    stance = StanceFactory(position="support")
    StatementFactory(actor=stance.actor, target=stance.target, position="oppose", said_on=DAY)
    StatementFactory(actor=stance.actor, target=stance.target, position="neutral", said_on=DAY)
    page = client.get(address(stance))
    assert [bool(each.contradicts) for each in page.context["others"]].count(True) == 1
    assert "Contradicts the stance of that day" in page.text


def test_only_accepted_statements_count(client: Client) -> None:
    statement = StatementFactory(state="candidate")
    response = client.get(f"/positions/{statement.actor.slug}/{statement.target.slug}/")
    assert not response.context["others"]


def test_a_syndicated_copy_is_no_second_source(client: Client) -> None:
    stance = StanceFactory()
    first = stance.statements.get()
    copy = ArticleFactory(syndicated_from=first.article)
    second = StatementFactory(actor=stance.actor, target=stance.target, article=copy)
    stance.evidence.create(statement=second)
    page = client.get(address(stance))
    assert "Rests on 2 statements." in page.text
    assert [one.source for one in page.context["publishers"]] == [first.article.source]
    assert f'Taken over by: <a href="{copy.url}"' in page.text
    assert "no source of its own" in page.text


def test_a_copy_alone_stands_for_the_first(client: Client) -> None:
    first = ArticleFactory()
    statement = StatementFactory(article=ArticleFactory(syndicated_from=first))
    stance = StanceFactory(actor=statement.actor, target=statement.target, evidence=[statement])
    assert [one.source for one in client.get(address(stance)).context["publishers"]] == [first.source]


def test_independent_sources_corroborate(client: Client) -> None:
    stance = StanceFactory()
    better = StatementFactory(actor=stance.actor, target=stance.target, article__source__reliability="A", credibility=1)
    stance.evidence.create(statement=better)
    page = client.get(address(stance))
    assert [one.grades for one in page.context["publishers"]] == [["A1"], ["B6"]]
    assert "Independent sources: 2, namely" in page.text


def test_the_archived_copy_is_named(client: Client) -> None:
    stance = StanceFactory()
    stance.statements.get().article.snapshots.create(
        url="https://news.example/",
        digest="ab" * 32,
        fetched_at=dt.datetime(2025, 11, 22, 9, 30, tzinfo=dt.UTC),
        file="2025-11.warc.gz",
        offset=0,
        length=1,
        size=1,
    )
    text = client.get(address(stance)).text
    assert "Archived 22 November 2025, 09:30 UTC" in text
    assert "ab" * 32 in text


def test_its_statements_are_also_data(client: Client) -> None:
    stance = StanceFactory()
    (row,) = client.get(f"{address(stance)}?format=json").json()["rows"]
    assert row["quote"] == "We back the plan if Kyiv agrees"
    assert client.get(f"{address(stance)}?format=json&on=2025-11-20").json()["rows"] == []


def test_the_drawer_gets_the_evidence_alone(client: Client) -> None:
    stance = StanceFactory()
    response = client.get(address(stance), headers={"HX-Request": "true"})
    assert response.text.lstrip().startswith('<article class="cell">')
    assert "Open as a page" in response.text


def test_texts_are_escaped(client: Client) -> None:
    nasty = "<script>alert(1)</script>"
    statement = StatementFactory(
        article__text=f"{nasty} says {nasty}!",
        quote=nasty,
        article__title=nasty,
        article__source__name=nasty,
        speaker_name=nasty,
        role=nasty,
        actor__name=nasty,
        target__name=nasty,
    )
    text = client.get(f"/positions/{statement.actor.slug}/{statement.target.slug}/").text
    assert "<script>alert" not in text


def test_an_address_that_is_no_web_page_is_no_link(client: Client) -> None:
    statement = StatementFactory(article__url="javascript:alert(1)")
    text = client.get(f"/positions/{statement.actor.slug}/{statement.target.slug}/").text
    assert "javascript:" not in text


def test_the_number_of_queries_is_constant(queries: Callable[[str], int], support: Callable[..., None]) -> None:
    stance = StanceFactory()
    few = queries(address(stance))
    support(stance.target, 30)
    for n in range(30):
        StatementFactory(actor=stance.actor, target=stance.target, said_on=DAY + dt.timedelta(days=n))
    assert queries(address(stance)) == few
    assert few <= 12
