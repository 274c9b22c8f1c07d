"""One `up` for each DATA_DIR.

The lock is the kernel's, not the file's presence: it goes with the processes that hold it, so a killed run
leaves nothing to clear away. The file only tells who holds it.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from .services import ServiceError

# What a keeper needs at most to end everything after its `up` was killed.
WAIT_SECONDS = 20


class DataDirLock:
    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "up.lock"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except PermissionError as error:
            raise ServiceError(f"{data_dir} is not yours to write: set DATA_DIR to a folder that is") from error

    def acquire(self, address: str, say: Callable[[str], None]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        told = False
        while not self._try():
            pid, where = self._holder()
            if pid is not None and _alive(pid):
                raise ServiceError(
                    f"Peacetracker already runs on {self.path.parent} (process {pid}, {where}):"
                    f" stop it with `kill {pid}`, or set DATA_DIR to another folder"
                )
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.path} is held by another process; see `fuser {self.path}`")
            if not told:
                told = True
                say("An earlier run is still ending; waiting for it")
            time.sleep(0.1)
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, f"{os.getpid()} {address}\n".encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> tuple[int | None, str]:
        pid, _, address = os.pread(self.fd, 200, 0).decode(errors="replace").strip().partition(" ")
        return (int(pid) if pid.isdigit() else None), address

    def release(self) -> None:
        os.close(self.fd)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
