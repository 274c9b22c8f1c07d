"""The inbox: what waits, in which order, under which filters, with how many queries, for whom."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from peacetracker.desk import queue
from peacetracker.desk.models import Assignment, Claim
from peacetracker.stances import services
from peacetracker.stances.models import Statement
from tests.desk.conftest import Desk, candidate
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    ProposalFactory,
    SourceFactory,
    StanceFactory,
    StatementFactory,
)
from tests.people import ROLES, client_of, user_of

pytestmark = pytest.mark.django_db
LATER = DAY + dt.timedelta(days=9)


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, [302, 403, 200, 200, 200, 200], strict=True)), ids=ROLES)
def test_who_sees_it(role: str, status: int) -> None:
    candidate()
    assert client_of(role).get("/desk/").status_code == status


class TestOrder:
    def test_a_shift_comes_before_a_first_position_and_that_before_what_confirms(self, desk: Desk) -> None:
        held = StanceFactory(position="oppose")
        cell = {"actor": held.actor, "target": held.target, "said_on": LATER}
        confirms = candidate(**cell, position="oppose")
        first = candidate()
        shift = candidate(**cell, position="support")
        entries = desk.open().context["page_of_list"].entries
        assert [entry.article for entry in entries] == [shift.article, first.article, confirms.article]

    def test_the_best_article_is_open_and_another_can_be(self, desk: Desk) -> None:
        one, other = candidate(confidence=0.4), candidate(confidence=0.9)
        assert desk.open().context["work"].article == other.article
        assert desk.open(f"?article={one.article_id}").context["work"].article == one.article
        assert desk.open("?article=999999").status_code == 404
        assert desk.open("?article=x").status_code == 200

    def test_an_echo_is_no_candidate_of_its_own(self, desk: Desk) -> None:
        first = candidate()
        echo = candidate(actor=first.actor, target=first.target)
        page = desk.open()
        assert (page.context["waiting"].candidates, len(page.context["page_of_list"].entries)) == (1, 1)
        assert "In 2 articles, decided once" in page.content.decode()
        assert "the same words elsewhere" in desk.open(f"?article={echo.article_id}").content.decode()

    def test_the_next_article_is_the_best_that_nobody_else_has_open(self, desk: Desk) -> None:
        best, second, third = (candidate(confidence=c) for c in (0.9, 0.6, 0.3))
        assert f"article={second.article_id}" in desk.open().context["next"]
        Claim.objects.create(article=second.article, editor=user_of("editor"))
        assert f"article={third.article_id}" in desk.open().context["next"]
        assert desk.open(f"?article={third.article_id}").context["next"].endswith(f"article={best.article_id}")


class TestFilters:
    def test_each_finds_what_it_says_and_counts_it(self, desk: Desk) -> None:
        one = candidate(confidence=0.9, article=ArticleFactory(language="fr"))
        candidate(confidence=0.5)
        made = candidate(confidence=None)
        Statement.objects.exclude(pk=one.pk).update(added_at=timezone.now() - dt.timedelta(days=20))
        chief = queue.editors().get(username="chief_editor")
        Assignment.objects.create(article=one.article, editor=chief, by=None)
        for query in (
            f"process={one.target.process.slug}",
            f"actor={one.actor.slug}",
            f"target={one.target.slug}",
            f"source={one.article.source.slug}",
            "language=fr",
            "confidence=0.8",
            "assigned=me",
            "age=7",
            f"actor={one.actor.slug}&confidence=0.4&age=30&assigned=me",
        ):
            context = desk.open(f"?{query}").context
            assert [entry.article for entry in context["page_of_list"].entries] == [one.article], query
            assert (context["waiting"].candidates, context["waiting"].articles) == (1, 1), query
        assert desk.open("?confidence=made").context["page_of_list"].entries[0].article == made.article
        assert desk.open("?assigned=nobody").context["waiting"].candidates == 2

    def test_none_and_nonsense_are_told(self, desk: Desk) -> None:
        candidate()
        assert "No candidate matches" in desk.open("?actor=nobody").content.decode()
        page = desk.open("?confidence=very&page=x").content.decode()
        assert "There is no confidence “very”" in page

    def test_pages_keep_the_filters(self, desk: Desk) -> None:
        actor = ActorFactory(slug="france")
        for _ in range(queue.ARTICLES_A_PAGE + 2):
            candidate(actor=actor)
        page = desk.open("?actor=france")
        assert len(page.context["page_of_list"].entries) == queue.ARTICLES_A_PAGE
        assert "?actor=france&amp;page=2" in page.content.decode()
        assert len(desk.open("?actor=france&page=2").context["page_of_list"].entries) == 2

    def test_nothing_waits(self, desk: Desk) -> None:
        assert "Nothing waits" in desk.open().content.decode()


class TestArticle:
    def test_what_an_editor_needs_to_decide_is_there(self, desk: Desk) -> None:
        stance = StanceFactory(position="oppose_unless", condition="Kyiv agrees")
        accepted = stance.statements.get()
        statement = candidate(
            actor=stance.actor, target=stance.target, said_on=LATER, cues=["verb: back"], warnings=["hedged"]
        )
        page = desk.open().content.decode()
        assert f'data-for="{statement.pk}">We back the plan if Kyiv agrees</mark>,”' in page
        assert "verb: back" in page
        assert "⚠ hedged" in page
        assert "opposes unless changed</a> <span" in page
        assert "Kyiv agrees</span> since 21 Nov 2025." in page
        assert "This would change it to" in page
        contradicting = desk.open().context["work"].items[0].contradicting
        assert contradicting == [accepted]

    def test_overlapping_spans_are_all_marked(self, desk: Desk) -> None:
        article = ArticleFactory(text="🕊️ One two three four five.")
        first = candidate(article=article, quote="One two three")
        second = candidate(article=article, quote="two three four", actor=first.actor)
        page = desk.open().content.decode()
        assert f'<mark id="span-{first.pk}" data-for="{first.pk}">One </mark>' in page
        assert f'<mark id="span-{second.pk}" data-for="{first.pk} {second.pk}">two three</mark>' in page

    def test_syndicated_copies_are_named(self, desk: Desk) -> None:
        statement = candidate()
        ArticleFactory(syndicated_from=statement.article, source=SourceFactory(name="The Copyist"))
        assert "The Copyist" in desk.open().content.decode()

    def test_what_is_missing_is_said_and_cannot_be_accepted(self, desk: Desk) -> None:
        candidate(actor=None, actor_name="the Quartet", said_on=None)
        page = desk.open().content.decode()
        assert "the Quartet" in page
        assert "before it has its actor, day" in page
        assert 'data-key="a"' not in page

    def test_what_the_world_wrote_stays_text(self, desk: Desk) -> None:
        text = "<script>alert(1)</script> said: we agree"
        candidate(article=ArticleFactory(text=text, title="<b>bold</b>"), quote="<script>alert(1)</script>")
        page = desk.open().content.decode()
        assert "<script>alert" not in page
        assert "<b>bold" not in page

    def test_htmx_gets_the_article_alone(self, desk: Desk) -> None:
        statement = candidate()
        page = desk.client.get(f"/desk/?article={statement.article_id}", headers={"HX-Request": "true"})
        assert page.content.decode().strip().startswith('<section id="workspace"')
        assert "no-store" in page["Cache-Control"]

    def test_queries_do_not_grow_with_candidates(self, desk: Desk) -> None:
        article = ArticleFactory()

        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert desk.open(f"?article={article.pk}").status_code == 200
            return len(queries)

        def fill(times: int) -> None:
            for _ in range(times):
                stance = StanceFactory()
                candidate(article=article, actor=stance.actor, target=stance.target, speaker=ActorFactory())
                candidate(article=article, target=ProposalFactory(), quote="Paris would not sign")
                candidate(target=None, target_name="a plan")

        fill(2)
        count()  # what the filters offer is asked for once a minute
        few = count()
        fill(6)
        assert count() == few
        assert few <= 30


class TestPresence:
    def test_who_comes_second_is_told_and_may_take_over(self, desk: Desk, editors_desk: Desk) -> None:
        article = candidate().article
        assert "has this article open" not in desk.post("presence", article.pk).content.decode()
        assert (
            "chief_editor</strong> has this article open" in editors_desk.post("presence", article.pk).content.decode()
        )
        assert "chief_editor is on it" in editors_desk.open().content.decode()
        assert "has this article open" not in editors_desk.post("presence", article.pk, take="1").content.decode()
        assert "editor</strong> has this" in desk.post("presence", article.pk).content.decode()

    def test_a_claim_lapses(self, desk: Desk, editors_desk: Desk) -> None:
        article = candidate().article
        desk.post("presence", article.pk)
        Claim.objects.update(seen_at=timezone.now() - dt.timedelta(minutes=11))
        assert "has this article open" not in editors_desk.post("presence", article.pk).content.decode()
        assert Claim.objects.get().editor.username == "editor"

    def test_assigning(self, desk: Desk, editors_desk: Desk) -> None:
        article = candidate().article
        desk.post("assign", article.pk, editor="editor")
        assert editors_desk.open("?assigned=me").context["waiting"].candidates == 1
        desk.post("assign", article.pk, editor="")
        assert not Assignment.objects.exists()
        assert desk.post("assign", article.pk, editor="nobody-known").status_code == 404


def test_suggestions_find_names_aliases_and_slips(desk: Desk) -> None:
    actor = ActorFactory(name="Emmanuel Macron")
    page = desk.client.get("/desk/suggest/actor/?q=emanuel").content.decode()
    assert f'data-key="{actor.pk}"' in page
    target = ProposalFactory(name="Lake <plan>")
    page = desk.client.get("/desk/suggest/target/?q=lake").content.decode()
    assert f'data-key="{target.pk}"' in page
    assert "Lake &lt;plan&gt;" in page
    assert "Nothing of that name" in desk.client.get("/desk/suggest/actor/?q=zzzz").content.decode()


def test_a_decided_statement_says_by_whom(desk: Desk) -> None:
    statement = StatementFactory()
    services.reject(statement, "hearsay")
    page: Any = desk.open(f"?article={statement.article_id}").content.decode()
    assert "<strong>Rejected</strong>: hearsay." in page
