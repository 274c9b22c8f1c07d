from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.model_server import ModelServer

LONGEST = ("tests/ingest/test_drill.py", "tests/runtime/test_up.py")  # two minutes each


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun late, they would run on after the other process has nothing left to do."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def _pages_are_rendered_anew(settings: Any) -> None:
    """Each test's transaction counts its revisions from the same number, so kept pages would pass for each other's."""
    nothing_kept = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.CACHES = {**settings.CACHES, "pages": nothing_kept}


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """Tests do not collect static files, and hashed names need that."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    """A good hash of a password takes longer than most tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def model_server(tmp_path: Path) -> Iterator[ModelServer]:
    """A language model's server, as a process."""
    server = ModelServer(tmp_path)
    yield server
    server.stop()
