"""The way of articles: what fetching and keeping cost beside bare trafilatura, what finding copies costs as the record
grows, and what a worker's memory does.

A site of generated pages runs as a process of its own; the pipeline runs in this one, step by step, as in a worker.
"""

import http.server
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import psutil

PAGES, ROUNDS, PARAGRAPHS = 150, 3, 20
SIZES = (10_000, 200_000)
MEMORY = (1_000, 10_000)
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
    title, address = f"Report {number} on the talks", f"https://news.example/{paragraphs}/{number}"
    about = {"@type": "NewsArticle", "headline": title, "datePublished": "2025-11-21T10:00:00Z", "url": address}
    metas = "".join(f'<meta property="og:x-{n}" content="{text(n, 1)[:60]}">' for n in range(paragraphs))
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Example Times</title>
{metas}<meta property="og:site_name" content="The Example Times"><meta name="author" content="A. Writer">
<meta property="article:published_time" content="2025-11-21T10:00:00Z"><link rel="canonical" href="{address}">
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


def serve(port: int) -> None:
    made = cache(page)
    for number in range(PAGES * ROUNDS):
        made(number, PARAGRAPHS)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_GET(self) -> None:
            _, paragraphs, number = (*self.path.split("/"), "", "")[:3]
            found = paragraphs.isdecimal()
            make = made if paragraphs == str(PARAGRAPHS) else page
            content = make(int(number), int(paragraphs)) if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("ready", flush=True)
    server.serve_forever()


@dataclass(frozen=True)
class Seconds:
    clock: float
    processor: float  # of this process alone


@contextmanager
def timed(taken: list[Seconds]) -> Iterator[None]:
    clock, processor = time.perf_counter(), time.process_time()
    yield
    taken.append(Seconds(time.perf_counter() - clock, time.process_time() - processor))


def run_trafilatura(pages: list[bytes]) -> Seconds:
    import trafilatura

    taken: list[Seconds] = []
    with timed(taken):
        for content in pages:
            assert trafilatura.bare_extraction(content, with_metadata=True)
    return taken[0]


def run_ours(urls: list[str]) -> Seconds:
    """Fetch, keep and parse what stands at these addresses."""
    from peacetracker.ingest.services import Submission, advance, submit

    articles = [submit(Submission(url=url)).pk for url in urls]
    taken: list[Seconds] = []
    with timed(taken):
        for article in articles:
            assert advance(article, until="parsed") == "parsed"
    return taken[0]


def measure_throughput(port: int, rounds: int) -> None:
    """One process after the other on one core each: nothing of what the worker waits for is left out of its clock."""
    run_trafilatura([page(n, PARAGRAPHS) for n in range(5)])
    run_ours([f"http://127.0.0.1:{port}/{PARAGRAPHS - 1}/{n}" for n in range(5)])
    by_clock, by_processor = [], []
    for turn in range(min(rounds, ROUNDS)):
        numbers = range(turn * PAGES, (turn + 1) * PAGES)
        bare = run_trafilatura([page(n, PARAGRAPHS) for n in numbers])
        ours = run_ours([f"http://127.0.0.1:{port}/{PARAGRAPHS}/{n}" for n in numbers])
        by_clock.append(bare.clock / ours.clock)
        by_processor.append(bare.processor / ours.processor)
    size = len(page(0, PARAGRAPHS)) / 1024
    print(f"\nfetch, keep and parse over bare trafilatura, {PAGES} pages of {size:.0f} KiB a round\n")
    for ratios, what in ((by_clock, "by the clock"), (by_processor, "by the worker's processor time")):
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


def measure_memory(port: int) -> None:
    """The resident size of this process after so many articles, which it reads as a worker does.

    As it is then: the largest that it ever was may stem from what was measured before.
    """
    me = psutil.Process()
    sizes = {}
    first = 0
    for number in MEMORY:
        run_ours([f"http://127.0.0.1:{port}/2/{n}" for n in range(first, number)])
        sizes[number], first = me.memory_info().rss, number
    few, many = (sizes[number] for number in MEMORY)
    size = f"{many / 2**20:.0f} MiB"
    print(f"\n{many / few:7.2f}  times the memory after {MEMORY[1]:,} articles over {MEMORY[0]:,} ({size})")


def measure(rounds: int, port: int) -> None:
    """Print the ratios. Needs DATABASE_URL and CELERY_BROKER_URL of servers of its own, migrated, and FETCH_ALLOW."""
    import django

    django.setup()
    from django.conf import settings

    settings.FETCH_DELAY = 0.0  # the courtesy that one host is shown is not what is measured
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.articles", str(port)], stdout=subprocess.PIPE)
    try:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        measure_throughput(port, rounds)
        measure_copies()
        measure_memory(port)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
