"""Chromium, driven as a person would; where it is missing the tests are skipped loudly, and in CI they fail."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from peacetracker.actors.models import Affiliation
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    IssueFactory,
    ProcessFactory,
    ProposalFactory,
    ProvisionFactory,
    StanceFactory,
    StatementFactory,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("PEACETRACKER_REQUIRE_BROWSER") == "1"
# Chromium under root needs no sandbox of its own, and a closed network no questions to Google.
expect.set_options(timeout=20_000)  # milliseconds: other work on the machine is no fault of a page's
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM: browser tests did not run (install chromium)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    assert CHROMIUM, "Chromium is required here: install the package chromium"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture
def record(transactional_db: None) -> dict[str, Any]:
    """A small record: two proposals, a provision, an issue, four actors, a shift, and a candidate."""
    process = ProcessFactory(name="Ruritanian war", slug="ruritania")
    plan = ProposalFactory(process=process, name="Lake plan", slug="lake-plan", summary="A plan by the lake.")
    answer = ProposalFactory(process=process, name="Hill answer", slug="hill-answer")
    cap = ProvisionFactory(proposal=plan, number=1, name="A cap on the army")
    issue = IssueFactory(process=process, name="Armed forces", slug="armed-forces")
    names = ["France", "Ruritania", "Borduria", "Łódź League"]
    france, ruritania, borduria, league = (
        ActorFactory(name=n, slug=s)
        for n, s in zip(names, ["france", "ruritania", "borduria", "lodz-league"], strict=True)
    )
    macron = ActorFactory(name="Emmanuel Macron", slug="emmanuel-macron", kind="person")
    Affiliation.objects.create(actor=macron, organisation=france, kind="speaks_for", role="president")
    StanceFactory(actor=france, target=plan, position="support_if", condition="Kyiv agrees")
    StanceFactory(actor=ruritania, target=plan, position="oppose")
    StanceFactory(actor=borduria, target=plan, position="support")
    StanceFactory(actor=league, target=answer, position="neutral")
    StanceFactory(actor=borduria, target=cap, position="oppose_unless", condition="it is higher")
    StanceFactory(actor=france, target=issue, position="support")
    candidate = StatementFactory(
        article=ArticleFactory(title="France speaks"),
        actor=france,
        target=answer,
        position="oppose",
        quote="Paris would not sign",
        state="candidate",
        direct=False,
        cues=["“would not sign” → oppose"],
        said_on=DAY,
    )
    return {"plan": plan, "france": france, "candidate": candidate}


@pytest.fixture(params=["1440 light", "390 dark"])
def reader(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Page]:
    """A reader's page at a desk or on a phone; violations of the CSP and errors on the page fail the test."""
    width, scheme = request.param.split()
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": int(width), "height": 900}, color_scheme=scheme
    )
    yield from _watched(context)


@pytest.fixture
def reader_without_javascript(browser: Browser, live_server: Any) -> Iterator[Page]:
    yield from _watched(browser.new_context(base_url=live_server.url, java_script_enabled=False))


@pytest.fixture
def editor(browser: Browser, live_server: Any, admin_user: Any) -> Iterator[Page]:
    """An editor's page, logged in through the form."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    for page in _watched(context):
        page.goto("/admin/login/")
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill("password")
        page.get_by_role("button", name="Log in").click()
        yield page


def _watched(context: BrowserContext) -> Iterator[Page]:
    page, problems = context.new_page(), []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert not problems


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    # Preloading would put style sheets inline, which the policy refuses.
    response = Axe().run(page, options={"runOnly": rules, "preload": False}).response
    return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}" for v in response["violations"]]


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def layout_shift(page: Page) -> float:
    """How far what is on the page has moved since it began to load (Cumulative Layout Shift)."""
    shift = page.evaluate(
        """() => new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value)))
            .observe({ type: "layout-shift", buffered: true });
          requestAnimationFrame(() => setTimeout(() => resolve(sum), 30));
        })"""
    )
    return float(shift)
