"""Stands in for pages that are still to be built."""

from typing import Any

from django.http import HttpRequest

from peacetracker.dashboard.pages import Context, Page, reader_page


@reader_page("dashboard/stub.html")
def stub(request: HttpRequest, page: Page, **parts: Any) -> Context:
    return {}
