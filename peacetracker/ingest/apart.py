"""Work in a thread of its own, for its memory.

Whatever makes and frees a hundred thousand small pieces of memory, as libxml2 does for a page, is a fifth faster where
nothing else has left holes. In glibc's malloc each thread has an arena of its own; that of the main thread is full of
what loading the application left there.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded

T = TypeVar("T")


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="apart")


os.register_at_fork(after_in_child=_thread.cache_clear)


def apart(work: Callable[[], T]) -> T:
    """What the work gives or raises. A task's soft time limit ends it there as it would end it here."""
    begun: list[int] = []

    def begin() -> T:
        begun.append(threading.get_ident())
        return work()

    done = _thread().submit(copy_context().run, begin)
    try:
        return done.result()
    except SoftTimeLimitExceeded:
        if not done.cancel() and not done.done():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(begun[0]), ctypes.py_object(SoftTimeLimitExceeded)
            )
            wait([done])
            _thread().shutdown(wait=False)  # the exception may have come too late and hit the idle thread
            _thread.cache_clear()
        raise
