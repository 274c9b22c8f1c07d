"""Bulk actions: a preview that tells the truth, one step to undo, nothing overwritten."""

import pytest

from peacetracker.desk.models import Assignment, Decision
from peacetracker.stances.models import Statement
from tests.desk.conftest import Desk, candidate

pytestmark = pytest.mark.django_db


def seen(*statements: Statement) -> list[str]:
    return [f"{statement.pk}:{statement.version}" for statement in statements]


def test_the_preview_says_what_changes_and_changes_nothing(desk: Desk) -> None:
    ready, left = candidate(), candidate(actor=None, actor_name="the Quartet")
    candidate(actor=ready.actor)
    page = desk.client.get("/desk/bulk/", {"verb": "accept"})
    assert "Accept 2 candidates?" in page.content.decode()
    assert [item.statement for item in page.context["groups"]["left"]] == [left]
    page = desk.client.get("/desk/bulk/", {"verb": "reject", "query": f"actor={ready.actor.slug}"})
    assert "Reject 2 candidates?" in page.content.decode()
    picked = desk.client.get("/desk/bulk/", {"verb": "accept", "statement": [ready.pk]})
    assert [item.statement for item in picked.context["groups"]["ready"]] == [ready]
    assert Statement.objects.candidates().count() == 3


def test_it_is_done_and_undone_in_one_step(desk: Desk) -> None:
    one, other = candidate(), candidate()
    echo = candidate(actor=one.actor, target=one.target)
    desk.post("bulk", verb="reject", reason="hearsay", seen=seen(one, other), htmx=False)
    assert set(Statement.objects.values_list("state", "rejection_reason")) == {("rejected", "hearsay")}
    assert Decision.objects.get().words == "Rejected 2 candidates at once."
    desk.post("undo_last", htmx=False)
    assert Statement.objects.candidates().count() == 3
    echo.refresh_from_db()
    assert echo.decided_by is None


def test_what_changed_meanwhile_is_left_and_told(desk: Desk) -> None:
    one, other, incomplete = candidate(), candidate(), candidate(target=None, target_name="a plan")
    shown = seen(one, other, incomplete)
    desk.correct(one, position="oppose")
    desk.post("bulk", verb="accept", seen=[*shown, "x:y"], htmx=False)
    page = desk.open().content.decode()
    assert "Accepted 1 candidates at once." in page
    assert "changed meanwhile" in page
    assert "lacks an actor, a target or a day" in page
    assert Statement.objects.accepted().get() == other


def test_assigning(desk: Desk) -> None:
    one, other = candidate(), candidate()
    desk.post("bulk", verb="assign", editor="chief_editor", seen=seen(one, other), htmx=False)
    assert Assignment.objects.count() == 2
    assert desk.open("?assigned=me").context["waiting"].candidates == 2


def test_who_may(editors_desk: Desk) -> None:
    assert Desk("coder").client.get("/desk/bulk/").status_code == 403
    assert editors_desk.client.get("/desk/bulk/?confidence=very").status_code == 302
    assert editors_desk.post("bulk", verb="burn", htmx=False).status_code == 400
