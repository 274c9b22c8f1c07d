"""The desk: what waits, what a decision does, for whom, and with how many queries."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peacetracker.database.fields import period
from peacetracker.stances import services
from peacetracker.stances.models import Stance, Statement
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    ProposalFactory,
    StanceFactory,
    StatementFactory,
)
from tests.people import ROLES, client_of

pytestmark = pytest.mark.django_db
INBOX = "/desk/"


def candidate(**fields: Any) -> Statement:
    return StatementFactory(**{"state": "candidate", **fields})


def decide(client: Client, statement: Statement, decision: str, *, htmx: bool = False, **data: Any) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("desk:decide", args=[statement.pk, decision]), data, headers=headers)


@pytest.fixture
def editor() -> Client:
    return client_of("chief_editor")


class TestWho:
    @pytest.mark.parametrize(
        ("role", "status"), list(zip(ROLES, [302, 403, 403, 200, 200, 200], strict=True)), ids=ROLES
    )
    def test_sees_the_inbox(self, role: str, status: int) -> None:
        candidate()
        assert client_of(role).get(INBOX).status_code == status

    @pytest.mark.parametrize("decision", ["accept", "record", "reject", "reopen"])
    def test_decides(self, decision: str) -> None:
        statement = candidate() if decision != "reopen" else StatementFactory()
        before = statement.state
        assert decide(client_of("anonymous"), statement, decision)["Location"].startswith("/admin/login/")
        assert decide(client_of("viewer"), statement, decision).status_code == 403
        statement.refresh_from_db()
        assert statement.state == before
        assert decide(client_of("editor"), statement, decision).status_code == 302
        statement.refresh_from_db()
        assert statement.state != before

    def test_recording_needs_the_right_to_record(self) -> None:
        coder = User.objects.create(username="decider")
        coder.user_permissions.add(Permission.objects.get(codename="decide_statement"))
        client, statement = Client(), candidate()
        client.force_login(coder)
        assert "Accept and record" not in client.get(INBOX).content.decode()
        assert decide(client, statement, "record").status_code == 403
        assert not Stance.objects.exists()
        assert decide(client, statement, "accept").status_code == 302

    def test_a_decision_needs_post_and_the_token(self, editor: Client) -> None:
        statement = candidate()
        assert editor.get(reverse("desk:decide", args=[statement.pk, "accept"])).status_code == 405
        strict = client_of("superuser", enforce_csrf_checks=True)
        assert decide(strict, statement, "accept").status_code == 403

    def test_what_does_not_exist(self, editor: Client) -> None:
        assert editor.post("/desk/statements/999999/accept/").status_code == 404
        assert editor.post("/desk/statements/1/publish/").status_code == 404


class TestInbox:
    def test_candidates_by_article_newest_first(self, editor: Client) -> None:
        old = candidate()
        article = ArticleFactory()
        later = candidate(article=article, quote="Paris would not sign")
        also = candidate(article=article)
        StatementFactory()
        context = editor.get(INBOX).context
        found = [[item.statement for item in batch.items] for batch in context["batches"]]
        assert found == [[later, also], [old]]
        assert context["waiting"] == 3

    def test_what_an_editor_needs_to_decide_is_there(self, editor: Client) -> None:
        stance = StanceFactory(position="oppose_unless", condition="Kyiv agrees")
        candidate(
            actor=stance.actor,
            target=stance.target,
            said_on=DAY + dt.timedelta(days=9),
            cues=["verb: back"],
            warnings=["hedged"],
        )
        page = editor.get(INBOX).content.decode()
        assert "<mark>We back the plan if Kyiv agrees</mark>" in page
        assert "Paris would not sign. “<mark>" in page
        assert "verb: back" in page
        assert "⚠ hedged" in page
        assert "Kyiv agrees</span> since 21 Nov 2025" in page
        assert "Recording would close “opposes unless changed” (since 21 Nov 2025) on 30 Nov 2025" in page

    def test_what_is_missing_is_said_and_cannot_be_accepted(self, editor: Client) -> None:
        candidate(actor=None, actor_name="the Quartet", said_on=None)
        page = editor.get(INBOX).content.decode()
        assert "the Quartet" in page
        assert "before it has its actor, day" in page
        assert ">Accept<" not in page

    def test_filters(self, editor: Client) -> None:
        one, other = candidate(), candidate()
        for query in (
            f"actor={one.actor.slug}",
            f"target={one.target.slug}",
            f"process={one.target.process.slug}",
            f"actor={one.actor.slug}&target={one.target.slug}",
        ):
            context = editor.get(f"{INBOX}?{query}").context
            assert [item.statement for batch in context["batches"] for item in batch.items] == [one], query
            assert context["waiting"] == 1
        page = editor.get(f"{INBOX}?actor={one.actor.slug}&target={other.target.slug}")
        assert "No candidate matches" in page.content.decode()
        assert editor.get(f"{INBOX}?actor=nobody&page=x").status_code == 200

    def test_pages_keep_the_filters(self, editor: Client) -> None:
        actor = ActorFactory(slug="france")
        for _ in range(12):
            candidate(actor=actor)
        page = editor.get(f"{INBOX}?actor=france")
        assert len(page.context["batches"]) == 10
        assert "?actor=france&amp;page=2" in page.content.decode()
        assert len(editor.get(f"{INBOX}?actor=france&page=2").context["batches"]) == 2

    def test_nothing_waits(self, editor: Client) -> None:
        assert "Nothing waits" in editor.get(INBOX).content.decode()

    def test_what_the_world_wrote_stays_text(self, editor: Client) -> None:
        text = "<script>alert(1)</script> said: we agree"
        candidate(article=ArticleFactory(text=text, title="<b>bold</b>"), quote="<script>alert(1)</script>")
        page = editor.get(INBOX).content.decode()
        assert "<script>alert" not in page
        assert "<b>bold" not in page

    def test_queries_do_not_grow_with_candidates(self, editor: Client) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert editor.get(INBOX).status_code == 200
            return len(queries)

        def fill(times: int) -> None:
            for _ in range(times):
                stance, article = StanceFactory(), ArticleFactory()
                candidate(article=article, actor=stance.actor, target=stance.target, speaker=ActorFactory())
                candidate(article=article, target=None, target_name="a plan")

        fill(2)
        few = count()
        fill(6)
        assert count() == few
        assert few <= 13


class TestDecisions:
    def test_accepting_goes_back_to_where_one_was(self, editor: Client) -> None:
        statement = candidate()
        answer = decide(editor, statement, "accept", next="/desk/?actor=france&page=2")
        assert answer["Location"] == "/desk/?actor=france&page=2"
        statement.refresh_from_db()
        assert (statement.state, statement.decided_by.username) == ("accepted", "chief_editor")
        assert "Accepted: " in editor.get(INBOX).content.decode()

    @pytest.mark.parametrize("address", ["https://evil.example/desk/", "//evil.example/desk/", "/admin/", ""])
    def test_it_leads_nowhere_else(self, editor: Client, address: str) -> None:
        assert decide(editor, candidate(), "accept", next=address)["Location"] == INBOX

    def test_recording_closes_the_running_stance(self, editor: Client) -> None:
        running = StanceFactory(position="oppose")
        day = DAY + dt.timedelta(days=9)
        statement = candidate(
            actor=running.actor,
            target=running.target,
            said_on=day,
            position="support_if",
            condition="Kyiv agrees",
        )
        decide(editor, statement, "record")
        running.refresh_from_db()
        statement.refresh_from_db()
        new = statement.stances.get()
        assert running.period == period(DAY, day)
        assert (new.period, new.position, new.condition, new.published) == (
            period(day, None),
            "support_if",
            "Kyiv agrees",
            True,
        )
        assert statement.state == "accepted"

    def test_what_confirms_a_stance_becomes_its_evidence(self, editor: Client) -> None:
        running = StanceFactory(position="support")
        statement = candidate(
            actor=running.actor, target=running.target, said_on=DAY + dt.timedelta(days=9), position="support"
        )
        assert "Accept as further evidence" in editor.get(INBOX).content.decode()
        decide(editor, statement, "record")
        assert statement.stances.get() == running
        assert Stance.objects.count() == 1

    def test_a_refused_record_accepts_nothing(self, editor: Client) -> None:
        running = StanceFactory(position="oppose")
        statement = candidate(actor=running.actor, target=running.target, said_on=DAY, position="support")
        page = editor.get(INBOX).content.decode()
        assert "A stance begins on that very day" in page
        assert "Accept and record" not in page
        decide(editor, statement, "record")
        assert "already begins on that day" in editor.get(INBOX).content.decode()
        statement.refresh_from_db()
        assert statement.state == "candidate"

    @pytest.mark.parametrize("decision", ["accept", "record"])
    def test_without_an_actor_it_is_refused_in_words(self, editor: Client, decision: str) -> None:
        statement = candidate(actor=None, actor_name="the Quartet")
        decide(editor, statement, decision)
        assert "needs an actor, a target and the day" in editor.get(INBOX).content.decode()
        statement.refresh_from_db()
        assert statement.state == "candidate"

    def test_rejecting_keeps_the_reason(self, editor: Client) -> None:
        statement = candidate()
        decide(editor, statement, "reject", reason=" hearsay " + "x" * 400)
        statement.refresh_from_db()
        assert statement.state == "rejected"
        assert statement.rejection_reason.startswith("hearsay")

    def test_whoever_is_second_is_told(self, editor: Client) -> None:
        statement = candidate()
        services.reject(statement, "hearsay")
        decide(editor, statement, "accept")
        assert "is rejected already" in editor.get(INBOX).content.decode()
        statement.refresh_from_db()
        assert statement.state == "rejected"

    def test_htmx_gets_the_candidate_as_it_stands_and_the_count(self, editor: Client) -> None:
        statement, _ = candidate(), candidate()
        page = decide(editor, statement, "accept", htmx=True).content.decode()
        assert page.lstrip().startswith('<li class="candidate')
        assert "<strong>Accepted</strong> by chief_editor" in page
        assert '<span hx-swap-oob="innerHTML:#waiting">1</span>' in page
        page = decide(editor, statement, "reopen", htmx=True).content.decode()
        assert ">Accept<" in page
        assert '<span hx-swap-oob="innerHTML:#waiting">2</span>' in page

    def test_htmx_counts_what_the_filters_show(self, editor: Client) -> None:
        statement = candidate()
        candidate(actor=statement.actor, target=ProposalFactory())
        candidate()
        page = decide(editor, statement, "accept", htmx=True, **{"filter-actor": statement.actor.slug})
        assert 'hx-swap-oob="innerHTML:#waiting">1</span>' in page.content.decode()

    def test_taking_back_the_only_evidence_is_refused(self, editor: Client) -> None:
        statement = candidate()
        decide(editor, statement, "record")
        page = decide(editor, statement, "reopen", htmx=True).content.decode()
        assert "A published stance must rest on an accepted statement" in page
        assert "<strong>Accepted</strong>" in page

    def test_each_decision_has_its_event_with_its_editor(self, editor: Client) -> None:
        statement = candidate()
        decide(editor, statement, "accept")
        page = editor.get(reverse("admin:stances_statement_history", args=[statement.pk]))
        change = next(c for c in page.context["changes"] if c.action == "changed")
        assert change.who == "chief_editor"
        assert ("state", "candidate", "accepted") in {(d.field, d.before, d.after) for d in change.differences}
