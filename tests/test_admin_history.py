"""History in the admin: why, reverting, and two people in one form."""

from typing import Any

import pytest
from django.test import Client

from peacetracker.accounts.models import AuditEntry
from peacetracker.actors.models import Actor, Alias
from peacetracker.stances.models import Stance, Statement
from tests.admin_pages import fields_of, url
from tests.factories import ActorFactory, StanceFactory, StatementFactory
from tests.people import ROLES, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> Client:
    return client_of("chief_editor")


def open_form(client: Client, row: Any) -> tuple[str, dict[str, Any]]:
    address = url(row, "change", row.pk)
    page = client.get(address)
    return address, {**fields_of(client, address), "_seen": page.context["seen"]}


class TestTwoAtOnce:
    def test_the_second_save_is_refused_and_keeps_what_was_typed(self, chief: Client) -> None:
        actor = ActorFactory(name="Ruritania")
        address, mine = open_form(chief, actor)
        other = client_of("editor")
        _, theirs = open_form(other, actor)
        assert other.post(address, {**theirs, "name": "Kingdom of Ruritania"}).status_code == 302
        page = chief.post(address, {**mine, "summary": "typed by me", "_why": "typed too"})
        words = page.content.decode()
        assert "editor changed this after you opened it" in words
        assert "“Ruritania” → “Kingdom of Ruritania”" in words
        assert "typed by me" in words
        assert 'value="typed too"' in words
        actor.refresh_from_db()
        assert (actor.name, actor.summary) == ("Kingdom of Ruritania", "")
        again = {**mine, "summary": "typed by me", "_seen": page.context["seen"], "name": "Kingdom of Ruritania"}
        assert chief.post(address, again).status_code == 302, "whoever has seen it may save"

    def test_a_changed_part_counts(self, chief: Client) -> None:
        actor = ActorFactory()
        address, mine = open_form(chief, actor)
        Alias.objects.create(actor=actor, text="Paris")
        assert "changed this after you opened it" in chief.post(address, mine).content.decode()

    def test_changes_elsewhere_do_not(self, chief: Client) -> None:
        actor = ActorFactory()
        address, mine = open_form(chief, actor)
        ActorFactory().save()
        assert chief.post(address, mine).status_code == 302

    def test_a_decision_at_the_desk_counts(self, chief: Client) -> None:
        statement = StatementFactory(state="candidate")
        address, mine = open_form(chief, statement)
        Statement.objects.update(state="rejected", rejection_reason="hearsay")
        page = chief.post(address, {**mine, "_accept": "1"}).content.decode()
        assert "“candidate” → “rejected”" in page
        statement.refresh_from_db()
        assert statement.state == "rejected"


class TestReverting:
    def change(self, client: Client, row: Any, **typed: Any) -> Any:
        """Change a row in its form; its newest change of its own."""
        address, fields = open_form(client, row)
        assert client.post(address, {**fields, **typed}).status_code == 302
        return self.newest(client, row)

    def newest(self, client: Client, row: Any) -> Any:
        found = client.get(url(row, "history", row.pk)).context["changes"]
        own = [change for change in found if change.table == row._meta.label_lower]
        return max(own, key=lambda change: change.event)

    def address(self, row: Any, change: Any) -> str:
        return url(row, "revert", row.pk, change.table, change.event)

    def test_a_change_is_shown_and_undone_with_its_reason(self, chief: Client) -> None:
        actor = ActorFactory(name="Ruritania")
        change = self.change(chief, actor, name="Borduria", _why="renamed by treaty")
        page = chief.get(url(actor, "history", actor.pk)).content.decode()
        assert "renamed by treaty" in page
        assert self.address(actor, change) in page
        assert "<ins>Ruritania</ins>" in chief.get(self.address(actor, change)).content.decode()
        chief.post(self.address(actor, change), {"_why": "the treaty fell through"})
        actor.refresh_from_db()
        assert actor.name == "Ruritania"
        assert self.newest(chief, actor).why == "the treaty fell through"
        assert AuditEntry.objects.filter(event="reverted", username="chief_editor").exists()

    def test_what_was_done_since_stays(self, chief: Client) -> None:
        actor = ActorFactory(name="Ruritania")
        change = self.change(chief, actor, name="Borduria")
        self.change(chief, actor, summary="written later")
        chief.post(self.address(actor, change))
        actor.refresh_from_db()
        assert (actor.name, actor.summary) == ("Ruritania", "written later")

    def test_a_field_that_changed_again_is_refused(self, chief: Client) -> None:
        actor = ActorFactory(name="Ruritania")
        change = self.change(chief, actor, name="Borduria")
        self.change(chief, actor, name="Syldavia")
        assert "“name” has changed again since" in chief.post(self.address(actor, change)).content.decode()
        actor.refresh_from_db()
        assert actor.name == "Syldavia"

    def test_what_the_record_forbids_is_refused_in_words(self, chief: Client) -> None:
        statement = StatementFactory(state="candidate")
        Statement.objects.update(state="accepted")
        StanceFactory(actor=statement.actor, target=statement.target, evidence=[statement])
        page = chief.post(self.address(statement, self.newest(chief, statement))).content.decode()
        assert "A published stance must rest on an accepted statement" in page
        statement.refresh_from_db()
        assert statement.state == "accepted"

    def test_a_removed_part_comes_back(self, chief: Client) -> None:
        actor = ActorFactory()
        alias = Alias.objects.create(actor=actor, text="Paris", kind="metonym")
        key = alias.pk
        alias.delete()
        found = chief.get(url(actor, "history", actor.pk)).context["changes"]
        removal = next(change for change in found if change.action == "removed")
        chief.post(self.address(actor, removal))
        assert Alias.objects.get(pk=key).kind == "metonym"
        assert "put back already" in chief.post(self.address(actor, removal)).content.decode()

    def test_an_added_part_goes(self, chief: Client) -> None:
        actor = ActorFactory()
        Alias.objects.create(actor=actor, text="Paris")
        found = chief.get(url(actor, "history", actor.pk)).context["changes"]
        chief.post(self.address(actor, next(change for change in found if change.of == "alias")))
        assert not actor.aliases.exists()

    def test_changes_of_other_objects_are_not_found_here(self, chief: Client) -> None:
        actor, other = ActorFactory(), ActorFactory(name="Ruritania")
        change = self.change(chief, other, name="Borduria")
        for address in (
            self.address(actor, change),
            url(actor, "revert", actor.pk, "auth.user", 1),
            url(actor, "revert", actor.pk, "x", 1),
            url(other, "revert", other.pk, change.table, 10**6),
        ):
            assert chief.post(address).status_code == 404
        other.refresh_from_db()
        assert other.name == "Borduria"

    @pytest.mark.parametrize("role", ROLES)
    def test_who_may(self, role: str) -> None:
        actor = ActorFactory(name="Ruritania")
        Actor.objects.update(name="Borduria")
        change = self.newest(client_of("superuser"), actor) if role != "superuser" else None
        client = client_of(role)
        change = change or self.newest(client, actor)
        status = client.post(self.address(actor, change)).status_code
        actor.refresh_from_db()
        may = role in ("chief_editor", "superuser")
        assert (actor.name == "Ruritania") == may
        assert may or status in (302, 403)
        page = client.get(url(actor, "history", actor.pk))
        assert ("Revert…" in page.content.decode()) == may

    def test_a_published_stance(self, chief: Client) -> None:
        stance = StanceFactory(position="support")
        change = self.change(chief, stance, position="oppose")
        chief.post(self.address(stance, change))
        assert Stance.objects.get().position == "support"
