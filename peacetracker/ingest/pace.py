"""Turns at a host: one pace for all workers, kept in the broker's memory.

A host is asked at most once in FETCH_DELAY seconds (or what its robots.txt wants) and FETCH_CONCURRENCY times at once.
Who would have to wait for longer than a moment gets an appointment instead, so that a worker is free for other hosts.
If the broker forgets, a host is asked once too early.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from peacetracker.ingest.broker import memory

PATIENCE = 2.0  # seconds that a worker waits for its turn
LONGEST_PAUSE = 24 * 3600.0  # seconds, whatever a Retry-After says

# KEYS: next turn, running requests, last appointment. ARGV: delay, patience, most at once, lease, token.
# Answers {1, wait} for a turn, {0, wait} for an appointment.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local delay, patience, most, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local full = redis.call('ZCARD', KEYS[2]) >= most
if not full and turn - now <= patience then
  redis.call('SET', KEYS[1], tostring(turn + delay), 'PX', math.ceil((turn + delay - now) * 1000) + 1000)
  redis.call('ZADD', KEYS[2], turn + lease, ARGV[5])
  redis.call('PEXPIRE', KEYS[2], math.ceil((turn + lease - now) * 1000) + 1000)
  return {1, tostring(turn - now)}
end
local step = math.max(delay, 0.05)
local appointment = math.max(turn, tonumber(redis.call('GET', KEYS[3]) or 0)) + step
redis.call('SET', KEYS[3], tostring(appointment), 'PX', math.ceil((appointment - now) * 1000) + 1000)
return {0, tostring(appointment - now)}
"""
# KEYS: next turn. ARGV: seconds.
_POSTPONE = """
local clock = redis.call('TIME')
local until_ = clock[1] + clock[2] / 1e6 + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], tostring(until_), 'PX', math.ceil(tonumber(ARGV[1]) * 1000) + 1000)
end
"""


class HostBusy(Exception):
    """No turn soon; come back in so many seconds."""

    def __init__(self, host: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{host} is asked no faster than it may be: the next turn is in {seconds:.0f} s")


@contextmanager
def turn(host: str, delay: float = 0.0) -> Iterator[None]:
    """Wait for a turn at a host and hold it. `delay` is what the host itself asks for, in seconds. Raises HostBusy."""
    delay = max(delay, settings.FETCH_DELAY)
    token = uuid.uuid4().hex
    lease = settings.FETCH_SECONDS + PATIENCE  # ends by itself, should the worker die
    granted, wait = _run(_TAKE, _keys(host), delay, PATIENCE, settings.FETCH_CONCURRENCY, lease, token)
    if not granted:
        raise HostBusy(host, float(wait))
    time.sleep(float(wait))
    try:
        yield
    finally:
        memory().zrem(_keys(host)[1], token)


def take_turns(wanted: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """A turn at each host that has one free now: its token, to be given back, or none and the seconds to wait.

    `wanted` are hosts, each with the delay that it asks for itself.
    """
    if not wanted:
        return []
    lease = settings.FETCH_SECONDS + PATIENCE
    tokens = [uuid.uuid4().hex for _ in wanted]
    take = memory().register_script(_TAKE)  # sent once, not with every turn
    with memory().pipeline(transaction=False) as pipeline:
        for (host, delay), token in zip(wanted, tokens, strict=True):
            arguments = [max(delay, settings.FETCH_DELAY), 0.0, settings.FETCH_CONCURRENCY, lease, token]
            take(keys=_keys(host), args=arguments, client=pipeline)
        answers = pipeline.execute()
    return [(token if granted else "", float(wait)) for token, (granted, wait) in zip(tokens, answers, strict=True)]


def give_back(turns: Sequence[tuple[str, str]]) -> None:
    """End turns that `take_turns` gave: host and token of each."""
    if not turns:
        return
    with memory().pipeline(transaction=False) as pipeline:
        for host, token in turns:
            pipeline.zrem(_keys(host)[1], token)
        pipeline.execute()


def postpone(host: str, seconds: float) -> None:
    """Leave a host alone for a while: it has said so (Retry-After)."""
    _run(_POSTPONE, _keys(host)[:1], min(seconds, LONGEST_PAUSE))


def _keys(host: str) -> list[str]:
    return [f"pace:{host}:{what}" for what in ("next", "running", "appointment")]


def _run(script: str, keys: list[str], *arguments: str | float) -> Any:
    return memory().eval(script, len(keys), *keys, *arguments)
