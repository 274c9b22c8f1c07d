"""The desk in Chromium: by keyboard alone, by mouse, on a phone, without JavaScript, beside a second editor."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Page, expect

from peacetracker.database.refusals import Refused
from peacetracker.desk import services
from peacetracker.desk.models import Decision
from peacetracker.press.models import Article
from peacetracker.stances.models import Stance, Statement
from tests.browser.conftest import overflows, violations
from tests.factories import DAY, ArticleFactory, SourceFactory, StatementFactory

CANDIDATES, A_PIECE = 100, 10  # in articles of ten


@pytest.fixture
def morning(record: dict[str, Any]) -> list[Statement]:
    """A morning's candidates: ten articles of ten."""
    record["candidate"].delete()
    source, found = SourceFactory(), []
    for n in range(CANDIDATES // A_PIECE):
        text = " ".join(f"On day {n} of week {m} they said 🕊️ that they would sign it." for m in range(A_PIECE))
        article = ArticleFactory(source=source, title=f"Morning {n}", text=text)
        for m in range(A_PIECE):
            quote = f"On day {n} of week {m} they said"
            cell = {"actor": record["france"], "target": record["plan"], "position": "support_if"}
            found.append(StatementFactory(article=article, quote=quote, state="candidate", said_on=DAY, **cell))
    return found


def waiting(page: Page) -> Any:
    return page.locator("#cards > .candidate[data-state=waiting]")


def current(page: Page) -> Any:
    return page.locator("#cards > .candidate[aria-current]")


@pytest.mark.slow
def test_a_hundred_candidates_by_keyboard_beside_a_second_editor(editor: Page, morning: list[Statement]) -> None:
    """No reload, no lost decision: each candidate is decided once, by whoever was first, and the other is told."""
    second = User.objects.create(username="second", is_superuser=True)
    theirs = [statement for statement in morning if statement.pk % 7 == 0]
    refused: list[Refused] = []

    def colleague() -> None:
        for statement in theirs:
            try:
                services.reject(statement.pk, 1, "hearsay", second)
            except Refused as refusal:
                refused.append(refusal)
        connections.close_all()

    editor.goto("/desk/")
    editor.evaluate("window.stillHere = true")
    expect(waiting(editor)).to_have_count(A_PIECE)
    beside = threading.Thread(target=colleague)
    beside.start()
    while Statement.objects.candidates().exists():
        editor.keyboard.press("a")
        editor.wait_for_timeout(40)
    beside.join()
    assert editor.evaluate("window.stillHere")
    assert not Statement.objects.candidates().exists()
    expect(editor.locator("#waiting")).to_have_text("0")
    decisions = Decision.objects.filter(statement__in=morning)
    assert decisions.count() == CANDIDATES
    assert decisions.filter(editor=second).count() + len(refused) == len(theirs)
    assert Statement.objects.filter(state="rejected").count() == decisions.filter(editor=second).count()


def test_every_key_does_what_the_help_says(editor: Page, morning: list[Statement]) -> None:
    editor.goto("/desk/")
    first = current(editor).get_attribute("data-statement")
    editor.keyboard.press("?")
    expect(editor.get_by_role("heading", name="Keys")).to_be_visible()
    assert violations(editor) == []
    editor.keyboard.press("Escape")

    editor.keyboard.press("j")
    expect(current(editor)).not_to_have_attribute("data-statement", str(first))
    editor.keyboard.press("k")
    expect(current(editor)).to_have_attribute("data-statement", str(first))

    editor.keyboard.press("5")
    expect(current(editor).locator(".claim")).to_contain_text("supports")
    expect(current(editor).get_by_role("button", name="supports", exact=True)).to_have_attribute("aria-pressed", "true")
    editor.keyboard.press("Shift+Digit2")
    expect(current(editor).locator(".grade").first).to_have_text("B2")
    editor.keyboard.press("Shift+D")
    expect(editor.locator(".open-article .grade").first).to_have_text("D")

    editor.keyboard.press("x")
    editor.keyboard.press("5")
    rejected = editor.locator(f"#statement-{first}")
    expect(rejected).to_have_attribute("data-state", "rejected")
    expect(rejected).to_contain_text("hearsay")
    expect(current(editor)).not_to_have_attribute("data-statement", str(first))
    editor.keyboard.press("u")
    expect(rejected).to_have_attribute("data-state", "waiting")
    expect(editor.locator("#said")).to_contain_text("Undone: ")
    skipped = current(editor).get_attribute("data-statement")
    editor.keyboard.press("s")
    expect(current(editor)).not_to_have_attribute("data-statement", str(skipped))
    assert Statement.objects.get(pk=first).state == "candidate"

    title = editor.locator(".open-article h2").inner_text()
    editor.keyboard.press("n")
    expect(editor.locator(".open-article h2")).not_to_have_text(title)
    assert "article=" in editor.url
    editor.go_back()
    expect(editor.locator(".open-article h2")).to_have_text(title)


def test_recording_shows_on_the_readers_page_at_once(editor: Page, record: dict[str, Any]) -> None:
    editor.goto("/desk/")
    expect(current(editor)).to_have_count(1)
    editor.keyboard.press("r")
    expect(editor.locator("#said")).to_contain_text("Accepted and recorded")
    stance = Stance.objects.get(actor=record["france"], target=record["candidate"].target)
    editor.goto(stance.get_absolute_url())
    expect(editor.get_by_text("opposes").first).to_be_visible()


SELECT = """(words) => {
  const walker = document.createTreeWalker(document.querySelector('#text'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.lastIndexOf(words);
    if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + words.length); // the last one stays
  }
}"""


def test_selected_words_move_a_span_or_make_a_statement(editor: Page, morning: list[Statement]) -> None:
    editor.goto("/desk/")
    pk = current(editor).get_attribute("data-statement")
    editor.evaluate(SELECT, "that they would sign it")
    expect(editor.get_by_role("button", name="Move the span here")).to_be_visible()
    editor.keyboard.press("w")
    expect(editor.locator(f"#statement-{pk} .quoted")).to_contain_text("that they would sign it")
    statement = Statement.objects.select_related("article").get(pk=pk)
    assert statement.quote == "that they would sign it"
    assert statement.start == statement.article.text.rindex("that they would sign it")

    editor.evaluate(SELECT, "they would sign")
    editor.keyboard.press("m")
    form = editor.locator("#new-statement form")
    expect(form.get_by_label("Quote")).to_have_value("they would sign")
    form.get_by_label("Actor", exact=True).press_sequentially("bordur")
    expect(form.get_by_role("option", name="Borduria")).to_be_visible()
    assert violations(editor) == []
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Enter")
    form.get_by_label("Target", exact=True).fill("hill-answer")
    form.get_by_label("Position").select_option("support")
    form.get_by_role("button", name="Add as a candidate").click()
    expect(editor.locator("#said")).to_contain_text("Added: Borduria supports: Hill answer")
    made = Statement.objects.latest("pk")
    expect(current(editor)).to_have_attribute("data-statement", str(made.pk))
    assert (made.quote, made.extractor) == ("they would sign", "")


def test_a_correction_that_came_second_keeps_what_was_typed(editor: Page, morning: list[Statement]) -> None:
    editor.goto("/desk/")
    pk = current(editor).get_attribute("data-statement")
    editor.keyboard.press("e")
    form = editor.locator(f"#correct-{pk} form")
    form.get_by_label("Condition").fill("a long thought")
    Statement.objects.filter(pk=pk).update(credibility=3)
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("Somebody changed this while you had it open")
    expect(form.get_by_label("Condition")).to_have_value("a long thought")
    form.get_by_role("button", name="Save").click()
    expect(editor.locator(f"#statement-{pk} .claim")).to_contain_text("a long thought")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits(editor: Page, record: dict[str, Any], width: int, scheme: Any) -> None:
    editor.set_viewport_size({"width": width, "height": 900})
    editor.emulate_media(color_scheme=scheme)
    pk = record["candidate"].pk
    for address in ("/desk/", f"/desk/statements/{pk}/correct/", "/desk/bulk/?verb=reject", "/desk/submit/",
                    "/desk/decisions/", "/desk/agreement/", "/desk/differences/"):  # fmt: skip
        editor.goto(address)
        assert violations(editor) == [], address
        assert not overflows(editor), address


def test_without_javascript_it_is_plain_forms(
    reader_without_javascript: Page, client: Any, admin_user: User, record: dict[str, Any]
) -> None:
    page = reader_without_javascript
    page.goto("/admin/login/?next=/desk/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Correct").click()
    page.get_by_label("Condition").fill("")
    page.get_by_label("Position").select_option("neutral")
    page.get_by_role("button", name="Save").click()
    record["candidate"].refresh_from_db()
    assert record["candidate"].position == "neutral"
    page.get_by_text("Reject…").click()
    page.get_by_role("button", name="hearsay").click()
    expect(page.get_by_text("Rejected: ").first).to_be_visible()
    assert not Article.objects.filter(statements__state="candidate").exists()
