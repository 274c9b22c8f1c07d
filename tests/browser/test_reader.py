"""A reader's paths: at a desk and on a phone, light and dark, without JavaScript and by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import overflows, violations

PAGES = [
    "/", "/matrix/", "/matrix/?proposal=lake-plan", "/matrix/?kind=issue", "/proposals/", "/proposals/lake-plan/",
    "/proposals/lake-plan/1/", "/compare/?a=lake-plan&b=hill-answer", "/compare/", "/actors/", "/actors/france/",
    "/issues/", "/issues/armed-forces/", "/positions/france/lake-plan/", "/positions/ruritania/hill-answer/",
    "/shifts/", "/timeline/", "/alignment/", "/map/", "/search/?q=Ruritanja", "/search/?q=nothing-of-the-kind",
    "/about/methodology/", "/?on=2020-01-01",
]  # fmt: skip


def test_every_page_is_accessible_and_fits(reader: Page, record: dict[str, Any]) -> None:
    pages = [*PAGES, f"/articles/{record['france'].statements.filter(state='accepted').first().article_id}/"]
    for address in pages:
        response = reader.goto(address)
        assert response is not None
        assert response.status == 200, address
        assert violations(reader) == [], address
        assert not overflows(reader), address


@pytest.mark.parametrize("address", ["/", "/matrix/"])
def test_an_empty_record_shows_as_such(reader: Page, transactional_db: None, address: str) -> None:
    response = reader.goto(address)
    assert response is not None
    assert response.status == 200
    assert violations(reader) == []


def test_from_the_overview_to_the_quote(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/")
    reader.get_by_role("link", name="Lake plan").first.click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Lake plan")
    reader.locator("a[href^='/positions/france/lake-plan/']").first.click()
    expect(reader.get_by_text("We back the plan if Kyiv agrees").first).to_be_visible()
    expect(reader.get_by_text("Kyiv agrees").first).to_be_visible()


def test_the_same_without_javascript(reader_without_javascript: Page, record: dict[str, Any]) -> None:
    page = reader_without_javascript
    page.goto("/matrix/")
    page.locator("a[href^='/positions/france/lake-plan/']:visible").first.click()
    expect(page.get_by_text("We back the plan if Kyiv agrees").first).to_be_visible()
    page.goto("/search/?q=Ruritania")
    expect(page.get_by_role("link", name="Ruritania").first).to_be_visible()


def test_back_after_the_drawer_shows_the_whole_page(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/matrix/")
    reader.locator("a[href^='/positions/france/lake-plan/']:visible").first.click()
    expect(reader.get_by_text("We back the plan if Kyiv agrees").first).to_be_visible()
    reader.reload()
    expect(reader.get_by_role("navigation").first).to_be_visible()
    reader.go_back()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Who supports what")


def test_searching_as_one_types(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/search/")
    reader.get_by_role("main").get_by_role("searchbox").press_sequentially("Lodz", delay=30)
    expect(reader.get_by_role("main").get_by_role("link", name="Łódź League").first).to_be_visible()


def test_the_first_tab_skips_to_the_content(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/matrix/")
    reader.keyboard.press("Tab")
    assert "skip" in reader.evaluate("document.activeElement.textContent.toLowerCase()")
