"""The admin: refusals as form errors, decisions, new positions, queries, history."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database.fields import period
from peacetracker.press.models import Article
from peacetracker.proposals.models import (
    Correspondence,
    ProposalRelation,
    Sponsorship,
)
from peacetracker.stances import services
from peacetracker.stances.models import Evidence, Stance, Statement
from tests.admin_pages import RECORD, fields_of, make_record, url
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    ProposalFactory,
    ProvisionFactory,
    StanceFactory,
    StatementFactory,
)
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    """Who sees to everything that these tests are about; who may do what is in tests/accounts."""
    return client_of("chief_editor")


def errors_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.context["errors"])


class TestDeciding:
    def post(self, client: Client, action: str, *statements: Statement, **data: Any) -> Any:
        data = {"action": action, "_selected_action": [s.pk for s in statements], **data}
        return client.post(url(Statement, "changelist"), data, follow=True)

    def test_the_list_shows_candidates_unless_asked_for_others(self, editor: Client) -> None:
        StatementFactory(state="candidate")
        StatementFactory(state="accepted")
        for query, number in (("", 1), ("?state=accepted", 1), ("?state=all", 2), ("?state=rejected", 0)):
            page = editor.get(url(Statement, "changelist") + query)
            assert page.context["cl"].result_count == number

    def test_accepting(self, editor: Client) -> None:
        one, other = StatementFactory(state="candidate"), StatementFactory(state="candidate")
        page = self.post(editor, "accept", one, other)
        one.refresh_from_db()
        assert (one.state, one.decided_by.username) == ("accepted", "chief_editor")
        assert one.decided_at is not None
        assert "2 accepted." in page.content.decode()

    def test_one_refusal_does_not_hold_up_the_others(self, editor: Client) -> None:
        nobody = StatementFactory(state="candidate", actor=None, actor_name="the Quartet")
        fine = StatementFactory(state="candidate")
        page = self.post(editor, "accept", nobody, fine).content.decode()
        assert "the Quartet supports" in page
        assert "An accepted statement needs an actor" in page
        assert "1 accepted." in page
        assert set(Statement.objects.values_list("pk", "state")) == {
            (nobody.pk, "candidate"),
            (fine.pk, "accepted"),
        }

    def test_rejecting_asks_for_a_reason_on_a_page_of_its_own(self, editor: Client) -> None:
        candidate = StatementFactory(state="candidate")
        page = self.post(editor, "reject", candidate)
        assert "Colleagues read it" in page.content.decode()
        assert "This field is required" in self.post(editor, "reject", candidate, post="yes").content.decode()
        self.post(editor, "reject", candidate, post="yes", reason="hearsay")
        candidate.refresh_from_db()
        assert (candidate.state, candidate.rejection_reason) == ("rejected", "hearsay")

    def test_rejecting_from_the_statement_itself(self, editor: Client) -> None:
        candidate = StatementFactory(state="candidate")
        assert (
            url(Statement, "reject", candidate.pk)
            in editor.get(url(Statement, "change", candidate.pk)).content.decode()
        )
        page = editor.get(url(Statement, "reject", candidate.pk))
        assert candidate.quote in page.content.decode()

    def test_the_last_evidence_of_a_published_stance_stays(self, editor: Client) -> None:
        statement = StanceFactory().statements.get()
        data = {"action": "reject", "_selected_action": statement.pk, "post": "yes", "reason": "misread"}
        page = editor.post(url(Statement, "changelist") + "?state=all", data, follow=True)
        assert "A published stance must rest on an accepted statement" in page.content.decode()
        statement.refresh_from_db()
        assert statement.state == "accepted"


class TestStatementForm:
    def save(self, client: Client, statement: Statement, **typed: Any) -> Any:
        address = url(Statement, "change", statement.pk)
        return client.post(address, {**fields_of(client, address), **typed})

    def test_everything_about_it_is_on_the_page(self, editor: Client) -> None:
        candidate = StatementFactory(state="candidate", cues=["verb: back"], warnings=["hedged"])
        page = editor.get(url(Statement, "change", candidate.pk)).content.decode()
        assert f"Paris would not sign. “<mark>{candidate.quote}</mark>,” the minister" in page
        assert "verb: back" in page
        assert "⚠ hedged" in page
        assert f"/positions/{candidate.actor.slug}/{candidate.target.slug}/" in page

    def test_saving_and_accepting_in_one_go(self, editor: Client) -> None:
        candidate = StatementFactory(state="candidate", actor=None, actor_name="Paris")
        france = ActorFactory(name="France")
        assert self.save(editor, candidate, actor=france.pk, _accept="1").status_code == 302
        candidate.refresh_from_db()
        assert (candidate.actor, candidate.state) == (france, "accepted")

    def test_a_refused_acceptance_keeps_what_was_typed_and_saves_nothing(self, editor: Client) -> None:
        candidate = StatementFactory(state="candidate", actor=None, actor_name="Paris")
        page = self.save(editor, candidate, role="minister of the sea", _accept="1")
        assert "An accepted statement needs an actor, a target and the day" in errors_of(page)
        assert "minister of the sea" in page.content.decode()
        assert "was changed successfully" not in page.content.decode()
        candidate.refresh_from_db()
        assert candidate.role == ""
        assert "was changed successfully" not in editor.get(reverse("admin:index")).content.decode()

    def test_a_deferred_refusal_is_a_form_error_too(self, editor: Client) -> None:
        statement = StanceFactory().statements.get()
        page = self.save(editor, statement, actor=ActorFactory().pk, role="typed before")
        assert "A published stance must rest on an accepted statement" in errors_of(page)
        assert "typed before" in page.content.decode()
        statement.refresh_from_db()
        assert statement.role == ""

    def test_a_condition_without_a_conditional_position(self, editor: Client) -> None:
        page = self.save(editor, StatementFactory(), condition="only if")
        assert "Remove it, or change the position" in errors_of(page)

    def test_the_span_follows_the_quote(self, editor: Client) -> None:
        text = "We agree. We agree to talk.\r\nEmoji 🕊️ before\r\nlines. We agree."
        statement = StatementFactory(article=ArticleFactory(text=text), quote="We agree.")
        assert self.save(editor, statement, quote="🕊️ before\r\nlines").status_code == 302
        statement.refresh_from_db()
        assert statement.quote == text[statement.start : statement.end] == "🕊️ before\r\nlines"
        assert self.save(editor, statement, start=0, end=9).status_code == 302
        statement.refresh_from_db()
        assert (statement.start, statement.quote) == (0, "We agree.")

    def test_a_quote_that_the_article_lacks(self, editor: Client) -> None:
        page = self.save(editor, StatementFactory(), quote="We never said that")
        assert "Copy it exactly" in errors_of(page)
        assert "We never said that" in page.content.decode()

    def test_adding_one_by_its_words(self, editor: Client) -> None:
        article, actor, target = ArticleFactory(), ActorFactory(), ProposalFactory()
        data = {"article": article.pk, "actor": actor.pk, "target": target.pk, "position": "oppose", "kind": "spoken"}
        data |= {"said_on": DAY, "quote": "Paris would not sign", "_accept": "1"}
        assert editor.post(url(Statement, "add"), data).status_code == 302
        statement = Statement.objects.get()
        assert (statement.start, statement.end, statement.state) == (0, 20, "accepted")


class TestRecordingPositions:
    def address(self, statement: Statement) -> str:
        return url(Stance, "record") + f"?statement={statement.pk}"

    def test_it_closes_the_running_stance_and_says_so_before(self, editor: Client) -> None:
        running = StanceFactory(position="oppose_unless", condition="Kyiv agrees")
        later = DAY + dt.timedelta(days=9)
        statement = StatementFactory(
            actor=running.actor, target=running.target, said_on=later, state="candidate", position="support"
        )
        page = editor.get(self.address(statement)).content.decode()
        assert "opposes unless changed (Kyiv agrees)" in page
        assert "it then ends on 30 Nov 2025" in page
        answer = editor.post(
            self.address(statement), {"from_day": later, "position": "support", "evidence": statement.pk}
        )
        new = Stance.objects.exclude(pk=running.pk).get()
        assert answer.url == url(Stance, "change", new.pk)
        running.refresh_from_db()
        statement.refresh_from_db()
        assert running.period == period(DAY, later)
        assert new.period == period(later, None)
        assert statement.state == "accepted"
        assert statement.decided_by.username == "chief_editor"

    def test_the_preview_follows_the_day_that_was_typed(self, editor: Client) -> None:
        running = StanceFactory()
        data = {"from_day": "2025-12-24", "position": "", "note": "kept", "_preview": "1"}
        page = editor.post(url(Stance, "record") + f"?actor={running.actor_id}&target={running.target_id}", data)
        assert "it then ends on 24 Dec 2025" in page.content.decode()
        assert "kept" in page.content.decode()
        assert "This field is required" not in page.content.decode()
        assert Stance.objects.count() == 1

    def test_a_refusal_is_a_form_error_and_accepts_nothing(self, editor: Client) -> None:
        running = StanceFactory()
        statement = StatementFactory(actor=running.actor, target=running.target, state="candidate")
        data = {"from_day": DAY, "position": "oppose", "evidence": statement.pk, "note": "typed"}
        page = editor.post(self.address(statement), data).content.decode()
        assert "already begins on that day" in page
        assert "typed" in page
        statement.refresh_from_db()
        assert statement.state == "candidate"

    def test_without_evidence_there_is_no_position(self, editor: Client) -> None:
        statement = StatementFactory()
        page = editor.post(self.address(statement), {"from_day": DAY, "position": "oppose"})
        assert "must rest on an accepted statement" in page.content.decode()

    def test_a_candidate_without_an_actor_goes_back_to_its_form(self, editor: Client) -> None:
        statement = StatementFactory(state="candidate", actor=None, actor_name="Paris")
        page = editor.get(self.address(statement), follow=True)
        assert page.redirect_chain[-1][0] == url(Statement, "change", statement.pk)
        assert "needs an actor, a target and the day" in page.content.decode()

    def test_actor_and_target_pages_lead_to_it(self, editor: Client) -> None:
        stance = StanceFactory()
        page = editor.get(url(Actor, "change", stance.actor_id)).content.decode()
        assert f"record/?actor={stance.actor_id}" in page
        chosen = editor.get(url(Stance, "record") + f"?actor={stance.actor_id}").content.decode()
        assert stance.actor.name in chosen
        page = editor.get(reverse("admin:proposals_proposal_change", args=[stance.target_id])).content.decode()
        assert f"record/?target={stance.target_id}" in page

    @pytest.mark.parametrize("query", ["?statement=999999", "?statement=x"])
    def test_an_unknown_statement(self, editor: Client, query: str) -> None:
        assert editor.get(url(Stance, "record") + query).status_code == 404

    def test_only_statements_of_the_cell_can_be_evidence(self, editor: Client) -> None:
        statement, other = StatementFactory(), StatementFactory()
        data = {"from_day": DAY, "position": "oppose", "evidence": other.pk}
        page = editor.post(self.address(statement), data).content.decode()
        assert "Select a valid choice" in page
        assert not Stance.objects.exists()


class TestStanceForm:
    def test_a_period_is_two_dates(self, editor: Client) -> None:
        stance = StanceFactory()
        address = url(Stance, "change", stance.pk)
        data = {**fields_of(editor, address), "period_0": "2025-11-01", "period_1": "2025-12-01"}
        assert editor.post(address, data).status_code == 302
        stance.refresh_from_db()
        assert stance.period == period(dt.date(2025, 11, 1), dt.date(2025, 12, 1))

    @pytest.mark.parametrize(
        ("first", "until", "words"),
        [
            ("", "", "A stance needs a first day"),
            ("2025-12-01", "2025-11-01", "start of the range must not exceed"),
            ("2025-12-01", "2025-12-01", "A stance needs a first day"),
            ("tomorrow", "", "Enter a valid date"),
        ],
    )
    def test_a_period_that_is_none(self, editor: Client, first: str, until: str, words: str) -> None:
        address = url(Stance, "change", StanceFactory().pk)
        data = {**fields_of(editor, address), "period_0": first, "period_1": until, "note": "typed before"}
        page = editor.post(address, data)
        assert words in str(page.context["errors"])
        assert "typed before" in page.content.decode()

    def test_two_published_stances_at_a_time(self, editor: Client) -> None:
        one = StanceFactory(period=period(DAY, dt.date(2025, 12, 1)))
        other = StanceFactory(actor=one.actor, target=one.target, period=period(dt.date(2025, 12, 1), None))
        address = url(Stance, "change", other.pk)
        page = editor.post(address, {**fields_of(editor, address), "period_0": "2025-11-25", "note": "typed"})
        assert "already has a published stance on this target in that period" in errors_of(page)
        assert "typed" in page.content.decode()

    def test_removing_the_last_evidence_is_refused_at_the_form(self, editor: Client) -> None:
        stance = StanceFactory()
        address = url(Stance, "change", stance.pk)
        data = {**fields_of(editor, address), "evidence-0-DELETE": "on", "note": "typed"}
        page = editor.post(address, data)
        assert "A published stance must rest on an accepted statement" in errors_of(page)
        assert "typed" in page.content.decode()
        assert stance.evidence.count() == 1

    def test_swapping_evidence_passes(self, editor: Client) -> None:
        stance = StanceFactory()
        other = StatementFactory(actor=stance.actor, target=stance.target)
        address = url(Stance, "change", stance.pk)
        data = {**fields_of(editor, address), "evidence-0-DELETE": "on", "evidence-1-statement": other.pk}
        assert editor.post(address, data).status_code == 302
        assert stance.statements.get() == other

    def test_publishing_and_withdrawing(self, editor: Client) -> None:
        stance, bare = StanceFactory(), StanceFactory(published=False, evidence=[])
        editor.post(url(Stance, "changelist"), {"action": "withdraw", "_selected_action": stance.pk})
        stance.refresh_from_db()
        assert not stance.published
        data = {"action": "publish", "_selected_action": [stance.pk, bare.pk]}
        page = editor.post(url(Stance, "changelist"), data, follow=True).content.decode()
        assert "1 published." in page
        assert "must rest on an accepted statement" in page
        assert set(Stance.objects.values_list("pk", "published")) == {(stance.pk, True), (bare.pk, False)}

    def test_evidence_is_chosen_by_its_words(self, editor: Client) -> None:
        statement = StatementFactory()
        query = {"app_label": "stances", "model_name": "evidence", "field_name": "statement", "term": "kyiv"}
        found = editor.get(url(Statement, "pick"), query).json()["results"]
        assert found[0]["id"] == str(statement.pk)
        assert "“We back the plan if Kyiv agrees” (accepted)" in found[0]["text"]


class TestOtherForms:
    def test_an_alias_that_another_actor_has(self, editor: Client) -> None:
        Alias.objects.create(actor=ActorFactory(), text="The Kremlin")
        actor = ActorFactory()
        address = url(Actor, "change", actor.pk)
        data = {**fields_of(editor, address), "aliases-TOTAL_FORMS": 1, "aliases-0-text": "the kremlin"}
        data |= {"aliases-0-language": "en", "aliases-0-kind": "metonym", "summary": "typed before"}
        page = editor.post(address, data)
        assert page.status_code == 200
        assert "An actor goes by this alias in this language already" in page.content.decode()
        assert "typed before" in page.content.decode()

    def test_overlapping_affiliations_of_one_page(self, editor: Client) -> None:
        # Each row is fine by itself: the database alone sees that they collide.
        actor, state = ActorFactory(), ActorFactory()
        address = url(Actor, "change", actor.pk)
        row = {"organisation": state.pk, "kind": "speaks_for", "role": "minister", "period_0": "2025-01-01"}
        data = {**fields_of(editor, address), "affiliations-TOTAL_FORMS": 2}
        data |= {f"affiliations-{n}-{name}": value for n in (0, 1) for name, value in row.items()}
        assert "The actor has this role there in that period already" in errors_of(editor.post(address, data))
        assert not Affiliation.objects.exists()

    def test_an_affiliation_of_unknown_period(self, editor: Client) -> None:
        actor, state = ActorFactory(), ActorFactory()
        data = {"actor": actor.pk, "organisation": state.pk, "kind": "member"}
        assert editor.post(url(Affiliation, "add"), data).status_code == 302
        assert Affiliation.objects.get().period == period(None, None)

    def test_provisions_on_their_proposals_page(self, editor: Client) -> None:
        proposal = ProposalFactory(slug="plan")
        address = reverse("admin:proposals_proposal_change", args=[proposal.pk])
        data = {**fields_of(editor, address), "provisions-TOTAL_FORMS": 1}
        data |= {"provisions-0-number": 1, "provisions-0-name": "Ceasefire"}
        assert editor.post(address, data).status_code == 302
        provision = proposal.provisions.get()
        assert (provision.kind, provision.slug, provision.process) == (
            "provision",
            "plan-1",
            proposal.process,
        )

    def test_a_proposal_needs_its_date(self, editor: Client) -> None:
        process = ProposalFactory().process
        data = {"process": process.pk, "name": "Plan B", "slug": "plan-b", "summary": "typed before"}
        data |= {f"{prefix}-{n}_FORMS": 0 for prefix in ("sponsorships", "relations", "provisions", "citations")
                 for n in ("TOTAL", "INITIAL")}  # fmt: skip
        page = editor.post(reverse("admin:proposals_proposal_add"), data)
        assert "This field is required" in str(page.context["errors"])
        assert "typed before" in page.content.decode()

    def test_a_correspondence_in_either_direction(self, editor: Client) -> None:
        one, other = ProvisionFactory(), ProvisionFactory()
        assert editor.post(url(Correspondence, "add"), {"one": other.pk, "other": one.pk}).status_code == 302
        page = editor.post(url(Correspondence, "add"), {"one": other.pk, "other": one.pk})
        assert "These two provisions correspond already" in errors_of(page)

    def test_deleting_what_others_rest_on_is_refused_in_words(self) -> None:
        stance = StanceFactory()
        page = client_of("superuser").post(url(Statement, "delete", stance.statements.get().pk), {"post": "yes"})
        assert page.status_code in (200, 302)
        assert stance.statements.count() == 1


class TestArticles:
    def test_the_text_is_read_only_and_its_statements_listed(self, editor: Client) -> None:
        statement = StatementFactory(state="candidate")
        article = statement.article
        address = url(Article, "change", article.pk)
        page = editor.get(address).content.decode()
        assert "the minister said in Łódź" in page
        assert url(Statement, "change", statement.pk) in page
        assert editor.post(address, {**fields_of(editor, address), "text": "other"}).status_code == 302
        text = article.text
        article.refresh_from_db()
        assert article.text == text

    def test_failed_articles_show_their_reason_and_go_again(self, editor: Client) -> None:
        article = ArticleFactory(state="failed", reason="HTTP 503 from the server", attempts=5, text="")
        file = ArticleFactory(state="failed", reason="no language", url="note.html", canonical_url="urn:sha256:1")
        fine = ArticleFactory()
        assert "HTTP 503 from the server" in editor.get(url(Article, "changelist")).content.decode()
        data = {"action": "retry", "_selected_action": [article.pk, file.pk, fine.pk]}
        page = editor.post(url(Article, "changelist"), data, follow=True).content.decode()
        assert "2 of the chosen articles had failed" in page
        article.refresh_from_db()
        assert (article.state, article.reason, article.attempts) == ("queued", "", 0)
        assert article in Article.objects.due()
        file.refresh_from_db()
        assert file.state == "parsed"
        fine.refresh_from_db()
        assert fine.state == "extracted"

    def test_adding_one(self, editor: Client) -> None:
        data = {"url": "https://news.example/new", "text_kind": "full"}
        assert editor.post(url(Article, "add"), data).status_code == 302
        assert Article.objects.get().state == "queued"
        page = editor.post(url(Article, "add"), {**data, "title": "typed before"})
        assert "An article of this address is in the record already" in str(page.context["errors"])
        assert "typed before" in page.content.decode()
        note = {"url": "https://news.example/2", "text_kind": "note", "text": "One.\r\nTwo.\r\n"}
        assert editor.post(url(Article, "add"), note).status_code == 302
        article = Article.objects.get(text_kind="note")
        assert (article.text, article.state) == ("One.\nTwo.", "extracted")


class TestQueries:
    def count(self, client: Client, address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    @pytest.mark.parametrize("model", RECORD, ids=lambda model: model._meta.model_name)
    def test_a_list_takes_as_many_for_many_rows_as_for_few(self, model: type[models.Model]) -> None:
        client, address = client_of("superuser"), url(model, "changelist")
        make_record(2)
        few = self.count(client, address)
        make_record(6)
        assert self.count(client, address) == few

    def pages(self) -> dict[str, tuple[str, Callable[[], object]]]:
        stance = StanceFactory()
        actor, proposal = stance.actor, stance.target
        article = ArticleFactory()

        def more_evidence() -> None:
            Evidence.objects.create(stance=stance, statement=StatementFactory(actor=actor, target=proposal))

        def more_ties() -> None:
            state = ActorFactory()
            Affiliation.objects.create(actor=actor, organisation=state, kind="member")
            Alias.objects.create(actor=actor, text=f"alias {state.pk}")

        def more_provisions() -> None:
            ProvisionFactory(proposal=proposal)
            Sponsorship.objects.create(proposal=proposal, actor=ActorFactory())
            ProposalRelation.objects.create(proposal=proposal, kind="revises", earlier=ProposalFactory())

        def more_statements() -> None:
            StatementFactory(article=article, state="candidate")

        return {
            "stance": (url(Stance, "change", stance.pk), more_evidence),
            "stance's history": (url(Stance, "history", stance.pk), more_evidence),
            "actor": (url(Actor, "change", actor.pk), more_ties),
            "actor's history": (url(Actor, "history", actor.pk), more_ties),
            "proposal": (reverse("admin:proposals_proposal_change", args=[proposal.pk]), more_provisions),
            "article": (url(Article, "change", article.pk), more_statements),
            "recording": (
                url(Stance, "record") + f"?actor={actor.pk}&target={proposal.pk}",
                lambda: StatementFactory(actor=actor, target=proposal),
            ),
        }

    def test_one_object_takes_as_many_for_many_parts_as_for_few(self) -> None:
        client = client_of("superuser")
        for name, (address, more) in self.pages().items():
            for _ in range(2):
                more()
            client.get(address)  # fills what Django remembers for a process, such as content types
            few = self.count(client, address)
            for _ in range(5):
                more()
            assert self.count(client, address) == few, name


class TestHistory:
    def test_who_changed_what_from_what_to_what(self, editor: Client) -> None:
        stance = StanceFactory(position="oppose")
        address = url(Stance, "change", stance.pk)
        editor.post(address, {**fields_of(editor, address), "position": "support", "note": "they came round"})
        page = editor.get(url(Stance, "history", stance.pk))
        # A test is one transaction, and what one transaction does in several tables has one time.
        change = next(change for change in page.context["changes"] if change.of == "stance")
        assert (change.who, change.action, change.of) == ("chief_editor", "changed", "stance")
        assert {(d.field, d.before, d.after) for d in change.differences} == {
            ("position", "opposes", "supports"),
            ("note", "", "they came round"),
        }
        assert "<del>opposes</del>" in page.content.decode()

    def test_parts_belong_to_it_even_when_they_are_gone(self, editor: Client) -> None:
        actor = ActorFactory()
        Alias.objects.create(actor=actor, text="Paris").delete()
        page = editor.get(url(Actor, "history", actor.pk))
        assert [c.action for c in page.context["changes"] if c.of == "alias"] == ["removed", "added"]

    def test_commands_and_services_are_named(self, editor: Client) -> None:
        statement = StatementFactory(state="candidate")
        services.accept(statement, by=User.objects.get(username="chief_editor"))
        page = editor.get(url(Statement, "history", statement.pk)).content.decode()
        assert "<del>candidate</del>" in page
        assert "<ins>accepted</ins>" in page
