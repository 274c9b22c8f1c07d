"""The services' logs: files under DATA_DIR/log, of which the terminal shows what matters."""

import re
from collections.abc import Callable
from pathlib import Path

# Django, Celery, granian and PostgreSQL all name the level near the beginning of a line.
LEVEL = re.compile(r"\b(DEBUG|INFO|LOG|NOTICE|DETAIL|HINT|CONTEXT|STATEMENT|WARNING|ERROR|FATAL|PANIC|CRITICAL)\b")
LEVEL_WITHIN = 90
SERIOUS = {"WARNING", "ERROR", "FATAL", "PANIC", "CRITICAL"}
KEEP_BYTES = 20_000_000


class LogView:
    """Follows a log file. A line without a level (a traceback's) goes with the line before it."""

    def __init__(self, name: str, path: Path, show: Callable[[str], None]) -> None:
        self.name, self.path, self.show = name, path, show
        self.offset = path.stat().st_size if path.exists() else 0
        self.showing = False
        self.rest = b""

    def follow(self) -> None:
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                data = file.read(1 << 20)
        except OSError:
            return
        self.offset += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self._line(line.decode(errors="replace").rstrip())
        if self.offset > KEEP_BYTES and not data:
            self._shorten()

    def _line(self, line: str) -> None:
        level = LEVEL.search(line[:LEVEL_WITHIN])
        if level:
            self.showing = level[1] in SERIOUS
        if self.showing and line:
            self.show(f"{self.name:<7}| {line}")

    def _shorten(self) -> None:
        """Starts the file anew; services append to it, so they go on at its new end."""
        self.path.with_suffix(".log.1").write_bytes(self.path.read_bytes())
        self.path.write_bytes(b"")
        self.offset = 0


def rotate(path: Path) -> None:
    if path.exists() and path.stat().st_size > KEEP_BYTES:
        path.rename(path.with_suffix(".log.1"))
