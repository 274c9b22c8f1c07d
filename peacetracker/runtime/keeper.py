"""The keeper: a small process that is the parent of every service and outlives none of them.

The program that wants services (`manage.py up`, the tests) starts this file as a process of its own and
talks to it over a socket, one JSON object a line. When that program ends, however it ends, the socket
closes and the keeper ends all services and what they started. It is deliberately dumb: what to start,
in which order and whether to start it again is decided at the other end.

It runs as `python -I -S keeper.py FD` and imports the standard library alone, so that it starts in
milliseconds and stays small.

in   {"do": "start", "name", "argv", "cwd", "env", "log", "user", "stop",
      "orphaned", "last"}
     {"do": "stop", "name"}             ask it to stop; killed when its time is over
     {"do": "kill", "name"}             kill it and its children at once
     {"do": "remove at end", "path"}    a temporary folder to delete when all is over
out  {"event": "started", "name", "pid"}
     {"event": "failed", "name", "error"}
     {"event": "exited", "name", "pid", "code"}      code < 0: the signal that ended it
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
SECBIT_KEEP_CAPS = 1 << 4
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522

# How long services have when the program that wanted them is gone: nobody waits for their work any more.
HURRY_SECONDS = 0.5
HURRY_LAST_SECONDS = 4.0


class Service:
    """A running service: its main process, and what it takes to stop it."""

    def __init__(self, order: dict[str, Any], pid: int) -> None:
        self.name: str = order["name"]
        self.pid = pid
        # Steps of (signal, seconds to wait for it); SIGKILL comes after the last.
        self.steps: list[tuple[int, float]] = [(int(s), float(t)) for s, t in order["stop"]]
        # The database and the broker stop after those who use them.
        self.last: bool = order.get("last", False)
        self.deadline: float | None = None
        self.stopping = False

    def next_step(self, limit: float | None = None) -> None:
        """Sends the next signal of the way out; at its end SIGKILL for the whole group."""
        if not self.steps:
            kill_group(self.pid)
            self.deadline = None
            return
        number, seconds = self.steps.pop(0)
        _ignore_missing(os.kill, self.pid, number)
        self.deadline = time.monotonic() + (seconds if limit is None else min(seconds, limit))

    def stop(self, limit: float | None = None) -> None:
        if not self.stopping:
            self.stopping = True
            self.next_step(limit)
        elif limit is not None and self.deadline is not None:
            self.deadline = min(self.deadline, time.monotonic() + limit)


def _ignore_missing(call: Callable[..., object], *arguments: Any) -> None:
    try:
        call(*arguments)
    except (ProcessLookupError, PermissionError):
        pass


def kill_group(pid: int) -> None:
    """Every service leads a process group of its own; most of what it starts stays in it."""
    _ignore_missing(os.killpg, pid, signal.SIGKILL)


def prctl(option: int, *values: int) -> bool:
    """Linux's process controls; elsewhere (macOS) there are none, and the socket has to do."""
    if sys.platform != "linux":
        return False
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, *arguments) == 0)


def children_of(pid: int) -> Iterator[int]:
    """Direct children by /proc, zombies excepted."""
    try:
        entries = os.listdir("/proc")
    except OSError:
        return
    for entry in entries:
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    # The name in parentheses may hold anything, parentheses included.
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if int(parent) == pid and state != b"Z":
                yield int(entry)


def demote(uid: int, gid: int) -> None:
    """Becomes another user and keeps, of root's powers, only that of passing through folders.

    PostgreSQL refuses to run as root, while the clone may lie in a folder that only root may enter.
    Passing through (CAP_DAC_READ_SEARCH) is kept so that no folder must be opened to others. Containers
    often lack it but have its wider sister, which is the next best.
    """
    # Without the first bit the kernel's access(), by which PostgreSQL looks for its programs, ignores what is kept.
    prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if _keep_capability(capability):
            return
    # Neither: whatever cannot be reached then shows in the service's own log.
    _set_capabilities(0)


def _keep_capability(capability: int) -> bool:
    return _set_capabilities(1 << capability) and prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _set_capabilities(mask: int) -> bool:
    if sys.platform != "linux":
        return False
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # effective, permitted, inheritable; twice, for the low and the high 32 capabilities
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    return bool(ctypes.CDLL(None, use_errno=True).capset(header, sets) == 0)


