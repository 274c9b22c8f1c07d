"""Where things lie under DATA_DIR. Pure: nothing is created or started here.

The services listen on Unix sockets only, so two clones never compete for a port, and only the user who
started them can connect.
"""

import hashlib
from pathlib import Path

DATABASE = "peacetracker"

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing zero.
SOCKET_PATH_BYTES = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


def socket_dir(data_dir: Path) -> Path:
    """DATA_DIR/run, or for a deep DATA_DIR a short folder that is told from others by a hash.

    `/tmp` and not TMPDIR, since every process must come to the same answer, whatever its environment.
    """
    usual = data_dir.absolute() / "run"
    if len(bytes(usual / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return usual
    return Path("/tmp") / f"peacetracker-{hashlib.sha256(bytes(data_dir.absolute())).hexdigest()[:16]}"  # noqa: S108


def postgres_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / ".s.PGSQL.5432"


def valkey_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / "valkey.sock"


def postgres_data(data_dir: Path) -> Path:
    return data_dir / "postgres"


def log_file(data_dir: Path, service: str) -> Path:
    return data_dir / "log" / f"{service}.log"
