"""Notes on the pipeline at work: how long a step took, and that a process is alive. A note never stops the work."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from celery import signals
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from peacetracker.database.fresh import fresh_connection
from peacetracker.ingest.models import Heartbeat, StepRun

log = logging.getLogger(__name__)

BEAT_EVERY = 20.0  # seconds


@dataclass
class Run:
    """A run that is going on; whoever runs it says how it ended."""

    ended_well: bool = True
    number: int = 1


_held_back: ContextVar[list[StepRun] | None] = ContextVar("held_back", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Note all that runs within at its end, in one statement."""
    runs: list[StepRun] = []
    token = _held_back.set(runs)
    try:
        yield
    finally:
        _held_back.reset(token)
        _write(runs)


@contextmanager
def step(name: str, since: float | None = None, **about: Any) -> Iterator[Run]:
    """Time a step and note it; `since` is when it began, by `time.perf_counter()`, if not now.

    What `about` says, such as the article, stands on each line that is logged within.
    """
    run, begun = Run(), time.perf_counter() if since is None else since
    with structlog.contextvars.bound_contextvars(step=name, **about):
        try:
            yield run
        except BaseException:
            run.ended_well = False
            raise
        finally:
            _note(StepRun(step=name, seconds=time.perf_counter() - begun, number=run.number, ended_well=run.ended_well))


def _note(run: StepRun) -> None:
    held_back = _held_back.get()
    if held_back is None:
        _write([run])
    else:
        held_back.append(run)


def _write(runs: list[StepRun]) -> None:
    try:
        StepRun.objects.bulk_create(runs)
    except (DatabaseError, InterfaceError) as error:
        log.warning("how long steps took could not be noted: %s", error)


def forget_old() -> int:
    """Delete notes that are older than they are kept; how many."""
    deleted, _ = StepRun.objects.filter(at__lt=timezone.now() - StepRun.KEEP).delete()
    Heartbeat.objects.filter(at__lt=timezone.now() - StepRun.KEEP).delete()
    return deleted


# Signs of life.


_LIVES = "INSERT INTO ingest_heartbeat (name, at) VALUES (%s, now()) ON CONFLICT (name) DO UPDATE SET at = now()"


def beat_heart(name: str) -> None:
    """Note that a process is alive. Without a database there is nobody to tell.

    By a connection of its own: a worker's main process forks, and its children must not inherit a pool.
    """
    try:
        with fresh_connection() as connection:
            connection.execute(_LIVES, [name[:200]])
    except psycopg.Error as error:
        log.warning("no sign of life could be given: %s", error)


class _Pulse:
    """Celery's signals come more often than a note is needed."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, name: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + BEAT_EVERY
            beat_heart(name)


_pulse = _Pulse()


@signals.heartbeat_sent.connect(weak=False)
def _worker_lives(sender: Any, **kwargs: Any) -> None:
    _pulse(sender.eventer.hostname)


@signals.beat_init.connect(weak=False)
def _beat_starts(sender: Any, **kwargs: Any) -> None:
    signals.before_task_publish.connect(_beat_lives, weak=False)


def _beat_lives(**kwargs: Any) -> None:
    _pulse(Heartbeat.BEAT)
