"""A local site to fetch from and a real worker on the real broker."""

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from peacetracker.ingest.broker import memory
from peacetracker.ingest.gazetteer import gate_at, names_at
from peacetracker.ingest.network import client

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>
<meta property="og:site_name" content="The Example Times">
<meta property="article:published_time" content="2025-11-21T10:00:00Z"></head>
<body><nav>Home News Sport</nav><article><h1>{title}</h1>{body}</article>
<footer>All rights reserved</footer></body></html>"""
BODY = """<p>The French government studied the document for two days before it spoke in public about what it held.</p>
<p>President Emmanuel Macron rejected the US 28-point plan on Friday. “France will not endorse the plan,” he said.</p>
<p>Ministers will meet again next week to discuss the matter with their partners from the other capitals.</p>"""


def page(title: str = "France rejects the plan", body: str = BODY) -> bytes:
    return PAGE.format(title=title, body=body).encode()


class Site:
    """A web site of the test's own: paths and what they answer."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.moments: list[float] = []
        self.headers: list[dict[str, str]] = []
        self.dripping: dict[str, bytes] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.moments.append(time.monotonic())
                site.headers.append({name.lower(): value for name, value in self.headers.items()})
                if self.path in site.dripping:
                    self.drip(site.dripping[self.path])
                    return
                status, headers, body = site.pages.get(self.path, (404, {}, b"not here"))
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def drip(self, content: bytes) -> None:
                """Without end, a byte at a time, each soon enough for a timeout of its own not to end it."""
                try:
                    while True:
                        for byte in content:
                            self.wfile.write(bytes([byte]))
                            time.sleep(0.01)
                except OSError:
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        return self.address + path


@pytest.fixture(autouse=True)
def _no_names_of_other_tests() -> None:
    """Each test's transaction counts its revisions from the same number."""
    names_at.cache_clear()
    gate_at.cache_clear()


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    settings.FETCH_ALLOW = ["127.0.0.1"]
    memory().flushall()
    client.cache_clear()
    site = Site()
    yield site
    site.server.shutdown()


class Worker:
    """A Celery worker as a process of its own, on the tests' database and broker."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "peacetracker", "worker", "-c", "1", "-Q", "poll,fetch,extract"],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """As if the machine had gone: no clean-up, pool and all."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


def environment() -> dict[str, str]:
    """For processes that share the tests' database."""
    url, _, query = os.environ["DATABASE_URL"].partition("?")
    test_url = f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else "")
    return os.environ | {"DATABASE_URL": test_url, "FETCH_ALLOW": ",".join(django_settings.FETCH_ALLOW)}


@pytest.fixture
def worker(transactional_db: None, site: Site) -> Iterator[Worker]:
    worker = Worker()
    worker.start()
    yield worker
    worker.kill()


def wait_until(met: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.1)
