"""Requests a second of the main pages over those of an empty Django view in the same server.

    make bench                 five rounds of one second a page, then three cycles of polling (benchmarks/polling.py)
                               and the way of articles (benchmarks/articles.py)
    make bench ARGS=20         twenty rounds
    make bench ARGS=--long     a worker's memory up to 10,000 articles instead of 2,500, which takes minutes

Pages take turns in each round, so that a machine whose speed drifts treats all alike; the median ratio counts.
"""

import argparse
import datetime as dt
import gzip
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from benchmarks import articles, polling
from benchmarks.client import Connection, requests_a_second
from peacetracker.runtime.embedded import EmbeddedServices

SECONDS = 1.0
PAGES = {
    "/matrix/ (proposals)": "/matrix/",
    "/matrix/ (28 provisions)": "/matrix/?proposal=us-28-point-plan",
    "/proposals/us-28-point-plan/": "/proposals/us-28-point-plan/",
    "/positions/… (one cell)": "/positions/ukraine/us-28-point-plan/",
    "/ (overview)": "/",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare() -> None:
    for command in (["migrate", "-v0"], ["load_dataset", "data/ukraine"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], check=True)


def serve(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    server = subprocess.Popen([*command, "peacetracker.wsgi:application"])
    for _ in range(300):
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz")
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return server
    raise RuntimeError("the server did not start")


def measure(port: int, rounds: int) -> None:
    etags = {path: Connection(port, path).get()[1]["etag"] for path in PAGES.values()}
    ratios: dict[str, list[float]] = {}
    rates: list[float] = []
    for path in PAGES.values():
        requests_a_second(port, path, SECONDS)  # warm-up
    for _ in range(rounds):
        empty = requests_a_second(port, "/empty/", SECONDS)
        rates.append(empty)
        for name, path in PAGES.items():
            ratios.setdefault(name, []).append(requests_a_second(port, path, SECONDS) / empty)
            unchanged = requests_a_second(port, path, SECONDS, status=304, If_None_Match=etags[path])
            ratios.setdefault(f"{name}, unchanged (304)", []).append(unchanged / empty)
    print(f"\nempty view: {statistics.median(rates):,.0f} requests/s = 1\n")
    for name, values in ratios.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{middle:7.3f}  ({low:.3f} to {high:.3f})  {name}")
    print()
    for name, path in PAGES.items():
        _, headers, body = Connection(port, path).get()
        raw = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        print(f"{len(body) / 1024:7.1f} KiB compressed, {len(raw) / 1024:8.1f} KiB raw  {name}")


def machine() -> str:
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
    return (
        f"{dt.date.today()}, {cores} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )


def main() -> None:
    asked = argparse.ArgumentParser(prog="make bench")
    asked.add_argument("rounds", nargs="?", type=int, default=5)
    asked.add_argument("--long", action="store_true")
    options = asked.parse_args()
    rounds = options.rounds
    print(machine())
    with EmbeddedServices() as services:
        os.environ |= {
            "DATABASE_URL": services.database_url,
            "CELERY_BROKER_URL": services.broker_url,
            "DATA_DIR": str(services.data_dir / "site"),
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "FETCH_ALLOW": "127.0.0.0/8",
        }
        prepare()
        port = free_port()
        server = serve(port)
        try:
            measure(port, rounds)
        finally:
            server.terminate()
            server.wait()
        polling.measure(min(rounds, 3), free_port())
        articles.measure(min(rounds, 5), free_port(), long=options.long)


if __name__ == "__main__":
    main()
