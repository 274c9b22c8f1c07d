"""Candidates, and a desk to decide on them by."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from peacetracker.stances.models import Statement
from tests.factories import StatementFactory
from tests.people import client_of


def candidate(**fields: Any) -> Statement:
    statement = StatementFactory(**{"state": "candidate", **fields})
    statement.refresh_from_db()
    return statement


class Desk:
    """What somebody at the desk can ask for; a decision is made on the statement as it was last seen."""

    def __init__(self, role: str) -> None:
        self.client: Client = client_of(role)

    def open(self, query: str = "") -> Any:
        return self.client.get(f"/desk/{query}")

    def post(self, path: str, *args: Any, htmx: bool = True, hx_target: str = "", **data: Any) -> Any:
        headers = {"HX-Request": "true", "HX-Target": hx_target} if htmx else {}
        return self.client.post(reverse(f"desk:{path}", args=args), data, headers=headers)

    def decide(self, statement: Statement, verb: str, **data: Any) -> Any:
        return self.post("decide", statement.pk, verb, **{"version": statement.version, **data})

    def correct(self, statement: Statement, **data: Any) -> Any:
        return self.post("correct", statement.pk, **{"version": statement.version, **data})


@pytest.fixture
def desk() -> Desk:
    """A chief editor's: decides and publishes."""
    return Desk("chief_editor")


@pytest.fixture
def editors_desk() -> Desk:
    return Desk("editor")
