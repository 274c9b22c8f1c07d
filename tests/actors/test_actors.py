"""Actors are found by any of their names, and their ties by day."""

import datetime as dt

import pytest

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database.fields import covers, period, whole_time
from tests.factories import DAY, ActorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def zelenskyy() -> Actor:
    actor = ActorFactory(name="Volodymyr Zelenskyy", kind="person")
    Alias.objects.create(actor=actor, text="Зеленський", language="uk")
    ActorFactory(name="Emmanuel Macron", kind="person")
    ActorFactory(name="Türkiye")
    return actor


@pytest.mark.parametrize("words", ["zelenskyy", "Zelenskiy", "ЗЕЛЕНСЬКИЙ", "Volodymyr"])
def test_an_actor_is_found_by_name_and_alias_with_small_slips(zelenskyy: Actor, words: str) -> None:
    assert Actor.objects.named(words).first() == zelenskyy


def test_accents_do_not_matter(zelenskyy: Actor) -> None:
    assert Actor.objects.named("turkiye").first().name == "Türkiye"


def test_nobody_resembles_nonsense(zelenskyy: Actor) -> None:
    assert not Actor.objects.named("qqqqqq").exists()


def test_affiliations_on_a_day() -> None:
    person, state = ActorFactory(kind="person"), ActorFactory()
    held = Affiliation.objects.create(
        actor=person, organisation=state, kind="speaks_for", period=period(DAY, DAY + dt.timedelta(days=2))
    )
    always = Affiliation.objects.create(actor=person, organisation=state, kind="member", role="member")
    days = [DAY + dt.timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [held in Affiliation.objects.on(day) for day in days] == [False, True, True, False]
    assert [covers(held.period, day) for day in days] == [False, True, True, False]
    assert all(always in Affiliation.objects.on(day) for day in days)
    assert list(Affiliation.objects.speaking()) == [held]


@pytest.mark.parametrize(
    "days", [whole_time(), period(None, DAY), period(DAY, None), period(DAY, DAY + dt.timedelta(days=1))]
)
def test_a_period_comes_back_equal(days: object) -> None:
    """Else every load of a data set would find a difference."""
    tie = Affiliation.objects.create(actor=ActorFactory(), organisation=ActorFactory(), kind="member", period=days)
    assert Affiliation.objects.get(pk=tie.pk).period == days
