"""The migration that took responses out of the database: nothing is lost, there and back."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from peacetracker.press.models import Snapshot
from tests.factories import ArticleFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BODIES = {"https://a.example/1": b"<p>\xd0\x9a\xd0\xb8\xd1\x97\xd0\xb2\0</p>", "urn:sha256:2": b"plain\r\n"}


def migrate(*targets: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return executor.loader.project_state(list(targets)).apps


@pytest.fixture
def _and_back() -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_bodies_move_to_records_and_back(_and_back: None) -> None:
    article = ArticleFactory()
    old = migrate(("press", "0003_states_and_due_dates"))
    for url, body in BODIES.items():
        digest = hashlib.sha256(body).hexdigest()
        old.get_model("press", "Snapshot").objects.create(
            article_id=article.pk, url=url, content_type="text/html", digest=digest, body=body
        )
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert {snapshot.url: snapshot.body() for snapshot in Snapshot.objects.all()} == BODIES
    assert article.addresses.exists()
    back = migrate(("press", "0003_states_and_due_dates")).get_model("press", "Snapshot")
    assert {snapshot.url: bytes(snapshot.body) for snapshot in back.objects.all()} == BODIES
