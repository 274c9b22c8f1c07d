"""The broker's memory, for what all workers must agree on at once and nobody misses when it is lost."""

from __future__ import annotations

import os
from functools import lru_cache

import redis
from celery import current_app


@lru_cache(maxsize=1)
def memory() -> redis.Redis:
    """A client of the Redis-protocol server that CELERY_BROKER_URL names; threads may share it."""
    client: redis.Redis = current_app.connection_for_write().default_channel.client
    return client


os.register_at_fork(after_in_child=memory.cache_clear)
