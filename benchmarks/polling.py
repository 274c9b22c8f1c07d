"""A cycle over a thousand local feeds, beside the `reader` library's `update_feeds(workers=10)` on the same feeds.

Both poll all feeds twice: cold, when everything is new and is stored, and unchanged, when every server answers 304.
They take turns, so that a machine whose speed drifts treats both alike; the median ratio counts. Ours runs as a worker
does, in one process, and stores into PostgreSQL; reader stores into a file of SQLite.
"""

from __future__ import annotations

import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.feedserver import ITEMS, address

FEEDS = 1000


def seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure_reader(urls: list[str], folder: Path) -> dict[str, float]:
    from reader import make_reader

    logging.getLogger("reader").setLevel(logging.ERROR)  # it would write a line for each feed
    reader = make_reader(str(folder / "reader.sqlite"))
    for url in urls:
        reader.add_feed(url)
    times = {kind: seconds(lambda: reader.update_feeds(workers=10, scheduled=False)) for kind in ("cold", "unchanged")}
    assert reader.get_entry_counts().total == len(urls) * ITEMS
    reader.close()
    return times


def forget() -> None:
    """Remove feeds and what they brought, which no worker is to read."""
    from peacetracker.press.models import Article, Feed

    Article.objects.filter(feed__isnull=False).delete()
    Feed.objects.all().delete()


def measure_ours(urls: list[str]) -> dict[str, float]:
    from peacetracker.ingest import polling
    from peacetracker.ingest.broker import memory
    from peacetracker.press.models import Article, Feed, Source

    forget()
    source, _ = Source.objects.get_or_create(slug="local", defaults={"name": "Local"})
    Feed.objects.bulk_create([Feed(source=source, url=url) for url in urls])

    def cycle() -> None:
        for keys in polling.claim_due(len(urls)):
            polling.poll(Feed.objects.filter(pk__in=keys))

    times = {}
    for kind in ("cold", "unchanged"):
        Feed.objects.update(next_poll_at="2000-01-01T00:00:00Z")
        memory().flushdb()  # a cycle is minutes after the last one: every host has a turn free
        times[kind] = seconds(cycle)
    assert Article.objects.filter(feed__isnull=False).count() == len(urls) * ITEMS
    assert not Feed.objects.exclude(problem="").exists()
    return times


def measure(rounds: int, port: int) -> None:
    """Print the ratios. Needs DATABASE_URL and CELERY_BROKER_URL of servers of its own, migrated, and FETCH_ALLOW."""
    import django

    django.setup()
    urls = [address(number, port) for number in range(FEEDS)]
    command = [sys.executable, "-m", "benchmarks.feedserver", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    ratios: dict[str, list[float]] = {"cold": [], "unchanged": []}
    try:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                theirs = measure_reader(urls, Path(folder))
            ours = measure_ours(urls)
            for kind in ratios:
                ratios[kind].append(theirs[kind] / ours[kind])
        forget()
    finally:
        server.terminate()
        server.wait()
    print(f"\npolling {FEEDS} feeds: times as fast as reader's update_feeds(workers=10)\n")
    for kind, values in ratios.items():
        print(f"{statistics.median(values):7.2f}  ({min(values):.2f} to {max(values):.2f})  {kind}")
