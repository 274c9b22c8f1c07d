"""Logging in: throttled, with a second factor where there is one, in sessions that end; and passwords set anew."""

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from peacetracker.accounts import second_factor
from peacetracker.accounts.addresses import client_address
from peacetracker.accounts.middleware import BEGAN, SEEN
from peacetracker.accounts.models import AuditEntry
from tests.people import client_of, user_of

pytestmark = pytest.mark.django_db
PASSWORD = "seven tall herons"
INDEX = reverse("admin:index")


@pytest.fixture
def editor() -> User:
    user = user_of("editor")
    assert user is not None
    user.set_password(PASSWORD)
    user.email = "editor@paper.example"
    user.save()
    return user


def log_in(client: Client, username: str = "editor", password: str = PASSWORD, code: str = "", **options: Any) -> Any:
    typed = {"username": username, "password": password, "code": code, "next": INDEX}
    return client.post(reverse("admin:login"), typed, **options)


def events(event: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(event=event))


class TestThrottle:
    def fail(self, client: Client, times: int, **options: Any) -> list[int]:
        return [log_in(client, password="wrong", **options).status_code for _ in range(times)]

    def test_after_ten_failures_an_address_waits(self, client: Client, editor: User) -> None:
        assert self.fail(client, 10) == [200] * 9 + [429]
        page = log_in(client)
        assert page.status_code == 429
        assert "Log in later" in page.content.decode()
        assert events("locked_out")

    def test_others_do_not(self, client: Client, editor: User) -> None:
        self.fail(client, 10)
        assert log_in(client, REMOTE_ADDR="203.0.113.9").status_code == 302

    def test_success_forgives(self, client: Client, editor: User) -> None:
        self.fail(client, 9)
        assert log_in(client).status_code == 302
        assert self.fail(Client(), 9) == [200] * 9

    def test_behind_a_proxy_the_client_counts_and_cannot_choose_who_it_is(
        self, client: Client, editor: User, settings: Any
    ) -> None:
        settings.PROXIES = 1
        for n in range(10):
            forged = f"198.51.100.{n}, 203.0.113.5"
            log_in(client, password="wrong", headers={"X-Forwarded-For": forged})
        assert log_in(client, headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 429
        assert log_in(client, headers={"X-Forwarded-For": "203.0.113.6"}).status_code == 302

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "203.0.113.5", "127.0.0.1"),
            (1, "203.0.113.5", "203.0.113.5"),
            (1, "10.0.0.1, 203.0.113.5", "203.0.113.5"),
            (2, "203.0.113.5, 192.0.2.1", "203.0.113.5"),
            (2, "203.0.113.5", "127.0.0.1"),
            (1, "<script>", "127.0.0.1"),
            (1, "2001:db8::1", "2001:db8::1"),
        ],
    )
    def test_where_a_request_comes_from(self, settings: Any, proxies: int, forwarded: str, address: str) -> None:
        settings.PROXIES = proxies
        request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
        assert client_address(request) == address


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


