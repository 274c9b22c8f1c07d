import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from peacetracker.database.fields import period
from peacetracker.proposals.models import Party
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    IssueFactory,
    ProposalFactory,
    StanceFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db


def test_it_says_what_is_on_the_table_with_its_tally(client: Client) -> None:
    proposal = ProposalFactory(name="Plan of twelve points")
    StanceFactory(target=proposal, position="oppose")
    StanceFactory(target=proposal, position="oppose")
    text = client.get("/").text
    assert "Plan of twelve points" in text
    assert "2 oppose" in text


def test_what_somebody_speaks_of_comes_before_newer_silence(client: Client) -> None:
    spoken_of = ProposalFactory()
    StanceFactory(target=spoken_of)
    for days in range(1, 8):
        ProposalFactory(tabled_on=DAY + dt.timedelta(days=days))
    shown = [proposal for proposal, _ in client.get("/").context["proposals"]]
    assert shown[0] == spoken_of
    assert len(shown) == 6
    assert "More on the table" in client.get("/").text


def test_what_was_replaced_is_off_the_table(client: Client) -> None:
    ProposalFactory(name="Old plan", status="superseded")
    assert "Old plan" not in client.get("/").text
    # On a past day its later status says nothing.
    assert "Old plan" in client.get(f"/?on={DAY}").text
    assert "Old plan" not in client.get("/?on=2025-11-19").text


def test_it_tells_shifts_with_before_and_after(client: Client) -> None:
    actor, issue = ActorFactory(name="Hungary"), IssueFactory(name="EU membership")
    turn = DAY + dt.timedelta(days=10)
    StanceFactory(actor=actor, target=issue, position="oppose", period=period(DAY, turn))
    StanceFactory(actor=actor, target=issue, position="support", period=period(turn, None))
    text = client.get("/").text
    assert "moved from" in text
    assert "We back the plan if Kyiv agrees" in text
    assert f'<time datetime="{turn}">' in text
    assert "moved from" not in client.get(f"/?on={DAY}").text


def test_it_tells_the_weeks_news_or_else_the_last(client: Client) -> None:
    first, last = DAY + dt.timedelta(days=10), DAY + dt.timedelta(days=40)
    for turn in (first, last):
        actor, issue = ActorFactory(), IssueFactory()
        StanceFactory(actor=actor, target=issue, position="oppose", period=period(DAY, turn))
        StanceFactory(actor=actor, target=issue, position="support", period=period(turn, None))
    within = client.get(f"/?on={last + dt.timedelta(days=6)}")
    assert [shift.period.lower for shift in within.context["news"].shifts] == [last]
    assert "What changed this week" in within.text
    after = client.get(f"/?on={last + dt.timedelta(days=7)}")
    assert [shift.period.lower for shift in after.context["news"].shifts] == [last, first]
    assert "the last one was on 31 December 2025" in after.text


def test_it_shows_where_the_parties_stand(client: Client) -> None:
    stance = StanceFactory(actor__name="Ruritania", target=IssueFactory())
    Party.objects.create(process=stance.target.process, actor=stance.actor, role="belligerent")
    response = client.get("/")
    assert [actor.name for actor in response.context["matrix"].actors] == ["Ruritania"]
    assert f"/positions/{stance.actor.slug}/{stance.target.slug}/" in response.text


def test_a_roll_call_is_one_piece_of_news(client: Client) -> None:
    article, issue = ArticleFactory(), IssueFactory()
    for name in ("Qatar", "Singapore"):
        StatementFactory(article=article, target=issue, actor=ActorFactory(name=name), position="neutral")
    (saying,) = client.get("/").context["sayings"]
    assert {statement.actor.name for statement in saying} == {"Qatar", "Singapore"}


def test_candidates_are_not_shown(client: Client) -> None:
    StatementFactory(state="candidate")
    assert not client.get("/").context["sayings"]


def test_the_number_of_queries_is_constant(queries: Callable[[str], int], support: Callable[..., None]) -> None:
    proposal, issue = ProposalFactory(), IssueFactory()
    support(proposal, 3)
    support(issue, 3)
    for stance in proposal.stances.all():
        Party.objects.create(process=proposal.process, actor=stance.actor, role="mediator")
    few = queries("/")
    support(proposal, 27, position="oppose")
    for _ in range(5):
        support(ProposalFactory(process=proposal.process), 2)
    for stance in proposal.stances.all()[3:]:
        Party.objects.get_or_create(process=proposal.process, actor=stance.actor, role="supporter")
    assert queries("/") == few
    assert few <= 12
