"""A reader's paths: at a desk and on a phone, light and dark, without JavaScript and by keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import layout_shift, overflows, violations

PAGES = [
    "/", "/matrix/", "/matrix/?group=continent&then=2025-11-20", "/matrix/?rows=target&show=shifts",
    "/matrix/?target=lake-plan&actor=france", "/matrix/?proposal=lake-plan", "/matrix/?kind=issue",
    "/proposals/", "/proposals/lake-plan/",
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
        # A frame painted while half of a line has been parsed counts a few thousandths; what jumps counts hundredths.
        assert layout_shift(reader) < 0.005, address


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


def test_filters_without_javascript_are_addresses(reader_without_javascript: Page, record: dict[str, Any]) -> None:
    page = reader_without_javascript
    page.goto("/matrix/")
    page.get_by_label("Grouped by").select_option("continent")
    page.get_by_role("main").get_by_role("button", name="Show").click()
    assert "group=continent" in page.url
    expect(page.get_by_role("rowheader", name="Not a state").first).to_be_visible()
    page.get_by_text("Cite this page").click()
    expect(page.get_by_text("Positions as of").last).to_be_visible()
    page.goto("/positions/france/lake-plan/")
    page.get_by_role("link", name="JSON", exact=True).first.click()
    expect(page.get_by_text("We back the plan if Kyiv agrees")).to_be_visible()


@pytest.mark.parametrize("reader", ["1440 light"], indirect=True)
def test_by_keyboard_alone_from_the_matrix_to_the_evidence_and_back(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/matrix/")
    for _ in range(60):
        reader.keyboard.press("Tab")
        if "/positions/" in reader.evaluate("document.activeElement.href || ''"):
            break
    focused = reader.evaluate("document.activeElement.href")
    assert "/positions/" in focused
    expect(reader.get_by_role("tooltip")).to_contain_text("We back the plan if Kyiv agrees")
    reader.keyboard.press("ArrowDown")
    below = reader.evaluate("document.activeElement.href")
    assert below != focused
    reader.keyboard.press("ArrowUp")
    assert reader.evaluate("document.activeElement.href") == focused
    reader.keyboard.press("Enter")
    drawer = reader.get_by_role("dialog")
    expect(drawer.get_by_role("heading", level=1)).to_be_visible()
    assert reader.url == focused
    assert violations(reader) == []
    reader.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(reader).to_have_url(re.compile("/matrix/$"))
    assert reader.evaluate("document.activeElement.href") == focused


def test_filters_swap_the_matrix_and_its_address(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/matrix/")
    reader.get_by_role("combobox", name="Columns").select_option("issue")
    expect(reader.locator(".matrix").get_by_text("Armed forces").first).to_be_attached()
    assert "kind=issue" in reader.url
    reader.get_by_text("Choose columns").click()
    expect(reader.get_by_role("checkbox", name="Armed forces")).to_be_visible()
    expect(reader.locator("#as-of").get_by_role("link", name="this page as CSV")).to_have_attribute(
        "href", re.compile("kind=issue.*format=csv")
    )
    reader.go_back()
    expect(reader.locator(".matrix").get_by_text("Lake plan").first).to_be_attached()


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
