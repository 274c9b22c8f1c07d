"""An editor's path: from an article, through a real worker, to a position on the page."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from peacetracker.stances.models import Stance, Statement
from tests.ingest.conftest import Worker, environment

ARTICLE = """PARIS. The document had been on the table for two days.
President Emmanuel Macron rejected the Hill answer on Friday, before his ministers had met.
“France will not endorse the Hill answer,” he told reporters."""


@pytest.fixture
def worker(record: dict[str, Any]) -> Iterator[Worker]:
    worker = Worker()
    worker.start()
    yield worker
    worker.kill()


def ingest(text: str) -> dict[str, Any]:
    command = [sys.executable, "manage.py", "ingest", "-", "--published-on", "2025-11-28", "--wait", "--json"]
    done = subprocess.run(command, input=text.encode(), env=environment(), capture_output=True, timeout=120, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
def test_from_an_article_to_a_position(worker: Worker, editor: Page, record: dict[str, Any]) -> None:
    record["candidate"].delete()
    found = ingest(ARTICLE)["statements"]
    assert {statement["actor"] for statement in found} == {"France"}
    quote = found[0]["quote"]

    editor.goto("/desk/")
    candidate = editor.locator("li.candidate", has_text=quote).first
    candidate.get_by_role("button", name="Accept and record").click()
    expect(editor.locator("#said")).to_contain_text("Accepted and recorded")
    statement = Statement.objects.get(state="accepted", quote=quote, article__url__startswith="urn:")
    assert statement.decided_by is not None

    editor.goto("/positions/france/hill-answer/")
    expect(editor.get_by_text("opposes").first).to_be_visible()
    expect(editor.locator("mark", has_text=quote).first).to_be_attached()


def test_a_candidate_can_be_accepted_in_the_admin(editor: Page, record: dict[str, Any]) -> None:
    editor.goto(f"/admin/stances/statement/{record['candidate'].pk}/change/")
    expect(editor.get_by_text("Paris would not sign").first).to_be_visible()
    editor.goto("/admin/stances/statement/?state__exact=candidate")
    editor.locator("input.action-select").first.check()
    actions = editor.locator("select[name=action]")
    labels = actions.locator("option").all_text_contents()
    actions.select_option(label=next(label for label in labels if label.startswith("Accept")))
    editor.get_by_role("button", name="Run").or_(editor.get_by_role("button", name="Go")).first.click()
    record["candidate"].refresh_from_db()
    assert record["candidate"].state == "accepted"


def test_the_last_evidence_cannot_be_rejected_and_nothing_is_lost(editor: Page, record: dict[str, Any]) -> None:
    stance = Stance.objects.filter(actor=record["france"], target=record["plan"]).get()
    statement = stance.statements.get()
    editor.goto(f"/admin/stances/statement/{statement.pk}/reject/")
    editor.get_by_role("textbox").first.fill("misread")
    editor.get_by_role("button", name="Reject").first.click()
    expect(editor.get_by_text("must rest on an accepted statement").first).to_be_visible()
    statement.refresh_from_db()
    assert statement.state == "accepted"