def _prepare_child(keeper: int, user: tuple[int, int] | None, death_signal: int) -> Callable[[], None]:
    """What runs in the child between fork and exec."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if user is not None:
            demote(*user)
        # After the change of user, which clears it. If the keeper is killed, its services go at once.
        prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != keeper:
            os._exit(1)

    return prepare


class Keeper:
    def __init__(self, host: socket.socket) -> None:
        self.host = host
        self.services: dict[int, Service] = {}
        self.remove: list[str] = []
        self.input = b""
        self.hurrying = False

    def run(self) -> None:
        while not (self.hurrying and not self.services):
            self._wait()
            self._reap()
            self._escalate()
        self._kill_orphans()
        for path in self.remove:
            shutil.rmtree(path, ignore_errors=True)

    # What comes in.

    def _wait(self) -> None:
        sources: list[Any] = [_wakeup[0]] + ([] if self.hurrying else [self.host])
        ready, _, _ = select.select(sources, [], [], self._next_deadline())
        if _wakeup[0] in ready:
            numbers = _wakeup[0].recv(4096)
            if signal.SIGTERM in numbers or signal.SIGINT in numbers:
                self._hurry()
        if self.host in ready:
            self._read()

    def _next_deadline(self) -> float | None:
        deadlines = [service.deadline for service in self.services.values() if service.deadline is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _read(self) -> None:
        try:
            data = self.host.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._hurry()
            return
        self.input += data
        *lines, self.input = self.input.split(b"\n")
        for line in lines:
            self._obey(json.loads(line))

    def _obey(self, order: dict[str, Any]) -> None:
        if order["do"] == "start":
            self._start(order)
        elif order["do"] == "remove at end":
            self.remove.append(order["path"])
        else:
            for service in list(self.services.values()):
                if service.name == order["name"]:
                    if order["do"] == "kill":
                        kill_group(service.pid)
                    else:
                        service.stop()

    # What goes out.

    def _tell(self, **event: Any) -> None:
        if not self.hurrying:
            try:
                self.host.sendall(json.dumps(event).encode() + b"\n")
            except OSError:
                self._hurry()

    # The services.

    def _start(self, order: dict[str, Any]) -> None:
        user = tuple(order["user"]) if order.get("user") else None
        try:
            log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                process = subprocess.Popen(
                    order["argv"],
                    cwd=order.get("cwd"),
                    env=order["env"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_prepare_child(os.getpid(), user, order["orphaned"]),
                )
            finally:
                os.close(log)
        except (OSError, subprocess.SubprocessError) as error:
            self._tell(event="failed", name=order["name"], error=str(error))
            return
        process.returncode = 0  # reaped below, with everything else
        self.services[process.pid] = Service(order, process.pid)
        self._tell(event="started", name=order["name"], pid=process.pid)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            service = self.services.pop(pid, None)
            if service is not None:
                kill_group(pid)
                self._kill_orphans()
                code = os.waitstatus_to_exitcode(status)
                self._tell(event="exited", name=service.name, pid=pid, code=code)
                if self.hurrying:
                    self._hurry()

    def _kill_orphans(self) -> None:
        """Kills what services left behind: as subreaper the keeper inherits it.

        What an orphan had started becomes an orphan in its turn, so this goes on until none is left.
        """
        for _ in range(100):
            orphans = [pid for pid in children_of(os.getpid()) if pid not in self.services]
            if not orphans:
                return
            for pid in orphans:
                _ignore_missing(os.kill, pid, signal.SIGKILL)
            time.sleep(0.01)

    def _escalate(self) -> None:
        for service in list(self.services.values()):
            if service.deadline is not None and service.deadline <= time.monotonic():
                service.next_step(HURRY_SECONDS if self.hurrying else None)

    def _hurry(self) -> None:
        """The program that wanted the services is gone: end them, the ones others rely on last."""
        self.hurrying = True
        first = [service for service in self.services.values() if not service.last]
        for service in first or self.services.values():
            service.stop(HURRY_LAST_SECONDS if service.last else HURRY_SECONDS)


# Signals arrive as bytes on this pair, so that the loop above needs no handler and no lock.
_wakeup = socket.socketpair()


def main() -> None:
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    for end in _wakeup:
        end.setblocking(False)
    signal.set_wakeup_fd(_wakeup[1].fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    Keeper(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
