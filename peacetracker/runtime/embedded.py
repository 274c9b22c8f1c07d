"""Embedded PostgreSQL and Valkey: where they listen, and a pair of them for tests."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from . import paths


def database_url(data_dir: Path) -> str:
    """The URL as libpq knows it: it serves psql and pg_dump as well. Nothing is started."""
    return f"postgresql://{paths.DATABASE}@/{paths.DATABASE}?host={quote(str(paths.socket_dir(data_dir)))}"


def broker_url(data_dir: Path) -> str:
    return f"redis+socket://{quote(str(paths.valkey_socket(data_dir)))}"


class EmbeddedServices:
    """PostgreSQL and Valkey in a temporary folder, gone with the process that started them, even by kill -9.

    For tests and checks: nothing is synced to disk.
    """

    def __init__(self) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix="peacetracker-"))
        # PostgreSQL may run as another user, who must be able to reach its folder.
        self.data_dir.chmod(0o711)

    @property
    def database_url(self) -> str:
        return database_url(self.data_dir)

    @property
    def broker_url(self) -> str:
        return broker_url(self.data_dir)

    def start(self) -> Self:
        from . import postgres, valkey
        from .services import Services

        self._services = Services()
        self._services.open()
        self._services.remove_at_end(self.data_dir)
        if paths.socket_dir(self.data_dir).parent != self.data_dir:
            self._services.remove_at_end(paths.socket_dir(self.data_dir))
        atexit.register(self.stop)
        postgres.start(self._services, self.data_dir, durable=False)
        valkey.start(self._services, self.data_dir)
        valkey.wait_ready(self._services, self.data_dir)
        postgres.wait_ready(self._services, self.data_dir)
        return self

    def stop(self) -> None:
        """Ends both and removes their folder; the keeper does it."""
        atexit.unregister(self.stop)
        self._services.close()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
