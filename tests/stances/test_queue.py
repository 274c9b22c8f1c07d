"""What the database derives for the desk: worth, echoes, versions."""

import datetime as dt
from typing import Any

import pytest

from peacetracker.database.fields import period
from peacetracker.proposals.models import Party
from peacetracker.stances import services, worth
from peacetracker.stances.models import Statement
from tests.factories import DAY, ActorFactory, ArticleFactory, ProposalFactory, StanceFactory, StatementFactory

pytestmark = pytest.mark.django_db
SOURCE_B = 4
LATER = DAY + dt.timedelta(days=9)


def candidate(**fields: Any) -> Statement:
    return StatementFactory(**{"state": "candidate", "confidence": 0, "said_on": LATER, **fields})


def now(statement: Statement) -> Statement:
    statement.refresh_from_db()
    return statement


class TestWorth:
    @pytest.mark.parametrize(
        ("held", "said", "points"),
        [
            (("oppose", ""), ("support", ""), 60),
            (("neutral", ""), ("support_if", "x"), 45),
            (("support_if", "x"), ("support_if", "y"), 10),
            (("support_if", "x"), ("support_if", ""), 0),
            (("support", ""), ("support", ""), 0),
            (None, ("support", ""), 30),
        ],
    )
    def test_what_it_would_change(self, held: Any, said: Any, points: int) -> None:
        cell = {"actor": ActorFactory(), "target": ProposalFactory()}
        if held:
            StanceFactory(**cell, position=held[0], condition=held[1])
        statement = candidate(**cell, position=said[0], condition=said[1])
        assert now(statement).worth == points + SOURCE_B

    def test_what_is_incomplete(self) -> None:
        assert now(candidate(actor=None, actor_name="the Quartet")).worth == 15 + SOURCE_B

    @pytest.mark.parametrize(("role", "points"), [("belligerent", 20), ("observer", 10)])
    def test_a_party_to_the_process(self, role: str, points: int) -> None:
        actor, target = ActorFactory(), ProposalFactory()
        Party.objects.create(process=target.process, actor=actor, role=role, period=period(DAY, None))
        assert now(candidate(actor=actor, target=target)).worth == 30 + points + SOURCE_B
        earlier = candidate(actor=actor, target=target, said_on=DAY - dt.timedelta(days=1))
        assert now(earlier).worth == 30 + SOURCE_B

    def test_confidence(self) -> None:
        assert now(candidate(confidence=0.5)).worth == 30 + 8 + SOURCE_B
        assert now(candidate(confidence=None)).worth == 30 + 15 + SOURCE_B

    def test_a_new_stance_weighs_the_candidates_of_its_cell_anew(self) -> None:
        statement = candidate(position="support")
        stance = StanceFactory(actor=statement.actor, target=statement.target, position="support")
        assert now(statement).worth == SOURCE_B
        services.withdraw(stance)
        assert now(statement).worth == 30 + SOURCE_B

    def test_correcting_weighs_anew_and_grades_when_it_runs(self) -> None:
        statement = candidate(target=None, target_name="a plan")
        statement.target = ProposalFactory()
        statement.save()
        assert now(statement).worth == 30 + SOURCE_B
        statement.article.source.reliability = "A"
        statement.article.source.save()
        assert worth.reweigh() == 1
        assert now(statement).worth == 30 + 5
        assert worth.reweigh() == 0


class TestEchoes:
    WORDS = "We back the plan if Kyiv agrees"

    def test_the_same_words_in_another_article_are_an_echo(self) -> None:
        first = candidate()
        cell = {"actor": first.actor, "target": first.target}
        longer = candidate(
            **cell, article=ArticleFactory(text=f"He said: we BACK the plan, if Kyiv agrees – {self.WORDS}."),
            quote="we BACK the plan, if Kyiv agrees –",
        )  # fmt: skip
        assert now(longer).echo_of == first
        assert now(candidate(**cell)).echo_of == first

    @pytest.mark.parametrize("change", ["actor", "target", "position", "day", "words", "article", "decided"])
    def test_anything_else_is_none(self, change: str) -> None:
        first = candidate()
        fields: dict[str, Any] = {"actor": first.actor, "target": first.target}
        fields |= {
            "actor": {"actor": ActorFactory()},
            "target": {"target": ProposalFactory()},
            "position": {"position": "oppose"},
            "day": {"said_on": LATER + dt.timedelta(days=3)},
            "words": {"quote": "Paris would not sign"},
            "article": {"article": first.article, "quote": "“" + self.WORDS},
            "decided": {},
        }[change]
        if change == "decided":
            services.reject(first)
        assert now(candidate(**fields)).echo_of is None

    def test_an_echo_takes_the_place_of_a_deleted_original(self) -> None:
        first = candidate()
        cell = {"actor": first.actor, "target": first.target}
        second, third = candidate(**cell), candidate(**cell)
        first.delete()
        assert (now(second).echo_of, now(third).echo_of) == (None, second)
        Statement.objects.all().delete()
        assert not Statement.objects.exists()


def test_every_change_raises_the_version_and_what_is_derived_does_not() -> None:
    statement = candidate()
    Statement.objects.filter(pk=statement.pk).update(credibility=2)
    assert now(statement).version == 2
    Statement.objects.filter(pk=statement.pk).update(credibility=2)
    Statement.objects.filter(pk=statement.pk).update(worth=3)
    assert now(statement).version == 2
    assert statement.pgh_event_model.objects.filter(pgh_obj=statement).count() == 2