class TestSecondFactor:
    page = "/admin/second-factor/"

    def turn_on(self, user: User) -> tuple[TOTPDevice, list[str]]:
        device = second_factor.device_to_set_up(user)
        return device, second_factor.turn_on(device)

    def test_setting_it_up(self, client: Client, editor: User) -> None:
        log_in(client)
        page = client.get(self.page).content.decode()
        assert 'src="data:image/svg+xml' in page
        device = TOTPDevice.objects.get()
        assert second_factor.secret(device) in page
        assert not second_factor.has_second_factor(editor), "a page that was only opened turns nothing on"
        assert "This code is wrong" in client.post(self.page, {"code": "000000"}).content.decode()
        TOTPDevice.objects.update(throttling_failure_count=0)
        page = client.post(self.page, {"code": code_of(device)}).content.decode()
        assert len(re.findall(r"<li><code>(\w+)</code>", page)) == 10
        assert second_factor.has_second_factor(editor)
        assert client.get(INDEX).status_code == 200, "whoever turned it on stays in"

    def test_then_the_password_alone_opens_nothing(self, client: Client, editor: User) -> None:
        device, _ = self.turn_on(editor)
        assert "Type the code from your app" in log_in(client).content.decode()
        assert "This code is wrong" in log_in(client, code="123456").content.decode()
        assert client.get(INDEX).status_code == 302
        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        assert log_in(client, code=code_of(device)).status_code == 302
        assert client.get(INDEX).status_code == 200

    def test_sessions_from_before_end(self, client: Client, editor: User) -> None:
        log_in(client)
        self.turn_on(editor)
        assert client.get(INDEX).status_code == 302
        assert client.post("/desk/").status_code in (302, 405)

    def test_a_code_works_once(self, client: Client, editor: User) -> None:
        device, _ = self.turn_on(editor)
        code = code_of(device)
        assert log_in(client, code=code).status_code == 302
        assert log_in(Client(), code=code).status_code == 200

    def test_guessing_codes_is_throttled(self, client: Client, editor: User) -> None:
        device, _ = self.turn_on(editor)
        log_in(client, code="123456")
        assert log_in(client, code=code_of(device)).status_code == 200, "the app's code has to wait after a wrong one"
        assert len(events("log_in_failed")) == 2

    def test_a_recovery_code_works_once(self, client: Client, editor: User) -> None:
        _, codes = self.turn_on(editor)
        assert log_in(client, code=codes[3].upper()).status_code == 302
        assert client.get(INDEX).status_code == 200
        assert log_in(Client(), code=codes[3]).status_code == 200

    def test_turning_it_off_needs_a_code(self, client: Client, editor: User) -> None:
        _, codes = self.turn_on(editor)
        log_in(client, code=codes[0])
        client.post(self.page, {"code": "wrong", "off": "1"})
        assert second_factor.has_second_factor(editor)
        editor.staticdevice_set.update(throttling_failure_count=0)  # type: ignore[attr-defined]
        client.post(self.page, {"code": codes[1], "off": "1"})
        assert not second_factor.has_second_factor(editor)
        assert [entry.details["what"] for entry in events("second_factor")] == ["turned off"]

    def test_somebody_elses_code_does_not_fit(self, client: Client, editor: User) -> None:
        self.turn_on(editor)
        other = User.objects.create_user("other")
        _, codes = self.turn_on(other)
        assert log_in(client, code=codes[0]).status_code == 200


