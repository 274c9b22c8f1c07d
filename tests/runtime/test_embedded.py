"""The servers for tests, and where they listen."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from peacetracker.runtime import paths
from peacetracker.runtime.embedded import EmbeddedServices, broker_url, database_url

from .conftest import ROOT, clean_environment, wait_until


def test_sockets_lie_under_the_data(tmp_path: Path) -> None:
    assert database_url(Path("/a b/Var")) == "postgresql://peacetracker@/peacetracker?host=/a%20b/Var/run"
    assert broker_url(Path("/a b/Var")) == "redis+socket:///a%20b/Var/run/valkey.sock"


def test_a_deep_folder_gets_a_short_one_for_its_sockets() -> None:
    deep, other = Path("/deep" * 30), Path("/deep" * 31)
    assert len(bytes(paths.postgres_socket(deep))) < 100
    assert paths.socket_dir(deep) == paths.socket_dir(deep)
    assert paths.socket_dir(deep) != paths.socket_dir(other)


@pytest.mark.parametrize(
    "folder", ["plain", 'with space, comma and "quotes"', "deep" * 40], ids=["plain", "odd", "deep"]
)
def test_both_start_wherever_the_folder_lies(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / folder))
    (tmp_path / folder).mkdir()
    with EmbeddedServices() as services:
        socket_dir = paths.socket_dir(services.data_dir)
        assert socket_dir.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(services.database_url) as connection:
            row = connection.execute("SELECT lower('КРЕМЛЬ'), datctype FROM pg_database").fetchone()
            assert row == ("кремль", "C.UTF-8")
            connection.execute("CREATE EXTENSION pg_trgm")
            trigrams = connection.execute("SELECT cardinality(show_trgm('Кремль'))").fetchone()
            assert trigrams == (7,)
        with redis.Redis(unix_socket_path=str(paths.valkey_socket(services.data_dir))) as broker:
            assert broker.ping()
    assert not services.data_dir.exists()
    assert not socket_dir.exists()


def test_they_end_with_a_program_that_is_killed() -> None:
    program = (
        "from peacetracker.runtime.embedded import EmbeddedServices; import time;"
        "print(EmbeddedServices().start().data_dir, flush=True); time.sleep(100)"
    )
    process = psutil.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True
    )
    data_dir = Path(process.stdout.readline().strip())
    children = process.children(recursive=True)
    assert len(children) > 3
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert [p.cmdline() for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    assert wait_until(lambda: not data_dir.exists(), 30)
