"""A real PostgreSQL and Valkey for the tests, beside whatever else is running.

A plugin named in pyproject.toml, not a conftest: pytest-django reads the settings before any conftest is loaded,
and they take their servers from the environment. Where several processes share the tests (`pytest -n 2`), each has
servers of its own, and the one that deals the tests out has none. Set TEST_DATABASE_URL and TEST_CELERY_BROKER_URL to
test against servers of one's own, in one process.
"""

import os
import tempfile
from pathlib import Path

import pytest

from peacetracker.runtime.embedded import EmbeddedServices


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    folder = tempfile.TemporaryDirectory(prefix="peacetracker-tests-", ignore_cleanup_errors=True)
    early_config.add_cleanup(folder.cleanup)
    os.environ["DATA_DIR"] = folder.name
    Path(os.environ["DATA_DIR"], "static").mkdir()
    os.environ["SECRET_KEY"] = "only-for-tests-0123456789-0123456789-0123456789-abcdefg"
    os.environ |= {"FETCH_DELAY": "0", "FETCH_CONCURRENCY": "20"}  # the tests' own sites need no courtesy
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's synchronous interface keeps a loop running
    if not _only_deals_out(early_config):
        _find_servers()


def _only_deals_out(config: pytest.Config) -> bool:
    return bool(config.known_args_namespace.numprocesses) and "PYTEST_XDIST_WORKER" not in os.environ


def _find_servers() -> None:
    if "TEST_DATABASE_URL" in os.environ:
        os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
        os.environ["CELERY_BROKER_URL"] = os.environ["TEST_CELERY_BROKER_URL"]
        return
    services = EmbeddedServices().start()
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["CELERY_BROKER_URL"] = services.broker_url
