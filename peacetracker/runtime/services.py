"""The near side of the keeper: what a service is, and how to start, watch and stop it."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEEPER = Path(__file__).with_name("keeper.py")
LONGEST_WAIT = 0.2  # so that a signal is not kept waiting
CLOSE_SECONDS = 30


class ServiceError(Exception):
    """A service cannot be started or has died; the message says what to do, in a line or a few."""


@dataclass(frozen=True)
class Service:
    """A program to run, and how it is asked to stop: steps of (signal, seconds), then it is killed."""

    name: str
    argv: Sequence[str]
    log: Path
    stop: Sequence[tuple[int, float]]
    cwd: Path | None = None
    environment: Mapping[str, str] | None = None
    user: tuple[int, int] | None = None
    orphaned: int = signal.SIGKILL  # what the kernel sends should the keeper be killed
    last: bool = False  # stops after those that use it

    def order(self) -> dict[str, Any]:
        environment = os.environ if self.environment is None else self.environment
        return {
            "do": "start",
            "name": self.name,
            "argv": [str(argument) for argument in self.argv],
            "cwd": str(self.cwd) if self.cwd else None,
            "env": dict(environment),
            "log": str(self.log),
            "user": self.user,
            "stop": [(int(number), seconds) for number, seconds in self.stop],
            "orphaned": int(self.orphaned),
            "last": self.last,
        }


@dataclass(frozen=True)
class Exit:
    """A service's main process has ended; a negative code is the signal that ended it."""

    name: str
    code: int

    def __str__(self) -> str:
        if self.code < 0:
            return f"{self.name} was ended by {signal.Signals(-self.code).name}"
        return f"{self.name} ended with code {self.code}"


@dataclass
class Services:
    """The services of one program, which end with it: see keeper.py."""

    running: dict[str, int] = field(default_factory=dict)
    exits: list[Exit] = field(default_factory=list)
    # Called while waiting, between events: the place where a signal may end the wait by an exception.
    between: Callable[[], None] = lambda: None

    def open(self, keep_open: Sequence[int] = ()) -> None:
        """Starts the keeper. It holds the file descriptors of `keep_open` (a lock) as long as it lives."""
        near, far = socket.socketpair()
        self._socket, self._input = near, b""
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER), str(far.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=(far.fileno(), *keep_open),
            start_new_session=True,  # Ctrl-C in the terminal is for us alone
        )
        far.close()

    @property
    def keeper_pid(self) -> int:
        return self._keeper.pid

    def start(self, service: Service) -> None:
        service.log.parent.mkdir(parents=True, exist_ok=True)
        self._send(service.order())
        self._await(lambda: service.name in self.running, 10, f"{service.name} to start")

    def _send(self, order: dict[str, Any]) -> None:
        try:
            self._socket.sendall(json.dumps(order).encode() + b"\n")
        except OSError as error:
            raise ServiceError("the keeper process is gone; nothing can be started any more") from error

    def remove_at_end(self, path: Path) -> None:
        self._send({"do": "remove at end", "path": str(path)})

    def wait(self, seconds: float) -> None:
        """Takes note of what happens within that time; returns early when something did."""
        self.between()
        ready, _, _ = select.select([self._socket], [], [], min(seconds, LONGEST_WAIT))
        if not ready:
            return
        data = self._socket.recv(1 << 16)
        if not data:
            raise ServiceError("the keeper process is gone, and the services with it")
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            self._note(json.loads(line))

    def _note(self, event: dict[str, Any]) -> None:
        if event["event"] == "started":
            self.running[event["name"]] = event["pid"]
        elif event["event"] == "failed":
            raise ServiceError(f"{event['name']} cannot be started: {event['error']}")
        elif self.running.get(event["name"]) == event["pid"]:
            del self.running[event["name"]]
            self.exits.append(Exit(event["name"], event["code"]))

    def _await(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise ServiceError(f"waited {seconds:.0f} s for {what}, in vain")
            self.wait(left)

    def run(self, service: Service, seconds: float) -> int:
        """Runs a program to its end and returns its exit code."""
        self.start(service)
        self._await(lambda: service.name not in self.running, seconds, service.name)
        index = [end.name for end in self.exits].index(service.name)
        return self.exits.pop(index).code

    def stop(self, *names: str, seconds: float = 60) -> None:
        """Asks these services to stop and waits; the keeper kills those that take too long."""
        for name in names:
            self._send({"do": "stop", "name": name})
        self._await(lambda: not set(names) & self.running.keys(), seconds, "services to stop")
        self.exits = [end for end in self.exits if end.name not in names]

    def kill(self, name: str) -> None:
        self._send({"do": "kill", "name": name})

    def close(self) -> None:
        """Ends what still runs, and the keeper."""
        self._socket.close()
        try:
            self._keeper.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self.running.clear()


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, for an error message."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return "\n".join("  " + line for line in lines[-count:])


def package_folder(name: str) -> Path:
    """Where a package lies that brings programs along. It is not imported: only its files are wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(f"the package {name} is not installed: run `make install`, or use servers of your own")
    return Path(spec.submodule_search_locations[0])
