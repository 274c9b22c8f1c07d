"""The drill: every part of the pipeline is killed at work, again and again, and every article comes through once.

Real processes throughout: a web site, PostgreSQL, Valkey, two workers and beat, none of them the other tests'.
`DRILL_SEED` chooses what is killed when.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from typing import Any

import psycopg
import pytest

from peacetracker.runtime import embedded, postgres, valkey
from peacetracker.runtime.services import Service, Services
from tests.ingest.conftest import page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

ORIGINALS, COPIES, GUISES, BROKEN = 440, 40, 20, 20
STUTTERING, SLOW = range(20), range(20, 30)  # of the originals: answers 503 at first; answers late
KILLS = ["worker", "worker", "extractor", "beat", valkey.NAME, valkey.NAME, postgres.NAME, postgres.NAME]
WORDS = ["harbour", "treaty", "council", "winter", "border", "railway", "minister", "market", "signal", "garden"]


def story(number: int, edition: int = 1) -> str:
    words = random.Random(number)  # noqa: S311
    sentences = [f"Report {number}: " + " ".join(words.choices(WORDS, k=12)) + "." for _ in range(12)]
    return f"<p>Edition {edition}. {' '.join(sentences)}</p>"


class Site:
    """Articles, their copies under other addresses, other guises of them, and pages that are none."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.editions: dict[int, int] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked[self.path] += 1
                status, headers, body = site.answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        kind, _, number = path.strip("/").partition("/")
        n = int(number) if number.isdecimal() else 0
        if kind == "article":
            if n in STUTTERING and self.asked[path] < 3:
                return 503, {}, b""
            if n in SLOW:
                time.sleep(1)
            return 200, {}, page(f"Report {n}", story(n, self.editions.get(n, 1)))
        if kind == "copy":
            return 200, {}, page(f"Report {n}, by a wire", story(n) + "<p>By Example Wire.</p>")
        if kind == "link":
            return 302, {"Location": f"/article/{n}"}, b""
        if kind == "broken":
            return 200, {"Content-Type": "text/html"}, b"\x89PNG\0\0" if n % 2 else b"<html><p>Nothing.</p></html>"
        return 404, {}, b""

    def urls(self) -> list[str]:
        paths = [f"article/{n}" for n in range(ORIGINALS)]
        paths += [f"copy/{n}" for n in range(100, 100 + COPIES)]
        paths += [f"link/{n}" for n in range(200, 200 + GUISES)]
        paths += [f"broken/{n}" for n in range(BROKEN)]
        return [f"{self.address}/{path}" for path in paths]


