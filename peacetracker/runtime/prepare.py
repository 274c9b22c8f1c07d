"""What must be true of the database and the static files before the site opens."""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

Say = Callable[[str], None]
ADMIN = "admin"


def prepare(say: Say) -> None:
    """Migrates, loads the reference data into an empty database, makes the first administrator."""
    # One connection in one thread: the pool is for those that serve.
    connection.settings_dict["OPTIONS"].pop("pool", None)
    try:
        _migrate(say)
        _load_reference_data(say)
        _collect_static(say)
        _create_admin(say)
    finally:
        connection.close()


def _migrate(say: Say) -> None:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say(f"Migrating the database ({len(plan)} steps)")
        call_command("migrate", interactive=False, verbosity=0)


def _load_reference_data(say: Say) -> None:
    if not apps.get_model("proposals", "Process")._default_manager.exists():
        say("Loading the reference data")
        call_command("load_dataset", str(settings.DATASET_DIR))


def _create_admin(say: Say) -> None:
    """The first administrator, whose password is told once and stored nowhere."""
    users = get_user_model()._default_manager
    if not users.filter(is_superuser=True).exists():
        password = secrets.token_urlsafe(12)
        users.create_superuser(ADMIN, email="", password=password)
        say("")
        say(f"  Administrator: {ADMIN}   one-time password: {password}")
        say("  It is not shown again; set your own at /admin/password_change/")
        say("")


def _collect_static(say: Say) -> None:
    """Collects static files when one of them is newer or other than at the last time."""
    if settings.DEBUG:
        return  # served from where they lie
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = _static_state()
    if not stamp.exists() or stamp.read_text() != state:
        say("Collecting static files")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(state)


def _static_state() -> str:
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
