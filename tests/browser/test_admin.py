"""The admin's pages in Chromium: accessible, within the policy, at a desk by day and on a phone at night."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page

from peacetracker.actors.models import Actor
from peacetracker.stances.models import Stance
from tests.browser.conftest import _watched, overflows, violations

SELECT2 = "aria-input-field-name"  # select2 names an empty autocomplete only once it has the focus

PLAN = "1. All guns fall silent.\n2. The army is limited to 600,000 troops.\n"


@pytest.fixture(params=["1440 light", "390 dark"])
def admin_page(
    request: pytest.FixtureRequest, browser: Browser, live_server: Any, record: dict[str, Any]
) -> Iterator[Page]:
    """The administrator's page, logged in; violations of the CSP fail the test."""
    width, scheme = request.param.split()
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": int(width), "height": 900}, color_scheme=scheme
    )
    user = get_user_model().objects.create_superuser("chief", password=None)
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    yield from _watched(context)


def addresses(record: dict[str, Any]) -> list[str]:
    plan, france, candidate = record["plan"], record["france"], record["candidate"]
    stance = Stance.objects.get(actor=france, target=plan)
    Actor.objects.filter(pk=france.pk).update(summary="A state.")
    other = Actor.objects.exclude(pk=france.pk).first()
    assert other is not None
    return [
        "/admin/",
        "/admin/stances/statement/",
        f"/admin/stances/statement/{candidate.pk}/change/",
        f"/admin/stances/stance/{stance.pk}/change/",
        f"/admin/stances/stance/timeline/?actor={france.pk}&target={plan.pk}",
        f"/admin/stances/stance/record/?actor={france.pk}&target={plan.pk}",
        f"/admin/actors/actor/{france.pk}/change/",
        f"/admin/actors/actor/{france.pk}/history/",
        f"/admin/actors/actor/merge/?row={france.pk}&row={other.pk}",
        "/admin/actors/actor/import/",
        "/admin/actors/actor/export/",
        f"/admin/proposals/proposal/{plan.pk}/split/",
        f"/admin/proposals/proposal/{plan.pk}/link/?with={stance.target.process.targets.filter(slug='hill-answer').get().pk}",
        "/admin/second-factor/",
        "/admin/accounts/auditentry/",
    ]


def test_the_main_pages(admin_page: Page, record: dict[str, Any]) -> None:
    problems = {}
    for number, address in enumerate(addresses(record)):
        admin_page.goto(address)
        picture(admin_page, f"{number:02}-{address.split('/')[-2] or 'index'}")
        found = [v for v in violations(admin_page) if not v.startswith(SELECT2)]
        found += [*(["wider than the window"] if overflows(admin_page) else [])]
        if found:
            problems[address] = found
    assert problems == {}


def test_splitting_a_text(admin_page: Page, record: dict[str, Any]) -> None:
    admin_page.goto(f"/admin/proposals/proposal/{record['plan'].pk}/split/")
    admin_page.get_by_label("The text").fill(PLAN.replace("1.", "2.", 1).replace("2. The", "3. The"))
    admin_page.get_by_role("button", name="Find the points").click()
    assert violations(admin_page) == []
    assert not overflows(admin_page)
    picture(admin_page, "split-points")
    admin_page.get_by_role("button", name="Save as provisions").click()
    assert set(record["plan"].provisions.values_list("number", flat=True)) == {1, 2, 3}


def picture(page: Page, name: str) -> None:
    """A picture of the page where PICTURES names a folder: to look at, not to compare."""
    folder = os.environ.get("PICTURES")
    if folder:
        size = page.viewport_size or {"width": 0}
        page.screenshot(path=Path(folder) / f"{size['width']}-{name}.png", full_page=True)