class Plant:
    """All processes of a running pipeline, on a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.services = folder, Services()
        self.environment = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": embedded.database_url(folder),
            "CELERY_BROKER_URL": embedded.broker_url(folder),
            "FETCH_ALLOW": "127.0.0.1",
            "FETCH_DELAY": "0",
            "FETCH_CONCURRENCY": "20",
            "FETCH_SECONDS": "10",
            "TASK_SECONDS": "15",
            "RETRY_SECONDS": "1",
            "RESEND_SECONDS": "5",
            "SEND_SECONDS": "1",
            "LOG_LEVEL": "WARNING",
        }

    def open(self) -> None:
        self.services.open()
        self.start(postgres.NAME)
        self.start(valkey.NAME)
        assert self.manage("migrate", "-v0").returncode == 0
        for name in ("worker", "extractor", "beat"):
            self.start(name)

    def start(self, name: str) -> None:
        if name == postgres.NAME:
            postgres.start(self.services, self.folder, durable=False)
            postgres.wait_ready(self.services, self.folder)
        elif name == valkey.NAME:
            valkey.start(self.services, self.folder)
            valkey.wait_ready(self.services, self.folder)
        else:
            self.services.start(self._program(name))

    def _program(self, name: str) -> Service:
        arguments = {
            "worker": ["worker", "--queues", "poll,fetch", "--concurrency", "2", "--hostname", "worker@%h"],
            "extractor": ["worker", "--queues", "extract", "--concurrency", "1", "--hostname", "extractor@%h"],
            "beat": ["beat", "--pidfile=", "--max-interval", "1"],
        }[name]
        argv = [sys.executable, "-m", "celery", "-A", "peacetracker", *arguments]
        log = self.folder / "log" / f"{name}.log"
        return Service(name, argv, log, [(SIGTERM, 1)], cwd=Path.cwd(), environment=self.environment)

    def kill(self, name: str) -> None:
        self.services.kill(name)
        while name in self.services.running:
            self.services.wait(0.05)
        self.services.exits.clear()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=200, check=False)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            return connection.execute(query).fetchall()

    def wait_for_progress(self, steps: float) -> None:
        """Until so many articles have come further than a queue."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.rows("SELECT count(*) FROM press_article WHERE state <> 'queued'")[0][0] > steps:
                return
            self.services.wait(0.1)

    def wait_until_finished(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        waiting = "SELECT state, reason, attempts FROM press_article WHERE state IN ('queued', 'fetched', 'parsed')"
        while left := self.rows(waiting):
            assert time.monotonic() < end, f"{len(left)} articles are not finished, such as {left[:5]}"
            self.services.wait(0.2)


@pytest.fixture
def plant() -> Iterator[Plant]:
    folder = Path(tempfile.mkdtemp(prefix="peacetracker-drill-"))
    folder.chmod(0o711)
    plant = Plant(folder)
    plant.open()
    plant.services.remove_at_end(folder)
    yield plant
    plant.services.close()


def submit_at_any_cost(plant: Plant, urls: list[str]) -> None:
    """Hand everything in; where a server is killed meanwhile, hand everything in again."""
    while plant.manage("ingest", *urls).returncode != 0:
        time.sleep(0.5)


def test_whatever_is_killed_every_article_comes_through_once(plant: Plant) -> None:
    site, chance = Site(), random.Random(os.environ.get("DRILL_SEED", "1"))  # noqa: S311
    urls = site.urls()
    submitting = [threading.Thread(target=submit_at_any_cost, args=(plant, urls)) for _ in range(2)]
    for thread in submitting:  # the same at once: every task is delivered twice
        thread.start()
    victims = chance.sample(KILLS, len(KILLS))
    for number, victim in enumerate(victims):
        plant.wait_for_progress(len(urls) * (number + chance.random()) / (len(victims) + 1))
        plant.kill(victim)  # Valkey keeps nothing: with it the broker's data are wiped
        plant.start(victim)
    for thread in submitting:
        thread.join()
    plant.wait_until_finished(120)

    states = Counter(plant.rows("SELECT split_part(url, '/', 4), state FROM press_article"))
    assert states == {
        ("article", "extracted"): ORIGINALS,
        ("copy", "extracted"): COPIES,
        ("broken", "failed"): BROKEN,
    }, "every article once, none missing; a link is the article that it leads to"
    assert all(reason for (reason,) in plant.rows("SELECT reason FROM press_article WHERE state = 'failed'"))
    turned = plant.rows("SELECT count(*) FROM press_article WHERE syndicated_from_id IS NOT NULL")
    assert turned == [(COPIES,)]
    assert plant.rows("SELECT count(*) FROM press_address WHERE key LIKE '%/link/%'") == [(GUISES,)]
    proof = plant.rows("SELECT article_id, count(*) FROM press_snapshot GROUP BY 1 HAVING count(*) <> 1")
    assert proof == [], "one response is kept of each"

    _check_proof(plant)
    _check_updates(plant, site)


def _check_proof(plant: Plant) -> None:
    """What was kept is what the site sent, by the record in the WARC file."""
    number, digest = plant.rows(
        "SELECT article_id, digest FROM press_snapshot WHERE url LIKE '%/article/100' ORDER BY id LIMIT 1"
    )[0]
    written = plant.manage("snapshot", str(number))
    assert written.stdout == page("Report 100", story(100))
    assert hashlib.sha256(written.stdout).hexdigest() == digest


def _check_updates(plant: Plant, site: Site) -> None:
    """Articles that have changed are fetched again: a newer version of the same article."""
    changed = list(range(300, 310))
    site.editions = dict.fromkeys(changed, 2)
    again = [f"{site.address}/article/{n}" for n in changed]
    plant.manage(
        "shell",
        "-c",
        "from peacetracker.press.models import Article; from peacetracker.press.services import fetch_again;"
        f"fetch_again(Article.objects.filter(url__in={json.dumps(again)}))",
    )
    plant.wait_until_finished(60)
    texts = plant.rows(
        "SELECT a.text LIKE 'Edition 2.%' AND f.text LIKE 'Edition 1.%' FROM press_article a"
        " JOIN press_formertext f ON f.article_id = a.id"
    )
    assert texts == [(True,)] * len(changed)
