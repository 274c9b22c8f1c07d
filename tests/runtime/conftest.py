"""Real processes: every test here starts what a user starts, in a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240  # the first start on a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**changes: str) -> dict[str, str]:
    """Without the servers that the test session itself uses."""
    ours = ("DATABASE_URL", "CELERY_BROKER_URL", "DATA_DIR", "PORT", "DEBUG", "ALLOWED_HOSTS", "HTTPS")
    return {key: value for key, value in os.environ.items() if key not in ours} | changes


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _command(process: psutil.Process) -> str:
    """Nothing of one that ends just now."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


class Up:
    """A running `manage.py up`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.output = data_dir.parent / f"{data_dir.name}.out"
        self.seconds: list[float] = []  # that each start took

    def begin(self) -> "Up":
        with self.output.open("w") as output:
            self.process = psutil.Popen(
                [sys.executable, "manage.py", "up", "--port", str(self.port)],
                cwd=ROOT,
                env=clean_environment(DATA_DIR=str(self.data_dir)),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def start(self) -> "Up":
        began = time.monotonic()
        self.begin()
        ready = wait_until(lambda: "runs at" in self.text or self.process.poll() is not None, START_SECONDS)
        assert ready, self.text
        assert self.process.poll() is None, self.text
        self.seconds.append(time.monotonic() - began)
        return self

    @property
    def text(self) -> str:
        return self.output.read_text()

    def children(self) -> list[psutil.Process]:
        return list(self.process.children(recursive=True))

    def child(self, pattern: str) -> psutil.Process:
        """The outermost process whose command line fits."""
        found: list[psutil.Process] = []

        def look() -> bool:
            found[:] = [p for p in self.children() if re.search(pattern, _command(p))]
            return bool(found)

        assert wait_until(look, 60), f"no child like {pattern}"
        return found[0]

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return int(answer.status)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return int(self.process.wait(60))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that the tests of a module use in turn; starting the first time takes long."""
    run = Up(tmp_path_factory.mktemp("up") / "var")
    yield run
    if run.process.is_running():
        run.stop()
