"""The way of articles: what fetching and keeping cost beside bare trafilatura, what finding copies costs as the record
grows, and what a worker's memory does.

**Fetch and parse over bare trafilatura** is the pages a second of a worker (`celery worker`, as in production, queues
poll and fetch) over those of `trafilatura.bare_extraction(page, with_metadata=True)` on the same pages, which are in
its memory, on the same cores. Half of the machine's cores are the worker's, and trafilatura has as many processes as
these are cores; the database, the broker and the site, which is a process of its own on the local network, have the
other half. The worker's clock runs from handing over articles that are queued until the last is parsed: it takes
messages, asks robots.txt and the hosts' turns, fetches, unpacks, writes WARC records to the disk, parses, finds the
language, judges addresses and copies, stores with the history, and hands on to extraction, all as it is configured,
but for FETCH_DELAY: the courtesy that a host is shown is not what is measured. The pages come from 50 hosts, compressed
as the web's are.
"""

import gzip
import http.server
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import psutil

PAGES, ROUNDS, PARAGRAPHS, HOSTS = 600, 3, 20, 50
SEND_AGAIN = 10  # seconds
SIZES = (10_000, 200_000)
MEMORY, MEMORY_LONG = (500, 2_500), (500, 2_500, 5_000, 10_000)
BEGINNINGS = ("tre", "har", "bor", "min", "cou", "win", "rai", "gar")
ENDINGS = ("aty", "bour", "der", "ster", "ncil", "ter", "lway", "den", "ket", "nal")
WORDS = [beginning + ending for beginning in BEGINNINGS for ending in ENDINGS]


def text(number: int, sentences: int) -> str:
    words = random.Random(number)  # noqa: S311
    return " ".join(" ".join(words.choices(WORDS, k=16)).capitalize() + "." for _ in range(sentences))


