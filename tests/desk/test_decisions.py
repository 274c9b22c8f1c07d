"""Decisions: what each does, what it refuses, and that it can be undone."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from peacetracker.actors.models import Actor, Alias
from peacetracker.database.fields import period
from peacetracker.desk.models import Decision
from peacetracker.press.models import Source
from peacetracker.proposals.models import Target
from peacetracker.stances import services as record
from peacetracker.stances.models import Evidence, Stance, Statement
from tests.desk.conftest import Desk, candidate
from tests.factories import DAY, ActorFactory, ArticleFactory, ProposalFactory, StanceFactory, StatementFactory
from tests.people import client_of

pytestmark = pytest.mark.django_db
LATER = DAY + dt.timedelta(days=9)


def state(statement: Statement) -> str:
    statement.refresh_from_db()
    return statement.state


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


class TestAccepting:
    def test_it_shows_at_once_with_the_counts(self, desk: Desk) -> None:
        statement, _ = candidate(), candidate()
        page = words(desk.decide(statement, "accept"))
        assert "<strong>Accepted</strong> by chief_editor" in page
        assert '<span id="waiting" hx-swap-oob="true">1</span>' in page
        assert f'<span id="left-{statement.article_id}" class="left" hx-swap-oob="true">✓</span>' in page
        assert state(statement) == "accepted"

    def test_counts_keep_the_filters_of_the_page(self, desk: Desk) -> None:
        statement = candidate()
        candidate(actor=statement.actor)
        candidate()
        page = words(desk.decide(statement, "accept", query=f"actor={statement.actor.slug}"))
        assert '<span id="waiting" hx-swap-oob="true">1</span>' in page

    def test_echoes_are_decided_with_it_and_corroborate(self, desk: Desk) -> None:
        first = candidate()
        echo = candidate(actor=first.actor, target=first.target)
        desk.decide(first, "record")
        assert (state(first), state(echo)) == ("accepted", "accepted")
        assert set(Stance.objects.get().statements.all()) == {first, echo}

    def test_an_echo_can_be_parted(self, desk: Desk) -> None:
        first = candidate()
        echo = candidate(actor=first.actor, target=first.target)
        desk.decide(echo, "split")
        first.refresh_from_db()
        desk.decide(first, "reject", reason="hearsay")
        assert (state(first), state(echo)) == ("rejected", "candidate")

    def test_without_javascript_one_goes_back_to_where_one_was(self, desk: Desk) -> None:
        statement = candidate()
        answer = desk.decide(statement, "accept", htmx=False, next="/desk/?actor=france&page=2")
        assert answer["Location"] == "/desk/?actor=france&page=2"
        assert "Accepted: " in desk.open().content.decode()

    @pytest.mark.parametrize("address", ["https://evil.example/desk/", "//evil.example/desk/", "/admin/", ""])
    def test_it_leads_nowhere_else(self, desk: Desk, address: str) -> None:
        assert desk.decide(candidate(), "accept", htmx=False, next=address)["Location"] == "/desk/"

    @pytest.mark.parametrize("verb", ["accept", "record"])
    def test_without_an_actor_it_is_refused_in_words(self, desk: Desk, verb: str) -> None:
        statement = candidate(actor=None, actor_name="the Quartet")
        assert "needs an actor, a target and the day" in words(desk.decide(statement, verb))
        assert state(statement) == "candidate"


class TestRecording:
    def test_it_closes_the_running_stance_and_raises_the_revision(self, desk: Desk) -> None:
        running = StanceFactory(position="oppose")
        statement = candidate(
            actor=running.actor, target=running.target, said_on=LATER, position="support_if", condition="Kyiv agrees"
        )
        desk.decide(statement, "record")
        running.refresh_from_db()
        new = statement.stances.get()
        assert running.period == period(DAY, LATER)
        assert (new.period, new.position, new.condition, new.published) == (
            period(LATER, None), "support_if", "Kyiv agrees", True,
        )  # fmt: skip
        shift = Stance.objects.shifts().get()
        assert shift == new
        assert "Kyiv agrees" in Client().get(f"/positions/{new.actor.slug}/{new.target.slug}/").content.decode()
        assert new.actor.name in Client().get("/shifts/").content.decode()

    def test_what_confirms_a_stance_becomes_its_evidence(self, desk: Desk) -> None:
        running = StanceFactory(position="support")
        statement = candidate(actor=running.actor, target=running.target, said_on=LATER, position="support")
        assert "Accept as further evidence" in desk.open().content.decode()
        desk.decide(statement, "record")
        assert statement.stances.get() == running
        assert Stance.objects.count() == 1

    def test_other_cards_of_the_cell_are_told(self, desk: Desk) -> None:
        statement = candidate()
        other = candidate(article=statement.article, actor=statement.actor, target=statement.target,
                          quote="Paris would not sign", position="oppose", said_on=LATER)  # fmt: skip
        page = words(desk.decide(statement, "record"))
        assert f'id="statement-{other.pk}"' in page
        assert "This would change it to" in page

    def test_a_day_that_is_taken_is_refused_and_nothing_accepted(self, desk: Desk) -> None:
        running = StanceFactory(position="oppose")
        statement = candidate(actor=running.actor, target=running.target, said_on=DAY, position="support")
        assert "A stance begins on that very day" in desk.open().content.decode()
        assert "already begins on that day" in words(desk.decide(statement, "record"))
        assert state(statement) == "candidate"

    def test_without_the_right_to_publish_it_is_a_draft(self, editors_desk: Desk) -> None:
        statement = candidate()
        assert "Accept and draft stance" in editors_desk.open().content.decode()
        assert "draft for a chief editor" in words(editors_desk.decide(statement, "record"))
        assert not Stance.objects.get().published


class TestRejecting:
    def test_it_keeps_the_reason(self, desk: Desk) -> None:
        statement = candidate()
        desk.decide(statement, "reject", reason=" hearsay " + "x" * 400)
        assert state(statement) == "rejected"
        assert statement.rejection_reason.startswith("hearsay")

    def test_the_last_evidence_stays_and_the_way_out_is_named(self) -> None:
        stance = StanceFactory()
        statement = stance.statements.get()
        waiting = candidate(actor=stance.actor, target=stance.target, quote="Paris would not sign")
        with pytest.raises(record.LastEvidence) as refusal:
            record.reject(statement, "misread")
        assert f"Add no. {waiting.pk} “Paris would not sign” (candidate) to it" in str(refusal.value)
        assert f"or withdraw stance no. {stance.pk} first" in str(refusal.value)
        assert refusal.value.stances == [stance]
        waiting.delete()
        with pytest.raises(record.LastEvidence, match=f"No other statement .* withdraw stance no. {stance.pk} first"):
            record.reject(statement, "misread")
        assert state(statement) == "accepted"


class TestLocking:
    def test_whoever_is_second_is_told_by_whom(self, desk: Desk, editors_desk: Desk) -> None:
        statement = candidate()
        editors_desk.decide(statement, "reject", reason="hearsay")
        assert "is rejected already by editor" in words(desk.decide(statement, "accept"))
        assert state(statement) == "rejected"

    def test_a_change_meanwhile_is_never_overwritten(self, desk: Desk, editors_desk: Desk) -> None:
        statement = candidate(position="support")
        editors_desk.correct(statement, position="oppose")
        page = words(desk.decide(statement, "accept"))
        assert "Somebody changed this while you had it open" in page
        assert "opposes" in page
        assert state(statement) == "candidate"
        assert "Somebody changed this" in words(desk.decide(statement, "accept", version="x"))

    def test_what_was_typed_is_kept(self, desk: Desk, editors_desk: Desk) -> None:
        statement = candidate(position="support")
        editors_desk.correct(statement, position="oppose")
        names = {"actor": statement.actor.name, "target": statement.target.name}
        typed = {"position": "support_if", "condition": "a long thought", "quote": statement.quote}
        answer = desk.correct(statement, **names, **typed, said_on="2025-11-21")
        assert "Somebody changed this" in words(answer)
        assert "a long thought" in words(answer)
        assert answer["HX-Retarget"] == f"#correct-{statement.pk}"
        statement.refresh_from_db()
        assert f'name="version" value="{statement.version}"' in words(answer)


class TestCorrecting:
    def test_a_position_by_one_key_drops_a_condition_that_no_longer_fits(self, desk: Desk) -> None:
        statement = candidate(position="support_if", condition="Kyiv agrees")
        echo = candidate(actor=statement.actor, target=statement.target, position="support_if")
        desk.correct(statement, position="oppose")
        statement.refresh_from_db()
        echo.refresh_from_db()
        assert (statement.position, statement.condition, echo.position) == ("oppose", "", "oppose")

    def test_a_span_moves_by_code_points_whatever_the_browser_counts(self, desk: Desk) -> None:
        text = "🕊️ They agree.\r\nLater 🕊️ they agree."
        statement = candidate(article=ArticleFactory(text=text), quote="agree")
        answer = desk.correct(statement, quote=" they agree", start=len("🕊️ They agree.\nLater 🕊️"))
        statement.refresh_from_db()
        assert statement.quote == "they agree"
        assert text[statement.start : statement.end] == "they agree"
        assert 'id="text"' in words(answer)

    def test_words_that_are_not_there_are_refused(self, desk: Desk) -> None:
        statement = candidate()
        assert "not what stands at that span" in words(desk.correct(statement, quote="They never said that"))
        assert 'data-state="waiting"' in words(desk.correct(statement, quote=""))

    def test_names_are_resolved_by_number_name_alias_or_slug(self, desk: Desk) -> None:
        statement = candidate(actor=None, actor_name="the Élysée")
        france, plan = ActorFactory(name="France"), ProposalFactory(name="Lake plan", terms=["Miami draft"])
        Alias.objects.create(actor=france, text="Paris")
        for sent in ({"actor": "France", "actor_id": france.pk}, {"actor": "france"}, {"actor": "PARIS"}):
            statement.refresh_from_db()
            desk.correct(statement, **sent)
            statement.refresh_from_db()
            assert (statement.actor, statement.actor_name) == (france, ""), sent
        desk.correct(statement, actor="France", target=plan.slug)
        statement.refresh_from_db()
        assert statement.target == plan

    def test_an_unknown_name_is_asked_about_and_can_be_made(self, desk: Desk) -> None:
        statement = candidate(actor=None, actor_name="the Quartet", target=None, target_name="the lake draft")
        assert "The record has no such actor" in words(desk.correct(statement, actor="Quartet"))
        assert not Actor.objects.filter(name="Quartet").exists()
        desk.correct(
            statement, actor="Quartet", new_actor="bloc", actor_alias="on",
            target="Lake plan", new_target="proposal", said_on="2025-11-21",
        )  # fmt: skip
        assert not Actor.objects.filter(name="Quartet").exists()  # for there is no process for the target yet
        ProposalFactory()
        desk.correct(
            statement, actor="Quartet", new_actor="bloc", actor_alias="on",
            target="Lake plan", new_target="proposal", target_alias="on", said_on="2025-11-21",
        )  # fmt: skip
        statement.refresh_from_db()
        assert statement.actor is not None
        assert (statement.actor.name, statement.actor.kind) == ("Quartet", "bloc")
        assert Alias.objects.get(actor=statement.actor).text == "the Quartet"
        assert statement.target is not None
        assert (statement.target.kind, statement.target.terms) == ("proposal", ["the lake draft"])
        assert "There is nothing" not in words(desk.post("undo_last"))
        assert not Actor.objects.filter(name="Quartet").exists()
        assert not Target.objects.filter(name="Lake plan").exists()
        statement.refresh_from_db()
        assert statement.actor_name == "the Quartet"

    def test_a_statement_that_the_machine_missed(self, desk: Desk) -> None:
        article, actor, target = ArticleFactory(), ActorFactory(), ProposalFactory()
        answer = desk.post("add", article.pk, quote="Paris would not sign", start=0, actor=actor.name,
                           target=target.name, position="oppose", said_on="2025-11-21")  # fmt: skip
        made = Statement.objects.get()
        assert (made.actor, made.target, made.state, made.extractor) == (actor, target, "candidate", "")
        assert answer["HX-Retarget"] == "#workspace"
        assert f'data-current="{made.pk}"' in words(answer)
        assert "not what stands at that span" in words(desk.post("add", article.pk, quote="", position="oppose"))
        assert "takes a position" in words(desk.post("add", article.pk, quote="Paris", position=""))

    def test_the_form_works_as_a_page(self, desk: Desk) -> None:
        statement = candidate()
        page = desk.client.get(f"/desk/statements/{statement.pk}/correct/")
        assert statement.article.text in page.content.decode()
        assert desk.client.get(f"/desk/articles/{statement.article_id}/statements/").status_code == 200


class TestGrading:
    def test_a_statement_and_a_source(self, desk: Desk) -> None:
        statement = candidate()
        desk.decide(statement, "grade", credibility="2")
        statement.refresh_from_db()
        assert statement.credibility == 2
        page = words(desk.post("grade_source", statement.article.source_id, reliability="D"))
        assert ">D</span>" in page
        assert Source.objects.get(pk=statement.article.source_id).reliability == "D"
        assert desk.post("grade_source", statement.article.source_id, reliability="Z").status_code == 400


class TestUndo:
    @pytest.mark.parametrize("verb", ["accept", "record", "reject", "grade"])
    def test_every_decision(self, desk: Desk, verb: str) -> None:
        statement = candidate()
        echo = candidate(actor=statement.actor, target=statement.target)
        running = StanceFactory(actor=statement.actor, target=statement.target, position="oppose",
                                period=period(DAY - dt.timedelta(days=30), None))  # fmt: skip
        before = Statement.objects.order_by("pk").values_list("pk", "state", "credibility", "decided_by")
        was = list(before)
        desk.decide(statement, verb, credibility="1", reason="hearsay")
        decision = Decision.objects.get()
        page = words(desk.post("undo_last", article=statement.article_id, hx_target="undo-last"))
        assert f'id="statement-{statement.pk}"' in page
        assert "Undone: " in page
        assert list(before.all()) == was
        assert (state(statement), state(echo)) == ("candidate", "candidate")
        running.refresh_from_db()
        assert running.period == period(DAY - dt.timedelta(days=30), None)
        assert Stance.objects.get() == running
        decision.refresh_from_db()
        assert decision.undone_by is not None
        assert "nothing of yours" in words(desk.post("undo", decision.pk))

    def test_what_others_built_on_it_is_not_torn_down(self, desk: Desk) -> None:
        statement = candidate()
        desk.decide(statement, "record")
        further = StatementFactory(actor=statement.actor, target=statement.target, said_on=LATER)
        Evidence.objects.create(stance=Stance.objects.get(), statement=further)
        assert "Further evidence was added since" in words(desk.post("undo_last", article=statement.article_id))
        assert state(statement) == "accepted"

    def test_what_was_changed_since_is_not_overwritten(self, desk: Desk) -> None:
        statement = candidate()
        desk.decide(statement, "accept")
        Statement.objects.filter(pk=statement.pk).update(credibility=1)
        assert "Changed since" in words(desk.post("undo_last", article=statement.article_id))

    def test_only_ones_own_unless_one_may_revert(self, desk: Desk, editors_desk: Desk) -> None:
        one, other = candidate(), candidate()
        desk.decide(one, "accept")
        editors_desk.decide(other, "accept")
        first, second = Decision.objects.order_by("pk")
        assert "nothing of yours" in words(editors_desk.post("undo", first.pk))
        desk.post("undo", second.pk, htmx=False)
        assert (state(one), state(other)) == ("accepted", "candidate")

    def test_it_lasts_a_week(self, desk: Desk) -> None:
        statement = candidate()
        desk.decide(statement, "accept")
        decision = Decision.objects.get()
        Decision.objects.update(at=decision.at - dt.timedelta(days=6))
        assert "Undo</button>" in desk.client.get("/desk/decisions/").content.decode()
        Decision.objects.update(at=decision.at - dt.timedelta(days=8))
        assert "Undo</button>" not in desk.client.get("/desk/decisions/").content.decode()
        assert "too old" in words(desk.post("undo_last", article=statement.article_id))

    def test_decisions_are_listed(self, desk: Desk, editors_desk: Desk) -> None:
        editors_desk.decide(candidate(), "reject", reason="hearsay")
        assert "Nothing decided yet" in desk.client.get("/desk/decisions/").content.decode()
        assert "Rejected: " in desk.client.get("/desk/decisions/?by=all").content.decode()


class TestRights:
    @pytest.mark.parametrize("verb", ["accept", "record", "reject", "grade", "split"])
    def test_who_decides(self, verb: str) -> None:
        statement = candidate()
        for role, status in (("anonymous", 302), ("viewer", 403)):
            answer = client_of(role).post(f"/desk/statements/{statement.pk}/{verb}/", {"version": 1})
            assert answer.status_code == status, role
        if verb != "grade":
            assert client_of("coder").post(f"/desk/statements/{statement.pk}/{verb}/").status_code == 403
        assert state(statement) == "candidate"

    def test_a_coder_corrects_and_adds_and_is_offered_no_more(self) -> None:
        desk, statement = Desk("coder"), candidate()
        page = desk.open().content.decode()
        assert 'data-key="a"' not in page
        assert 'data-key="x"' not in page
        desk.correct(statement, position="oppose")
        statement.refresh_from_db()
        assert statement.position == "oppose"
        assert desk.post("grade_source", statement.article.source_id, reliability="A").status_code == 403
        assert desk.post("assign", statement.article_id, editor="").status_code == 403
        refused = desk.correct(statement, actor="Quartet", new_actor="bloc")
        assert "You may not add actors" in words(refused)

    def test_a_decision_needs_post_and_the_token(self, desk: Desk) -> None:
        statement = candidate()
        assert desk.client.get(f"/desk/statements/{statement.pk}/accept/").status_code == 405
        strict = client_of("superuser", enforce_csrf_checks=True)
        assert strict.post(f"/desk/statements/{statement.pk}/accept/").status_code == 403

    def test_what_does_not_exist(self, desk: Desk) -> None:
        assert desk.client.post("/desk/statements/999999/accept/").status_code == 404
        assert desk.client.post("/desk/statements/1/publish/").status_code == 404


def test_each_decision_has_its_event_with_its_editor(desk: Desk) -> None:
    statement = candidate()
    desk.decide(statement, "accept")
    page = desk.client.get(f"/admin/stances/statement/{statement.pk}/history/")
    change = next(c for c in page.context["changes"] if c.action == "changed")
    assert change.who == "chief_editor"
    assert ("state", "candidate", "accepted") in {(d.field, d.before, d.after) for d in change.differences}
