"""Double coding: blind, settled by agreement or by hand, and measured."""

from types import SimpleNamespace
from typing import Any

import pytest

from peacetracker.desk import coding
from peacetracker.desk.models import Coding
from peacetracker.stances.models import Statement
from tests.desk.conftest import Desk, candidate
from tests.factories import ActorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_articles_twice(settings: Any) -> None:
    settings.DOUBLE_CODING_SHARE = 1.0


def test_the_share_is_near_what_is_set(settings: Any) -> None:
    settings.DOUBLE_CODING_SHARE = 0.1
    assert 80 < sum(coding.is_double(number) for number in range(1000)) < 120
    settings.DOUBLE_CODING_SHARE = 0
    assert not any(coding.is_double(number) for number in range(100))


def test_one_coding_decides_nothing_and_the_other_editor_does_not_see_it(desk: Desk, editors_desk: Desk) -> None:
    statement = candidate()
    page = desk.decide(statement, "accept").content.decode()
    assert "Coded by you" in page
    assert Statement.objects.candidates().get() == statement
    assert desk.open().context["waiting"].candidates == 0
    theirs = editors_desk.open()
    assert theirs.context["waiting"].candidates == 1
    assert "Coded by" not in theirs.content.decode()


def test_two_who_agree_have_decided(desk: Desk, editors_desk: Desk) -> None:
    statement = candidate(position="neutral")
    desk.correct(statement, position="oppose")
    assert "Both editors agree" in editors_desk.correct(statement, position="oppose").content.decode()
    statement.refresh_from_db()
    assert (statement.state, statement.position, statement.decided_by.username) == ("accepted", "oppose", "editor")
    assert set(Coding.objects.values_list("settled", flat=True)) == {True}


def test_two_who_reject_have_decided(desk: Desk, editors_desk: Desk) -> None:
    statement = candidate()
    desk.decide(statement, "reject", reason="hearsay")
    editors_desk.decide(statement, "reject", reason="misread")
    statement.refresh_from_db()
    assert statement.state == "rejected"


def test_what_differs_is_settled_by_hand(desk: Desk, editors_desk: Desk) -> None:
    statement = candidate(position="neutral")
    desk.correct(statement, position="oppose")
    assert "The two codings differ" in editors_desk.decide(statement, "reject", reason="hearsay").content.decode()
    assert desk.open().context["waiting"].candidates == 0
    page = desk.client.get("/desk/differences/").content.decode()
    assert "1 difference to settle" in page
    assert "Does not count: hearsay" in page
    desk.post("settle", statement.pk, coding=Coding.objects.get(accepted=True).pk, htmx=False)
    statement.refresh_from_db()
    assert (statement.state, statement.position) == ("accepted", "oppose")
    assert "No two codings differ" in desk.client.get("/desk/differences/").content.decode()
    desk.post("undo_last", htmx=False)
    statement.refresh_from_db()
    assert (statement.state, statement.position) == ("candidate", "neutral")


def test_a_coding_makes_nothing_that_the_other_would_see(desk: Desk) -> None:
    statement = candidate()
    assert (
        "takes actors and targets of the record"
        in desk.correct(statement, actor="Quartet", new_actor="bloc").content.decode()
    )


def test_who_may() -> None:
    statement = candidate()
    coder = Desk("coder")
    assert coder.client.get("/desk/differences/").status_code == 403
    assert coder.correct(statement, position="oppose").status_code == 403
    assert coder.client.get("/desk/agreement/").status_code == 200


def coded(statement: int, editor: str, position: str, *, accepted: bool = True, actor: int = 1) -> Any:
    return SimpleNamespace(
        statement_id=statement, editor_id=editor, editor=editor, accepted=accepted, actor_id=actor, target_id=1,
        position=position, condition="",
    )  # fmt: skip


def test_alpha_by_field_and_by_pair() -> None:
    """Nominal alpha of two coders is 1 − (n − 1) Σ o_ck / Σ n_c n_k: here checked by hand."""
    codings = [
        coded(1, "ana", "support"), coded(1, "ben", "support"),
        coded(2, "ana", "oppose"), coded(2, "ben", "oppose"),
        coded(3, "ana", "support", accepted=False), coded(3, "ben", "support"),
        coded(4, "ana", "oppose", actor=2), coded(4, "ben", "oppose", actor=2),
        coded(5, "ana", "neutral"),
    ]  # fmt: skip
    measured = {each.field: each for each in coding.agreement(codings)}
    # Eight values in four units: seven “counts”, one “does not”, one unit in two minds.
    assert measured["counts as evidence"].alpha == pytest.approx(1 - 7 * 2 / (2 * 7 * 1))
    assert measured["actor"].alpha == 1
    assert measured["position"].alpha == 1
    assert measured["target"].alpha is None  # one target alone: nothing varies
    assert measured["actor"].units == 4
    assert list(coding.by_pair(codings)) == [("ana", "ben")]


def test_the_page_shows_it(desk: Desk, editors_desk: Desk) -> None:
    for position in ("oppose", "support"):
        statement = candidate(actor=ActorFactory())
        desk.correct(statement, position=position)
        editors_desk.correct(statement, position=position)
    page = desk.client.get("/desk/agreement/").content.decode()
    assert "chief_editor and editor" in page
    assert "1.00" in page
