import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import structlog
from celery.exceptions import SoftTimeLimitExceeded

from peacetracker.ingest.apart import apart


def test_work_is_done_in_one_other_thread() -> None:
    first, second = apart(threading.get_ident), apart(threading.get_ident)
    assert first == second != threading.get_ident()


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 // 0)


def test_its_log_lines_carry_the_article() -> None:
    with structlog.contextvars.bound_contextvars(article=7):
        assert apart(structlog.contextvars.get_contextvars) == {"article": 7}


def test_a_forked_process_has_a_thread_of_its_own() -> None:
    apart(threading.get_ident)
    if not (child := os.fork()):
        os._exit(apart(lambda: 42))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42


@pytest.fixture
def a_soft_time_limit() -> Iterator[None]:
    def exceeded(*_: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, exceeded)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("a_soft_time_limit")
def test_a_soft_time_limit_ends_the_work_too() -> None:
    ended: list[type[BaseException]] = []

    def endless() -> None:
        try:
            while True:
                time.sleep(0.01)
        except BaseException as error:
            ended.append(type(error))
            raise

    with pytest.raises(SoftTimeLimitExceeded):
        apart(endless)
    assert ended == [SoftTimeLimitExceeded]
    assert apart(lambda: "the next") == "the next"
