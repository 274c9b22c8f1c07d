"""A researcher's path: the documented API, and what a page offers beside it."""

import json
from typing import Any

from playwright.sync_api import Page, expect


def test_the_api_is_documented_and_answers(reader: Page, record: dict[str, Any]) -> None:
    reader.goto("/api/docs")
    expect(reader.get_by_text("Peacetracker").first).to_be_visible()
    expect(reader.get_by_text("/api/v1/stances").first).to_be_visible()
    answer = json.loads(reader.request.get("/api/v1/stances?on=2025-11-21").text())
    assert {item["position"] for item in answer["items"]} >= {"support_if", "oppose", "support"}