def page(number: int, paragraphs: int) -> bytes:
    """A news page as they come: less than a tenth of it is the article, the rest is what sites put around it.

    With 20 paragraphs some 70 KB: menus, teasers with pictures, readers' comments, scripts, data for search engines.
    """
    title, path = f"Report {number} on the talks", f"/{paragraphs}/{number}"
    about = {"@type": "NewsArticle", "headline": title, "datePublished": "2025-11-21T10:00:00Z"}
    metas = "".join(f'<meta property="og:x-{n}" content="{text(n, 1)[:60]}">' for n in range(paragraphs))
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Example Times</title>
{metas}<meta property="og:site_name" content="The Example Times"><meta name="author" content="A. Writer">
<meta property="article:published_time" content="2025-11-21T10:00:00Z"><link rel="canonical" href="{path}">
<script type="application/ld+json">{json.dumps(about)}</script><script>{_script(paragraphs)}</script></head>
<body><header class="site-header"><nav class="menu">{_menu(paragraphs)}</nav></header>
<main><div class="layout"><article class="story"><header><h1>{title}</h1><p class="byline">By <a href="/a">A. Writer</a>
<time datetime="2025-11-21T10:00:00Z">21 November 2025</time></p></header><div class="story-body">
{_story(number, paragraphs)}</div></article><aside class="most-read">{_teasers(0, paragraphs)}</aside></div>
<section class="related">{_teasers(1000, paragraphs)}</section><section id="comments">{_comments(paragraphs)}</section>
</main><footer>{_menu(paragraphs)}<p>All rights reserved.</p></footer><script>{_script(paragraphs)}</script>
</body></html>""".encode()


def _story(number: int, paragraphs: int) -> str:
    parts = []
    for n in range(paragraphs):
        first, _, rest = text(number * 1000 + n, 4).partition(" ")
        parts.append(
            f'<p class="paragraph">{first} <a href="/topic/{n}">{rest[:20]}</a><em>{rest[20:30]}</em>{rest[30:]}</p>'
        )
        if n % 5 == 4:
            parts.append(f'<figure><img src="/{n}.jpg" alt=""><figcaption>{text(n, 1)}</figcaption></figure>')
            parts.append('<div class="advertisement"><script>window.ads.push({slot: "inline"})</script></div>')
    return "\n".join(parts)


def _menu(paragraphs: int) -> str:
    items = (
        f'<li class="menu-item"><a class="link" href="/s/{n}">{text(n, 1)[:30]}</a></li>' for n in range(paragraphs * 4)
    )
    return f'<ul class="menu-list">{"".join(items)}</ul>'


def _teasers(first: int, paragraphs: int) -> str:
    return "".join(
        f'<div class="card"><a class="card-link" href="/n/{n}"><img class="card-image" src="/{n}.jpg" loading="lazy"'
        f' alt=""><h3 class="card-title">{text(n, 1)[:70]}</h3></a><p class="card-text">{text(n + 1, 1)}</p>'
        f'<span class="card-time"><time datetime="2025-11-20">20 November</time></span></div>'
        for n in range(first, first + paragraphs)
    )


def _comments(paragraphs: int) -> str:
    return "".join(
        f'<div class="comment"><span class="comment-name">Reader {n}</span><p>{text(n + 5000, 2)}</p>'
        f'<button class="reply">Reply</button></div>'
        for n in range(paragraphs)
    )


def _script(paragraphs: int) -> str:
    return "".join(
        f'window.config["{n}"] = {{"enabled": true, "key": "{n * 7919:x}", "n": [{n}]}};'
        for n in range(paragraphs * 10)
    )


def address(paragraphs: int, number: int, port: int) -> str:
    return f"http://127.2.0.{1 + number % HOSTS}:{port}/{paragraphs}/{number}"


def serve(port: int) -> None:
    @cache
    def made(path: str) -> bytes:
        paragraphs, number = path.strip("/").split("/")
        return gzip.compress(page(int(number), int(paragraphs)), 6)

    for number in range(PAGES * ROUNDS):
        made(f"/{PARAGRAPHS}/{number}")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_GET(self) -> None:
            found = self.path.count("/") == 2
            content = made(self.path) if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Encoding", "gzip" if found else "identity")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 200

    server = Server(("0.0.0.0", port), Handler)  # noqa: S104
    print("ready", flush=True)
    server.serve_forever()


@dataclass(frozen=True)
class Seconds:
    clock: float
    processor: float


@contextmanager
def halves() -> Iterator[list[int]]:
    """The cores that a worker has for itself: everything that runs already keeps to the others meanwhile."""
    cores = sorted(os.sched_getaffinity(0))
    ours = cores[len(cores) // 2 :]
    everything = [psutil.Process(), *psutil.Process().children(recursive=True)]
    try:
        for process in everything:
            process.cpu_affinity(cores[: len(cores) // 2] or cores)
        yield ours
    finally:
        for process in everything:
            process.cpu_affinity(cores)


@contextmanager
def worker(cores: Iterable[int], processes: int) -> Iterator[psutil.Popen]:
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "peacetracker", "worker", "--queues", "poll,fetch"]
    command += ["--concurrency", str(processes), "--loglevel", "WARNING"]
    process = psutil.Popen(command, env=os.environ | {"FETCH_DELAY": "0"}, stdout=subprocess.DEVNULL)
    process.cpu_affinity(list(cores))
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def processor_seconds(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in family)


def run_worker(running: psutil.Popen, urls: list[str]) -> Seconds:
    """Hand articles over, all at once, and wait until they are parsed."""
    from peacetracker.ingest.services import Submission, submit
    from peacetracker.ingest.tasks import send_due
    from peacetracker.press.models import Article
    from peacetracker.press.services import source_named

    source = source_named("The Example Times")  # as of a feed
    keys = [submit(Submission(url=url, source=source)).pk for url in urls]
    clock, processor = time.perf_counter(), processor_seconds(running)
    send_due()
    again = clock + SEND_AGAIN
    while (left := len(keys) - Article.objects.filter(pk__in=keys, state="parsed").count()) > 0:
        assert running.poll() is None, "the worker has ended"
        time.sleep(max(left * 0.004, 0.02))  # a third of what is left to wait: asking takes the database's time
        if time.perf_counter() > again:
            send_due()  # as beat does
            again += SEND_AGAIN
    return Seconds(time.perf_counter() - clock, processor_seconds(running) - processor)


def run_bare(cores: list[int], first: int) -> Seconds:
    """trafilatura on the same pages, in as many processes as cores; a process reports its seconds when it is done."""
    command = [sys.executable, "-m", "benchmarks.articles", "bare"]
    processes = []
    for number, core in enumerate(cores):
        begin, end = (first + PAGES * n // len(cores) for n in (number, number + 1))
        process = psutil.Popen([*command, str(begin), str(end)], stdout=subprocess.PIPE, text=True)
        process.cpu_affinity([core])
        processes.append(process)
    taken = [json.loads(process.communicate()[0]) for process in processes]
    return Seconds(max(clock for clock, _ in taken), sum(processor for _, processor in taken))


def bare(first: int, last: int) -> None:
    import trafilatura

    pages = [page(number, PARAGRAPHS) for number in range(first, last)]
    for content in pages[:10]:
        trafilatura.bare_extraction(content, with_metadata=True)
    clock, processor = time.perf_counter(), time.process_time()
    for content in pages:
        assert trafilatura.bare_extraction(content, with_metadata=True)
    print(json.dumps([time.perf_counter() - clock, time.process_time() - processor]))


def measure_throughput(port: int, rounds: int) -> None:
    by_clock, by_processor = [], []
    # Two processes a core: one parses while the other waits.
    with halves() as cores, worker(cores, 2 * len(cores)) as running:
        run_worker(running, [address(PARAGRAPHS, PAGES * ROUNDS + n, port) for n in range(HOSTS * 2)])  # warm-up
        for turn in range(min(rounds, ROUNDS)):
            numbers = range(turn * PAGES, (turn + 1) * PAGES)
            theirs = run_bare(cores, numbers[0])
            ours = run_worker(running, [address(PARAGRAPHS, number, port) for number in numbers])
            by_clock.append(theirs.clock / ours.clock)
            by_processor.append(theirs.processor / ours.processor)
    size = len(page(0, PARAGRAPHS)) / 1024
    print(f"\nfetch, keep and parse over bare trafilatura, {PAGES} pages of {size:.0f} KiB a round\n")
    for ratios, what in ((by_clock, "by the clock"), (by_processor, "by processor time, the worker's whole")):
        print(f"{statistics.median(ratios):7.2f}  ({min(ratios):.2f} to {max(ratios):.2f})  pages a second, {what}")


def measure_copies() -> None:
    """Seconds to place an article among the copies, with so many articles stored."""
    from django.db import connection, transaction

    from peacetracker.ingest import deduplicate
    from peacetracker.press.models import Article

    costs = {}
    for size in SIZES:
        with transaction.atomic(), connection.cursor() as cursor:
            fill_up_to(size)
            cursor.execute("ANALYZE press_fingerprint")
            taken = []
            for number in range(200):
                url = f"https://new.example/{number}"
                article = Article.objects.create(url=url, canonical_url=url, state="parsed", text=text(number, 30))
                signature = deduplicate.fingerprint(article.text)
                begun = time.perf_counter()
                deduplicate.place_among_copies(article, signature)
                taken.append(time.perf_counter() - begun)
            costs[size] = statistics.median(taken)
            transaction.set_rollback(True)
    first, last = (costs[size] for size in SIZES)
    print(f"\n{last / first:7.2f}  times the cost of finding copies at {SIZES[1]:,} articles over {SIZES[0]:,}")


def fill_up_to(size: int) -> None:
    """Articles with fingerprints of random texts, as the pipeline stores them."""
    import numpy as np
    from django.db import connection

    from peacetracker.ingest.deduplicate import HASHES, _bands

    chance = np.random.default_rng(1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # a history of all rows takes minutes
        cursor.execute(
            "INSERT INTO press_article (url, canonical_url, title, author, date_provenance, language, text, text_kind,"
            " digest, state, reason, attempts, gated, added_at, state_changed_at, due_at)"
            " SELECT u, u, '', '', '', 'en', 'x', 'full', '', 'extracted', '', 0, false, now(), now(), now()"
            " FROM (SELECT 'https://old.example/' || n AS u FROM generate_series(1, %s) n) s RETURNING id",
            [size],
        )
        keys = [row[0] for row in cursor.fetchall()]
        cursor.execute("DROP INDEX fingerprint_bands")
        with cursor.copy("COPY press_fingerprint (article_id, bands, signature) FROM STDIN") as copy:
            for key in keys:
                signature = chance.integers(0, 2**32, HASHES, dtype=np.uint32)
                copy.write_row((key, _bands(signature), signature.tobytes()))
        cursor.execute("CREATE INDEX fingerprint_bands ON press_fingerprint USING gin (bands) WITH (fastupdate = off)")
        cursor.execute("SET LOCAL session_replication_role = origin")


def measure_memory(port: int, sizes: tuple[int, ...]) -> None:
    """The resident size of a worker's one process that reads articles, after so many of them."""
    resident, first = {}, 0
    print()
    with worker(os.sched_getaffinity(0), 1) as running:
        for size in sizes:
            for begin in range(first, size, 500):
                run_worker(running, [address(2, number, port) for number in range(begin, begin + 500)])
            resident[size], first = max(each.memory_info().rss for each in running.children(recursive=True)), size
            print(f"{resident[size] / 2**20:7.0f}  MiB of memory after {size:,} articles in one process", flush=True)
    few, many = resident[sizes[0]], resident[sizes[-1]]
    print(f"{many / few:7.2f}  times the memory after {sizes[-1]:,} articles over that after {sizes[0]:,}")


def measure(rounds: int, port: int, *, long: bool = False) -> None:
    """Print the ratios. Needs DATABASE_URL and CELERY_BROKER_URL of servers of its own, migrated, and FETCH_ALLOW."""
    import django

    django.setup()
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.articles", "serve", str(port)], stdout=subprocess.PIPE)
    try:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        measure_throughput(port, rounds)
        measure_copies()
        measure_memory(port, MEMORY_LONG if long else MEMORY)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    {"serve": serve, "bare": bare}[sys.argv[1]](*map(int, sys.argv[2:]))
