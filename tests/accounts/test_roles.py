"""Who may do what: page by page and action by action, by direct requests, for every role."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from peacetracker.accounts import roles
from peacetracker.press.models import Article, Snapshot
from peacetracker.proposals.models import Target
from peacetracker.stances import services
from peacetracker.stances.models import Stance, Statement
from tests.admin_pages import RECORD, RECORD_APPS, fields_of, make_record, url
from tests.factories import DAY, ArticleFactory, ProposalFactory, StanceFactory, StatementFactory
from tests.people import ROLES, client_of, user_of

pytestmark = pytest.mark.django_db
# Tables that are the machine's own: nobody is given a right to them.
INTERNAL = {"press.fingerprint", "press.address"}
UNTOUCHED = {Snapshot}  # proof: it can be seen, and nobody changes it


def rights(role: str) -> set[str]:
    granted = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in granted}


class TestTable:
    @pytest.mark.parametrize("role", roles.ROLES)
    def test_the_groups_have_what_it_says(self, role: str) -> None:
        assert rights(role) == roles.rights_of(role)

    def test_each_role_may_do_what_the_one_before_may(self) -> None:
        steps = [roles.rights_of(role) for role in roles.ROLES]
        assert all(less < more for less, more in pairwise(steps))

    def test_what_tells_them_apart(self) -> None:
        holders = {
            right: [role for role in roles.ROLES if right in roles.rights_of(role)]
            for right in (roles.ENTER, "stances.add_statement", roles.DECIDE, roles.PUBLISH, roles.MERGE, roles.REVERT)
        }
        assert list(holders.values()) == [
            ["viewer", "coder", "editor", "chief_editor"],
            ["coder", "editor", "chief_editor"],
            ["editor", "chief_editor"],
            ["chief_editor"],
            ["chief_editor"],
            ["chief_editor"],
        ]

    def test_it_names_every_table_of_the_record_and_no_other(self) -> None:
        tables = {
            model._meta.label_lower
            for app in RECORD_APPS
            for model in apps.get_app_config(app).get_models()
            if not model.__name__.endswith("Event")
        }
        named = set().union(*roles.GRANTS.values())
        assert tables - named == INTERNAL, "give each new table a line in accounts/roles.py, or name it INTERNAL here"
        assert {table.split(".")[0] for table in named} <= RECORD_APPS | {"accounts", "database", "desk"}

    def test_migrating_restores_it(self) -> None:
        Group.objects.get(name="viewer").permissions.add(Permission.objects.get(codename="delete_actor"))
        Group.objects.get(name="coder").delete()
        call_command("migrate", verbosity=0)
        assert rights("viewer") == roles.rights_of("viewer")
        assert rights("coder") == roles.rights_of("coder")


class TestEntry:
    @pytest.mark.parametrize("role", ROLES)
    def test_a_role_is_enough(self, role: str) -> None:
        assert client_of(role).get(reverse("admin:index")).status_code == (302 if role == "anonymous" else 200)

    def test_logging_in_with_a_role(self, client: Any) -> None:
        user = user_of("viewer")
        assert user is not None
        user.set_password("a long enough password")
        user.save()
        typed = {"username": "viewer", "password": "a long enough password", "next": reverse("admin:index")}
        assert client.post(reverse("admin:login"), typed).url == reverse("admin:index")

    def test_without_one_there_is_no_entry(self, client: Any) -> None:
        User.objects.create_user("nobody", password="a long enough password")
        typed = {"username": "nobody", "password": "a long enough password"}
        page = client.post(reverse("admin:login"), typed)
        assert "Please enter the correct" in page.content.decode()
        client.force_login(User.objects.get(username="nobody"))
        assert client.get(reverse("admin:index")).status_code == 302

    def test_somebody_who_left_does_not_enter(self) -> None:
        client = client_of("chief_editor")
        User.objects.update(is_active=False)
        assert client.get(reverse("admin:index")).status_code == 302


def may(role: str, action: str, model: type[models.Model]) -> bool:
    right = f"{model._meta.app_label}.{action}_{model._meta.model_name}"
    return role == "superuser" or (role != "anonymous" and right in roles.rights_of(role))


class TestPages:
    """Every page of every table of the record, opened and posted to."""

    def expected(self, role: str, model: type[models.Model], row: Any) -> dict[str, int]:
        def status(action: str) -> int:
            if role == "anonymous":
                return 302
            if model in UNTOUCHED:
                return 200 if action == "view" else 403
            return 200 if may(role, action, model) else 403

        found = {page: status("view") for page in ("list", "change", "history")}
        found |= {"add": status("add"), "add by post": status("add"), "delete": status("delete")}
        found["change by post"] = status("change")
        if isinstance(row, Stance) and role == "editor":  # it is published
            found |= {"delete": 403, "change by post": 403}
        return found

    def found(self, role: str, model: type[models.Model], row: Any) -> dict[str, int]:
        client = client_of(role)
        pages = {
            "list": url(model, "changelist"),
            "add": url(model, "add"),
            "change": url(model, "change", row.pk),
            "history": url(model, "history", row.pk),
            "delete": url(model, "delete", row.pk),
        }
        found = {page: client.get(address).status_code for page, address in pages.items()}
        found["add by post"] = client.post(pages["add"], {}).status_code
        saved = client.post(pages["change"], {}).status_code
        # An article has no field that must be filled in: nothing is missing, and it is saved.
        found["change by post"] = 200 if saved == 302 and role != "anonymous" else saved
        return found

    @pytest.mark.parametrize("model", RECORD, ids=lambda model: model._meta.model_name)
    def test_pages(self, model: type[models.Model]) -> None:
        make_record()
        row = model._default_manager.order_by("pk").first()
        if model is Statement:
            row = Statement.objects.candidates().first()
        for role in ROLES:
            assert self.found(role, model, row) == self.expected(role, model, row), role

    @pytest.mark.parametrize("role", ["anonymous", *roles.ROLES])
    def test_only_administrators_look_after_users(self, role: str) -> None:
        client = client_of(role)
        pages = [
            "auth_user_changelist", "auth_user_add", "auth_group_changelist", "auth_group_add",
        ]  # fmt: skip
        for page in pages:
            assert client.get(reverse(f"admin:{page}")).status_code in (302, 403), page
            assert client.post(reverse(f"admin:{page}"), {"name": "x"}).status_code in (302, 403), page
        assert not Group.objects.filter(name="x").exists()

    def test_the_base_of_all_targets_is_hidden_and_serves_autocompletes(self) -> None:
        editor = client_of("editor")
        ProposalFactory(name="Twelve points", terms=["Beijing's paper"])
        assert "proposals/target/" not in editor.get(reverse("admin:index")).content.decode()
        query = {"app_label": "stances", "model_name": "stance", "field_name": "target", "term": "beijing"}
        found = editor.get(reverse("admin:autocomplete"), query).json()["results"]
        assert [result["text"] for result in found] == ["Twelve points"]


def addresses(patterns: Any = None, before: str = "/") -> Iterator[str]:
    """Every address of the admin and the desk, each with a key that fits."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if path.startswith(("/admin/", "/desk/")):
                yield from addresses(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path.startswith(("/admin/", "/desk/")):
            yield path


class TestEveryAddress:
    """A sweep over all addresses there are, so that a new page is not forgotten."""

    OPEN = ("/admin/login/", "/admin/logout/", "/admin/jsi18n/", "/admin/password_reset", "/admin/reset/")

    def keyed(self, path: str, keys: dict[str, Any]) -> str | None:
        """The address with keys put in; None where it holds other parts."""
        for part in ("<path:object_id>", "<int:object_id>", "<int:pk>", "<id>"):
            path = path.replace(part, str(keys.get(path.split("/")[3] if path.count("/") > 3 else "", 1)))
        return None if set("<(^$?\\") & set(path) else path

    def all(self) -> list[str]:
        keys = {str(model._meta.model_name): model._default_manager.order_by("pk")[0].pk for model in RECORD}
        found = [keyed for path in addresses() if (keyed := self.keyed(path, keys))]
        assert len(found) > 100
        return [address for address in found if not address.startswith(self.OPEN)]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_nothing_is_open_to_the_world(self, client: Any, method: str) -> None:
        make_record()
        for address in self.all():
            answer = getattr(client, method)(address)
            assert answer.status_code in (302, 404, 405), address
            if answer.status_code == 302:
                assert answer.url.startswith("/admin/login/"), address

    def test_a_viewer_changes_nothing_by_any_address(self) -> None:
        make_record()
        client = client_of("viewer")
        everything = [model for model in apps.get_models() if model._meta.app_label in RECORD_APPS]
        before = {model: list(model._default_manager.order_by("pk").values()) for model in everything}
        for address in self.all():
            answer = client.post(address, {"post": "yes", "name": "x", "action": "delete_selected"})
            assert answer.status_code in (200, 302, 403, 404, 405), address
        assert {model: list(model._default_manager.order_by("pk").values()) for model in everything} == before


def typed_for(address: str) -> dict[str, Any]:
    """What the form of an address sends for somebody who may do all."""
    if not User.objects.filter(username="superuser").exists():
        user_of("superuser")
    client = Client()
    client.force_login(User.objects.get(username="superuser"))
    return fields_of(client, address)


class TestActions:
    """Deciding, publishing, recording and retrying, asked for directly."""

    def state(self, row: Any) -> Any:
        row.refresh_from_db()
        return row.published if isinstance(row, Stance) else row.state

    @pytest.mark.parametrize("role", ROLES)
    def test_deciding(self, role: str) -> None:
        client, decides = client_of(role), role in ("editor", "chief_editor", "superuser")
        accepted, rejected, saved = (StatementFactory(state="candidate") for _ in range(3))
        lists = url(Statement, "changelist")
        client.post(lists, {"action": "accept", "_selected_action": accepted.pk})
        data = {"action": "reject", "_selected_action": rejected.pk, "post": "yes", "reason": "misread"}
        client.post(lists, data)
        address = url(Statement, "change", saved.pk)
        client.post(address, {**typed_for(address), "_accept": "1"})
        found = [self.state(row) for row in (accepted, rejected, saved)]
        assert found == (["accepted", "rejected", "accepted"] if decides else ["candidate"] * 3)
        status = client.get(url(Statement, "reject", rejected.pk)).status_code
        assert status == (200 if decides else 302 if role == "anonymous" else 403)

    def test_a_coder_corrects_candidates_and_nothing_that_is_decided(self) -> None:
        client, candidate, decided = client_of("coder"), StatementFactory(state="candidate"), StatementFactory()
        for statement in (candidate, decided):
            address = url(Statement, "change", statement.pk)
            client.post(address, {**typed_for(address), "position": "oppose"})
            statement.refresh_from_db()
        assert (candidate.position, decided.position) == ("oppose", "support")

    @pytest.mark.parametrize("role", ROLES)
    def test_publishing(self, role: str) -> None:
        client, publishes = client_of(role), role in ("chief_editor", "superuser")
        shown, draft, ticked = StanceFactory(), StanceFactory(published=False), StanceFactory(published=False)
        lists = url(Stance, "changelist")
        client.post(lists, {"action": "withdraw", "_selected_action": shown.pk})
        client.post(lists, {"action": "publish", "_selected_action": draft.pk})
        data = {"actor": ticked.actor_id, "target": ticked.target_id, "position": "support", "period_0": DAY}
        data |= {"published": "on", "evidence-TOTAL_FORMS": 0, "evidence-INITIAL_FORMS": 0}
        client.post(url(Stance, "change", ticked.pk), data)
        assert [self.state(row) for row in (shown, draft, ticked)] == [not publishes, publishes, publishes]

    @pytest.mark.parametrize("role", ROLES)
    def test_recording(self, role: str) -> None:
        client, candidate = client_of(role), StatementFactory(state="candidate")
        form = {"from_day": DAY, "position": "support", "evidence": candidate.pk}
        client.post(url(Stance, "record") + f"?statement={candidate.pk}", form)
        published = {"editor": [False], "chief_editor": [True], "superuser": [True]}
        assert list(Stance.objects.values_list("published", flat=True)) == published.get(role, [])
        assert self.state(candidate) == ("accepted" if role in published else "candidate")

    def test_an_editor_deletes_drafts_and_not_what_readers_see(self) -> None:
        client, shown, draft = client_of("editor"), StanceFactory(), StanceFactory(published=False)
        rows = [shown.pk, draft.pk]
        client.post(url(Stance, "changelist"), {"action": "delete_selected", "_selected_action": rows, "post": "yes"})
        for row in rows:
            client.post(url(Stance, "delete", row), {"post": "yes"})
        assert list(Stance.objects.values_list("pk", flat=True)) == [shown.pk]

    @pytest.mark.parametrize("role", ROLES)
    def test_retrying(self, role: str) -> None:
        article = ArticleFactory(state="failed", reason="HTTP 500")
        client_of(role).post(url(Article, "changelist"), {"action": "retry", "_selected_action": article.pk})
        retries = role in ("editor", "chief_editor", "superuser")
        assert self.state(article) == ("queued" if retries else "failed")


class TestServices:
    """Commands check it themselves: no page can forget to."""

    @pytest.mark.parametrize("role", ["viewer", "coder"])
    @pytest.mark.parametrize("command", [services.accept, services.reject, services.reopen])
    def test_deciding(self, role: str, command: Any) -> None:
        statement = StatementFactory(state="candidate")
        with pytest.raises(roles.PermissionDenied):
            command(statement, by=user_of(role))
        statement.refresh_from_db()
        assert statement.state == "candidate"

    @pytest.mark.parametrize("command", [services.publish, services.withdraw])
    def test_publishing(self, command: Any) -> None:
        with pytest.raises(roles.PermissionDenied):
            command(StanceFactory(), by=user_of("editor"))

    def test_the_base_of_targets_is_nobodys(self) -> None:
        for role in roles.ROLES:
            assert {right for right in rights(role) if right.endswith("_target")} == {"proposals.view_target"}
        assert Target in admin.site._registry
