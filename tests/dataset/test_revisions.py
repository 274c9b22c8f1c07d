"""A revised data set goes into a record that has the older one, and nobody's work is lost."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database.fields import period
from peacetracker.press.models import Article, Feed
from peacetracker.stances import services
from peacetracker.stances.models import Evidence, Stance, Statement
from tests.factories import ArticleFactory, StatementFactory

pytestmark = pytest.mark.django_db
Load = Callable[..., list[str]]
Somebody = AbstractContextManager[object]


def held() -> list[tuple[str, str | None, str]]:
    """The published stances in time."""
    stances = Stance.objects.published().order_by("period")
    return [(str(s.period.lower), str(s.period.upper) if s.period.upper else None, s.position) for s in stances]


class TestWhatNobodyTouched:
    """It follows the data set, whatever that corrects."""

    def test_the_first_day_of_a_stance(self, load: Load) -> None:
        load()
        before = list(Stance.objects.order_by("period").values_list("pk", flat=True))
        said = ("said_on: 2025-11-21", "said_on: 2025-11-20")
        assert load(said, ("from: 2025-11-21", "from: 2025-11-20")) == []
        assert held() == [("2025-11-20", "2025-12-01", "support"), ("2025-12-01", None, "oppose")]
        assert list(Stance.objects.order_by("period").values_list("pk", flat=True)) == before

    def test_the_days_of_two_neighbours(self, load: Load) -> None:
        load()
        later = [("2025-12-01", "2025-12-05"), ("2025-11-21", "2025-11-25")]
        assert load(*later) == []
        assert held() == [("2025-11-25", "2025-12-05", "support"), ("2025-12-05", None, "oppose")]
        assert Stance.objects.count() == 2

    def test_a_stance_that_is_gone_makes_way_and_stays_as_a_draft(self, load: Load) -> None:
        load()
        second = "  - {actor: france, target: plan, from: 2025-12-01, position: oppose, evidence: [two]}\n"
        left = load((second, ""), (", until: 2025-12-01", ""))
        assert held() == [("2025-11-21", None, "support")]
        assert Stance.objects.filter(published=False).count() == 1
        assert "withdrawn, now a draft" in left[0]

    def test_the_words_before_a_quote(self, load: Load) -> None:
        load()
        ids = list(Statement.objects.values_list("pk", flat=True))
        assert load(("Macron said:", "On Friday the president of France said:")) == []
        assert list(Statement.objects.values_list("pk", flat=True)) == ids
        for statement in Statement.objects.select_related("article"):
            assert statement.article.text[statement.start : statement.end] == statement.quote

    def test_the_quote_itself(self, load: Load) -> None:
        load()
        assert load(("We back the plan", "We back the whole plan")) == []
        assert set(Statement.objects.values_list("quote", flat=True)) == {
            "We back the whole plan",
            "We back it no more",
        }

    def test_the_first_day_of_an_office(self, load: Load) -> None:
        load()
        assert load(("from: 2017-05-14", "from: 2017-05-13")) == []
        assert Affiliation.objects.get().period == period(dt.date(2017, 5, 13), None)


class TestWhatSomebodyChanged:
    """It stays as it is and is named; the rest follows the data set. `overwrite` gives the data set its way."""

    def test_a_field_of_a_row(self, load: Load, somebody: Somebody) -> None:
        load()
        with somebody:
            Actor.objects.filter(slug="france").update(name="French Republic")
        revised = ("name: France, kind: state", "name: La France, kind: state, summary: A state.")
        assert "“French Republic” of the record was kept" in load(revised)[0]
        assert Actor.objects.values_list("name", "summary").get(slug="france") == ("French Republic", "A state.")
        assert load(revised, overwrite=True) == []
        assert Actor.objects.get(slug="france").name == "La France"

    def test_the_stances_of_a_cell(self, load: Load, somebody: Somebody) -> None:
        load()
        with somebody:
            services.withdraw(Stance.objects.get(position="oppose"))
        for changes in ([], [("from: 2025-11-21", "from: 2025-11-22")]):
            left = load(*changes)
            assert held() == [("2025-11-21", "2025-12-01", "support")]
            assert "stances of “france” on “plan”: left alone" in left[0]
        load(overwrite=True)
        assert held() == [("2025-11-21", "2025-12-01", "support"), ("2025-12-01", None, "oppose")]

    def test_a_decision_on_a_statement(self, load: Load, somebody: Somebody) -> None:
        load()
        with somebody:
            services.withdraw(Stance.objects.get(position="oppose"))
            services.reject(Statement.objects.get(position="oppose"), "misread")
        load()
        assert Statement.objects.get(position="oppose").state == "rejected"

    def test_what_was_removed(self, load: Load, somebody: Somebody) -> None:
        load()
        with somebody:
            Alias.objects.all().delete()
            Stance.objects.filter(position="oppose").delete()
            Statement.objects.filter(position="oppose").delete()
        left = " ".join(load())
        assert (Alias.objects.count(), Stance.objects.count(), Statement.objects.count()) == (0, 1, 1)
        assert "alias: not added again" in left
        assert "statement “two”: left out, for somebody removed it" in left
        load(overwrite=True)
        assert (Alias.objects.count(), Stance.objects.count(), Statement.objects.count()) == (1, 2, 2)

    def test_evidence_taken_from_a_stance(self, load: Load, somebody: Somebody) -> None:
        load()
        with somebody:
            own = StatementFactory(actor=Actor.objects.get(slug="france"), target=Stance.objects.all()[0].target)
            stance = Stance.objects.get(position="oppose")
            services.corroborate(stance, [own])
            Evidence.objects.exclude(statement=own).filter(stance=stance).delete()
        assert "not linked again" in load()[0]
        assert [link.statement for link in stance.evidence.all()] == [own]

    def test_a_text_under_the_quotes_of_others(self, load: Load, somebody: Somebody) -> None:
        with somebody:
            article = ArticleFactory(canonical_url="https://paper.example/1", text="Words of their own.")
            StatementFactory(article=article, quote="Words of their own")
        for overwrite in (False, True):
            left = " ".join(load(overwrite=overwrite))
            assert "text: left as it is" in left
            assert "statement “one”: left out, for the text does not hold its quote" in left
            assert "stance: left out" in left
        assert Article.objects.get().text == "Words of their own."
        assert held() == []

    def test_a_statement_that_somebody_found_in_the_same_note(self, load: Load, somebody: Somebody) -> None:
        load()
        with somebody:
            article = Article.objects.get()
            StatementFactory(article=article, quote="Later")
        assert load(("Macron said:", "On Friday the president of France said:")) == []
        own = Statement.objects.select_related("article").get(quote="Later")
        assert own.article.text[own.start : own.end] == "Later"

    def test_a_feed_that_was_switched_off(self, load: Load) -> None:
        load()
        Feed.objects.update(enabled=False)
        load(("name: The Paper", "name: Paper"))
        assert not Feed.objects.get().enabled
