"""`manage.py up`, from the first start to the last kill. The tests build on one another, in this order."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from .conftest import ROOT, Up, clean_environment, free_port, wait_until


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_all_gone(processes: list[psutil.Process], within: float = 30) -> None:
    _, alive = psutil.wait_procs(processes, timeout=within)
    assert [p.cmdline() for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []


def test_first_start_answers_and_tells_the_password_once(up: Up) -> None:
    up.start()
    assert up.get("/healthz") == 200
    assert up.get("/admin/login/") == 200
    assert up.text.count("one-time password:") == 1


def test_services_are_processes_of_their_own_on_sockets_alone(up: Up) -> None:
    postgres, valkey = up.child(r"bin/postgres -D"), up.child("valkey-server")
    for process in (postgres, valkey):
        assert [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN] == []
    programs = ("runtime.serve", "--queues poll,fetch", "--queues extract", "celery.* beat")
    assert len({up.child(what).pid for what in programs}) == 4
    assert postgres.uids().effective != 0


def test_a_second_up_on_the_same_data_says_who_runs(up: Up) -> None:
    second = manage("up", "--port", str(free_port()), DATA_DIR=str(up.data_dir))
    assert second.returncode == 1
    assert second.stdout + second.stderr == (
        f"peacetracker: Peacetracker already runs on {up.data_dir} (process {up.process.pid},"
        f" http://127.0.0.1:{up.port}): stop it with `kill {up.process.pid}`,"
        f" or set DATA_DIR to another folder\n"
    )


def test_a_killed_database_and_a_killed_web_server_come_back(up: Up) -> None:
    postgres, web = up.child(r"bin/postgres -D"), up.child("runtime.serve")
    postgres.kill()
    web.kill()
    assert wait_until(lambda: up.text.count("starting it again") == 2, 60), up.text
    assert wait_until(lambda: not postgres.is_running() and not web.is_running(), 60)
    assert up.child(r"bin/postgres -D").pid != postgres.pid
    assert wait_until(lambda: _status(up) == 200, 60), up.text


def _status(up: Up) -> int:
    try:
        return up.get("/admin/login/")
    except OSError:
        return 0


def test_sigterm_ends_everything_in_order(up: Up) -> None:
    children = up.children()
    assert up.stop(signal.SIGTERM) == 0
    assert up.text.endswith("Stopping\nStopped\n")
    assert_all_gone(children, within=1)
    assert "database system is shut down" in (up.data_dir / "log" / "postgres.log").read_text()


def test_the_second_start_is_quick_and_keeps_the_data(up: Up) -> None:
    up.start()
    for first_time_only in ("password", "Loading", "Migrating", "Collecting"):
        assert first_time_only not in up.text
    first, second = up.seconds
    assert second < first
    users = "from django.contrib.auth.models import User; print('users', User.objects.count())"
    assert "users 1" in manage("shell", "-c", users, DATA_DIR=str(up.data_dir)).stdout


def test_nothing_outlives_an_up_that_is_killed(up: Up) -> None:
    wait_until(lambda: len(up.children()) >= 14, 10)  # with the worker's and the web server's own
    children = up.children()
    up.process.kill()
    assert_all_gone(children)


def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(up: Up) -> None:
    up.start()
    children = up.children()
    up.process.kill()
    up.start()
    assert up.get("/healthz") == 200
    assert_all_gone(children, within=1)


def test_nothing_outlives_when_the_keeper_is_killed_too(up: Up) -> None:
    wait_until(lambda: len(up.children()) >= 14, 10)
    children = up.children()
    keeper = up.child("keeper.py")
    up.process.suspend()  # so that it cannot clean up
    keeper.kill()
    up.process.kill()
    assert_all_gone(children)


def test_lock_files_of_a_killed_database_are_no_obstacle_even_if_another_has_its_number(up: Up) -> None:
    pid_file = up.data_dir / "postgres" / "postmaster.pid"
    socket_lock = up.data_dir / "run" / ".s.PGSQL.5432.lock"
    other = subprocess.Popen(["sleep", "100"])
    try:
        lines = pid_file.read_text().splitlines() if pid_file.exists() else ["", str(pid_file.parent), "0", "5432"]
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        socket_lock.write_text(f"{other.pid}\n")
        up.start()
        assert up.stop(signal.SIGINT) == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_port_in_use_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = manage("up", "--port", str(port), DATA_DIR=str(tmp_path / "var"))
    assert result.returncode == 2
    assert result.stdout + result.stderr == (
        f"peacetracker: port {port} is in use: choose another, as in `make run PORT={port + 1}`\n"
    )
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_command_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    result = manage("showmigrations", DATA_DIR=str(tmp_path / "var"))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"manage.py: PostgreSQL is not running under {tmp_path}/var/:"
        f" start `make run` in another terminal, or set DATABASE_URL\n"
    )