class TestSessions:
    def age(self, client: Client, name: str, seconds: int) -> None:
        session = client.session
        session[name] -= seconds
        session.save()

    @pytest.mark.parametrize(
        ("name", "seconds", "ends"),
        [(SEEN, 119 * 60, False), (SEEN, 121 * 60, True), (BEGAN, 11 * 3600, False), (BEGAN, 13 * 3600, True)],
    )
    def test_they_end(self, name: str, seconds: int, ends: bool) -> None:
        client = client_of("editor")
        self.age(client, name, seconds)
        assert (client.get(INDEX).status_code == 302) == ends
        assert bool(events("session_expired")) == ends

    def test_use_keeps_them_alive_but_not_for_ever(self) -> None:
        client = client_of("editor")
        for _ in range(3):
            self.age(client, SEEN, 100 * 60)
            assert client.get(INDEX).status_code == 200
        assert client.session[SEEN] > time.time() - 60

    def test_not_every_request_writes(self) -> None:
        client = client_of("viewer")
        with CaptureQueriesContext(connection) as queries:
            client.get(INDEX)
        assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]

    def test_readers_have_none(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get("/about/methodology/")
        assert not [query for query in queries if "django_session" in query["sql"]]


class TestPasswords:
    def test_setting_a_new_one_by_mail(self, client: Client, editor: User) -> None:
        assert reverse("admin_password_reset") in client.get(reverse("admin:login")).content.decode()
        client.post(reverse("admin_password_reset"), {"email": "editor@paper.example"})
        (sent,) = mail.outbox
        (link,) = re.findall(r"https?://testserver(\S+)", str(sent.body))
        form = client.get(link, follow=True)
        typed = {"new_password1": "nine quiet otters", "new_password2": "nine quiet otters"}
        client.post(form.redirect_chain[-1][0], typed)
        assert log_in(client, password="nine quiet otters").status_code == 302
        assert client.get(link).status_code == 200, "and the link works once"
        assert "no longer" in client.get(link).content.decode() or "invalid" in client.get(link).content.decode()

    def test_nobody_learns_who_has_an_account(self, client: Client, editor: User) -> None:
        known, unknown = (
            client.post(reverse("admin_password_reset"), {"email": email})
            for email in ("editor@paper.example", "nobody@paper.example")
        )
        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
        assert len(mail.outbox) == 1


class TestAuditLog:
    def test_who_reads_it(self) -> None:
        for role, status in {"anonymous": 302, "chief_editor": 403, "superuser": 200}.items():
            assert client_of(role).get(reverse("admin:accounts_auditentry_changelist")).status_code == status

    def test_log_ins_and_failures(self, client: Client, editor: User) -> None:
        log_in(client, password="wrong")
        log_in(client)
        client.post(reverse("admin:logout"))
        found = list(AuditEntry.objects.filter(event__startswith="log").order_by("id").values_list("event", "username"))
        assert found == [("log_in_failed", ""), ("logged_in", "editor"), ("logged_out", "editor")]
        assert {entry.address for entry in events("logged_in")} == {"127.0.0.1"}

    def test_a_password_typed_as_a_name_is_not_kept(self, client: Client, editor: User) -> None:
        log_in(client, username="my secret password")
        assert [entry.about for entry in events("log_in_failed")] == ["(unknown name)"]
        assert "secret" not in str(AuditEntry.objects.values_list())

    def test_rights(self, editor: User) -> None:
        administrator = client_of("superuser")
        group = editor.groups.get()
        data = {"username": "editor", "is_active": "on", "is_superuser": "on", "groups": [], "password": "x"}
        data |= {"date_joined_0": "2025-01-01", "date_joined_1": "00:00"}
        answer = administrator.post(reverse("admin:auth_user_change", args=[editor.pk]), data)
        assert answer.status_code == 302
        found = AuditEntry.objects.filter(username="superuser", event__endswith="changed", about="editor")
        assert {entry.event: entry.details for entry in found} == {
            "account_changed": {"is_new": False, "values": {"is_superuser": True, "email": ""}},
            "rights_changed": {"what": "removed", "of": "groups", "names": [group.name]},
        }

    def test_nobody_rewrites_it(self) -> None:
        entry = AuditEntry.objects.create(event="exported")
        administrator = client_of("superuser")
        page = reverse("admin:accounts_auditentry_delete", args=[entry.pk])
        assert administrator.post(page, {"post": "yes"}).status_code == 403
        with pytest.raises(Exception, match="append_only"):
            AuditEntry.objects.all().delete()

    def test_the_list_is_flat_in_queries(self) -> None:
        administrator = client_of("superuser")
        counts = []
        for _ in range(2):
            AuditEntry.objects.bulk_create(AuditEntry(event="exported", username="x") for _ in range(5))
            with CaptureQueriesContext(connection) as queries:
                administrator.get(reverse("admin:accounts_auditentry_changelist"))
            counts.append(len(queries))
        assert counts[0] == counts[1]


def test_the_roles_groups_are_shown_and_not_changed() -> None:
    administrator = client_of("superuser")
    group = User.objects.get().groups.model.objects.get(name="coder")
    page = reverse("admin:auth_group_change", args=[group.pk])
    assert administrator.get(page).status_code == 200
    assert administrator.post(page, {"name": "coder", "permissions": []}).status_code == 403
