"""`manage.py up`: everything that a running Peacetracker needs, in one terminal."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from . import health, keeper, paths, postgres, valkey
from .lock import DataDirLock
from .logs import LogView, rotate
from .services import Exit, Service, ServiceError, Services, last_lines

WEB_SECONDS = 180
UNWELL_SECONDS = 5
# A service that ends so often within a minute will not get better by being started again.
RESTARTS, WITHIN_SECONDS, LONGEST_PAUSE = 5, 60, 10

Say = Callable[[str], None]


class Stop(BaseException):
    """Somebody wants us to end. Not an Exception, so that nothing on the way takes it for a fault."""


class PortInUse(ServiceError):
    pass


class Supervisor:
    def __init__(self, base: Path, data_dir: Path, host: str, port: int, say: Say) -> None:
        self.base, self.data_dir, self.host, self.port, self.say = base, data_dir, host, port, say
        self.services = Services(between=self._between)
        self.embed_database = self.embed_broker = True
        self.prepare: Callable[[], None] = lambda: None
        self.health_host = host
        self.stop_wanted = False
        self.interruptible = False
        self.watched: dict[str, LogView] = {}
        self.ends: dict[str, list[float]] = defaultdict(list)
        self.restart_at: dict[str, float] = {}

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    # The course of a run.

    def run(self) -> int:
        """Returns the exit code: 0 after a wish to stop, 2 for a port in use, 1 for anything else."""
        lock = DataDirLock(self.data_dir)
        try:
            lock.acquire(self.address, self.say)
            check_port(self.host, self.port)
        except ServiceError:
            lock.release()
            raise
        self._listen_to_signals()
        keeper.prctl(keeper.PR_SET_CHILD_SUBREAPER, 1)
        self.services.open(keep_open=[lock.fd])
        try:
            self._start()
            self._watch()
        except Stop:
            self.say("Stopping")
        finally:
            self._end()
            lock.release()
        self.say("Stopped")
        return 0

    def _start(self) -> None:
        if self.embed_database:
            rotate(paths.log_file(self.data_dir, postgres.NAME))
            postgres.start(self.services, self.data_dir)
        if self.embed_broker:
            self._start_broker()
        if self.embed_database:
            postgres.wait_ready(self.services, self.data_dir, self.say)
        self._interruptibly(self.prepare)
        web, *others = self._programs()
        self._launch(web)
        self._wait_for_web()
        # They take as long to load as the web server does, and nobody sits waiting for them.
        for service in others:
            self._launch(service)
        self.say(f"Peacetracker runs at {self.address} (Ctrl-C stops it; logs in {self.data_dir / 'log'})")

    def _start_broker(self) -> None:
        rotate(paths.log_file(self.data_dir, valkey.NAME))
        valkey.start(self.services, self.data_dir)
        valkey.wait_ready(self.services, self.data_dir)

    def _watch(self) -> None:
        while True:
            self.services.wait(0.2)
            self._show_logs()
            while self.services.exits:
                self._note_exit(self.services.exits.pop(0))
            for name, due in list(self.restart_at.items()):
                if due <= time.monotonic():
                    del self.restart_at[name]
                    self._restart(name)

    def _end(self) -> None:
        """Those that work first, then what they rely on. A second wish to stop ends the waiting."""
        self.stop_wanted = False
        try:
            running = self.services.running
            self.services.stop(*[name for name in running if name not in (postgres.NAME, valkey.NAME)])
            self.services.stop(*running)
        except (Stop, ServiceError):
            pass
        self.stop_wanted = False
        self.services.between = lambda: None
        self.services.close()
        # If the keeper was killed, what it kept has come down to us.
        for _ in range(100):
            left = list(keeper.children_of(os.getpid()))
            if not left:
                break
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    # Signals.

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop_wanted = True
        if self.interruptible:
            self.interruptible = False
            raise Stop

    def _between(self) -> None:
        if self.stop_wanted:
            raise Stop

    def _interruptibly(self, work: Callable[[], None]) -> None:
        """Runs work that knows nothing of our waiting and may be broken off anywhere."""
        self._between()
        self.interruptible = True
        try:
            work()
        finally:
            self.interruptible = False

    # The programs.

    def _programs(self) -> list[Service]:
        celery = [sys.executable, "-m", "celery", "-A", "peacetracker"]
        web = [
            "-m",
            "peacetracker.runtime.serve",
            "--interface",
            "wsgi",
            "--host",
            self.host,
            "--port",
            str(self.port),
        ]
        web += ["--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "3"]
        # Two, so that neither a slow site nor a long text holds up the other's queue; with names that differ.
        worker = ["worker", "--queues", "poll,fetch", "--concurrency", "4", "--hostname", "worker@%h"]
        extractor = ["worker", "--queues", "extract", "--concurrency", "1", "--hostname", "extractor@%h"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        return [
            self._program("web", [sys.executable, *web, "peacetracker.wsgi:application"], (signal.SIGTERM, 10)),
            self._program("worker", [*celery, *worker, *quiet], (signal.SIGTERM, 10), (signal.SIGQUIT, 3)),
            self._program("extractor", [*celery, *extractor, *quiet], (signal.SIGTERM, 10), (signal.SIGQUIT, 3)),
            self._program("beat", [*celery, "beat", "--loglevel", "INFO", "--pidfile="], (signal.SIGTERM, 5)),
        ]

    def _program(self, name: str, argv: list[str], *stop: tuple[int, float]) -> Service:
        # A relative DATA_DIR is meant from where `up` was called.
        environment = os.environ | {"DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1"}
        environment.setdefault("LOG_FORMAT", "lines")  # they are shown on this terminal
        log = paths.log_file(self.data_dir, name)
        return Service(name, argv, log, stop, cwd=self.base, environment=environment)

    def _launch(self, service: Service) -> None:
        rotate(service.log)
        self.watched[service.name] = LogView(service.name, service.log, self.say)
        self.services.start(service)

    def _show_logs(self) -> None:
        for view in self.watched.values():
            view.follow()

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + WEB_SECONDS
        while (status := health.ask(self.host, self.port, self.health_host)) != 200:
            if status is not None:  # it is up and unwell, which waiting seldom cures
                deadline = min(deadline, time.monotonic() + UNWELL_SECONDS)
            self.services.wait(0.1)
            self._show_logs()
            log = paths.log_file(self.data_dir, "web")
            if "web" not in self.services.running:
                raise ServiceError(f"the web server does not start; {log} ends with:\n{last_lines(log, 10)}")
            if time.monotonic() > deadline:
                said = f"answers {status}" if status else "does not answer"
                raise ServiceError(f"{self.address}/healthz {said}; {log} ends with:\n{last_lines(log)}")

    # When one of them dies.

    def _note_exit(self, end: Exit) -> None:
        log = paths.log_file(self.data_dir, end.name)
        now = time.monotonic()
        ends = self.ends[end.name] = [t for t in self.ends[end.name] if now - t < WITHIN_SECONDS] + [now]
        if len(ends) >= RESTARTS:
            raise ServiceError(f"{end}, {len(ends)} times in a minute; {log} ends with:\n{last_lines(log)}")
        pause = min(2 ** (len(ends) - 1) - 1, LONGEST_PAUSE)
        self.say(f"{end}: starting it again" + (f" in {pause} s" if pause else ""))
        self.restart_at[end.name] = now + pause

    def _restart(self, name: str) -> None:
        if name == postgres.NAME:
            postgres.start(self.services, self.data_dir)
            postgres.wait_ready(self.services, self.data_dir, self.say)
        elif name == valkey.NAME:
            self._start_broker()
        else:
            self._launch(next(service for service in self._programs() if service.name == name))


def check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"port {port} is in use: choose another, as in `make run PORT={port + 1}`") from error
            raise PortInUse(f"cannot listen on {host}:{port}: {error.strerror}") from error
