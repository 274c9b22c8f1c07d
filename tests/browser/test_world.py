"""The map and its days, the timeline, where the parties meet, what is embedded: as a reader uses them."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from peacetracker.database.fields import period
from peacetracker.proposals.models import Party
from tests.browser.conftest import overflows, violations
from tests.factories import ActorFactory, StanceFactory

PAGES = [
    "/map/?view=europe", "/timeline/?year=2025", "/timeline/?month=2025-11", "/agreement/", "/agreement/?about=issue",
    "/search/?q=back", "/search/?q=back&kind=quotes&position=support", "/about/quality/", "/about/accessibility/",
    "/embed/map/?target=lake-plan", "/embed/tally/lake-plan/", "/embed/positions/france/lake-plan/", "/embed/matrix/",
]  # fmt: skip


@pytest.fixture
def world(record: dict[str, Any]) -> dict[str, Any]:
    """States on the map: one that moved, and one too small to draw. Two parties to the process."""
    plan = record["plan"]
    italy, malta = (ActorFactory(name=n, slug=n.lower(), iso3=i) for n, i in [("Italy", "ITA"), ("Malta", "MLT")])
    turn = dt.date(2025, 11, 28)
    StanceFactory(actor=italy, target=plan, position="oppose", period=period(dt.date(2025, 11, 21), turn))
    StanceFactory(actor=italy, target=plan, position="support", period=period(turn, None))
    StanceFactory(actor=malta, target=plan, position="neutral", period=period(turn, None))
    for actor in (italy, malta):
        Party.objects.create(process=plan.process, actor=actor, role="belligerent")
    return record


def test_every_page_is_accessible_and_fits(reader: Page, world: dict[str, Any]) -> None:
    for address in PAGES:
        response = reader.goto(address)
        assert response is not None
        assert response.status == 200, address
        assert violations(reader) == [], address
        assert not overflows(reader), address


def test_the_map_opens_the_evidence_and_goes_back_in_time(reader: Page, world: dict[str, Any]) -> None:
    reader.goto("/map/?target=lake-plan")
    reader.get_by_role("link", name="21 November 2025").click()
    expect(reader.locator(".atlas").get_by_role("link", name="Italy opposes")).to_be_visible()
    assert "on=2025-11-21" in reader.url
    reader.locator(".atlas").get_by_role("link", name="Italy opposes").focus()
    reader.keyboard.press("Enter")
    expect(reader.locator("#drawer").get_by_role("heading", level=1)).to_contain_text("Italy on Lake plan")


def test_the_days_play_when_asked_and_stop_at_the_last(reader: Page, world: dict[str, Any]) -> None:
    reader.goto("/map/?target=lake-plan&on=2025-11-22")
    button = reader.get_by_role("button", name="Play")
    button.click()
    expect(reader.locator(".atlas").get_by_role("link", name="Italy supports")).to_be_visible()
    expect(reader.get_by_role("button", name="Play")).to_be_visible()
    assert "on=2025-11-28" in reader.url


def test_coming_nearer_on_the_timeline(reader: Page, world: dict[str, Any]) -> None:
    reader.goto("/timeline/")
    reader.get_by_role("link", name="2025", exact=True).click()
    expect(reader.locator("#chronicle").get_by_role("heading", name="By week")).to_be_visible()
    reader.locator(".timeline").get_by_role("link").first.click()
    expect(reader.get_by_role("heading", name="Friday, 21 November")).to_be_visible()
    reader.go_back()
    expect(reader.get_by_role("heading", name="By week")).to_be_visible()


def test_without_javascript_the_map_still_goes_back_in_time(
    reader_without_javascript: Page, world: dict[str, Any]
) -> None:
    page = reader_without_javascript
    page.goto("/map/?target=lake-plan")
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    page.get_by_role("link", name="21 November 2025").click()
    expect(page.locator(".atlas").get_by_role("link", name="Italy opposes")).to_be_visible()


def test_right_to_left_does_not_break(reader: Page, world: dict[str, Any]) -> None:
    for address in ["/", "/matrix/", "/map/?target=lake-plan", "/timeline/", "/proposals/lake-plan/"]:
        reader.goto(address)
        reader.evaluate("document.documentElement.dir = 'rtl'")
        # Content that leaves the page on its far side cannot be reached by scrolling.
        assert not reader.evaluate("document.scrollingElement.scrollWidth > window.innerWidth"), address


def test_ukrainian_pages_are_accessible_and_fit(reader: Page, world: dict[str, Any]) -> None:
    for address in ["/", "/matrix/", "/agreement/", "/proposals/lake-plan/", "/positions/france/lake-plan/"]:
        reader.goto(f"{address}?lang=uk")
        assert violations(reader) == [], address
        assert not overflows(reader), address
    expect(reader.get_by_role("link", name="English")).to_be_visible()
