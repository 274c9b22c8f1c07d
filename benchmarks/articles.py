"""The way of articles: what fetching and keeping cost beside bare trafilatura, what finding copies costs as the record
grows, and what a worker's memory does.

A site of generated pages runs as a process of its own; the pipeline runs in this one, step by step, as in a worker.
"""

import http.server
import random
import resource
import statistics
import subprocess
import sys
import time

PAGES = 150
SIZES = (10_000, 200_000)
MEMORY = (1_000, 10_000)
BEGINNINGS = ("tre", "har", "bor", "min", "cou", "win", "rai", "gar")
ENDINGS = ("aty", "bour", "der", "ster", "ncil", "ter", "lway", "den", "ket", "nal")
WORDS = [beginning + ending for beginning in BEGINNINGS for ending in ENDINGS]


def text(number: int, sentences: int) -> str:
    words = random.Random(number)  # noqa: S311
    return " ".join(" ".join(words.choices(WORDS, k=16)).capitalize() + "." for _ in range(sentences))


def page(number: int, paragraphs: int) -> bytes:
    """A news page as they come: a fifth of it is the article, the rest is navigation, teasers and scripts."""
    body = "".join(f"<p>{text(number * 1000 + n, 4)}</p>" for n in range(paragraphs))
    links = "".join(f'<li><a href="/{n}" class="nav-{n}">{text(n, 1)[:60]}</a></li>' for n in range(paragraphs * 5))
    script = f"<script>var data = {{'items': '{'x' * 400 * paragraphs}'}};</script>"
    return f"""<!doctype html><html lang="en"><head><title>Report {number} on the talks</title>
<meta property="og:site_name" content="The Example Times"><meta name="author" content="A. Writer">
<meta property="article:published_time" content="2025-11-21T10:00:00Z">
<link rel="canonical" href="/{paragraphs}/{number}">{script}</head>
<body><header><nav><ul>{links}</ul></nav></header><main><article><h1>Report {number} on the talks</h1>{body}</article>
<aside><ul>{links}</ul></aside></main><footer>{links}</footer></body></html>""".encode()


def serve(port: int) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _, paragraphs, number = (*self.path.split("/"), "", "")[:3]
            found = paragraphs.isdecimal()
            content = page(int(number), int(paragraphs)) if found else b""
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


def seconds_of_trafilatura(pages: list[bytes]) -> float:
    import trafilatura

    begun = time.process_time()
    for content in pages:
        assert trafilatura.bare_extraction(content, with_metadata=True)
    return time.process_time() - begun


def seconds_of_ours(urls: list[str]) -> tuple[float, float]:
    """CPU and wall-clock seconds of fetching, keeping and parsing what stands at these addresses."""
    from peacetracker.ingest.services import Submission, advance, submit

    articles = [submit(Submission(url=url)).pk for url in urls]
    begun, cpu = time.monotonic(), time.process_time()
    for article in articles:
        assert advance(article, until="parsed") == "parsed"
    return time.process_time() - cpu, time.monotonic() - begun


def measure_throughput(port: int, rounds: int) -> None:
    seconds_of_trafilatura([page(n, 20) for n in range(5)])
    ratios: list[float] = []
    for turn in range(rounds):
        numbers = range(turn * PAGES, (turn + 1) * PAGES)
        bare = seconds_of_trafilatura([page(n, 20) for n in numbers])
        ours, _ = seconds_of_ours([f"http://127.0.0.1:{port}/20/{n}" for n in numbers])
        ratios.append(bare / ours)
    print("\nfetch, keep and parse, over bare trafilatura on the same pages (CPU of the worker)\n")
    print(f"{statistics.median(ratios):7.2f}  ({min(ratios):.2f} to {max(ratios):.2f})  pages a second")


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
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made over rows that are still to be checked
        cursor.execute("CREATE INDEX fingerprint_bands ON press_fingerprint USING gin (bands) WITH (fastupdate = off)")


def measure_memory(port: int) -> None:
    """The largest resident size of this process after so many articles, which it reads as a worker does."""
    sizes = {}
    first = 0
    for number in MEMORY:
        seconds_of_ours([f"http://127.0.0.1:{port}/2/{n}" for n in range(first, number)])
        sizes[number], first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, number
    few, many = (sizes[number] for number in MEMORY)
    print(f"\n{many / few:7.2f}  times the memory after {MEMORY[1]:,} articles over {MEMORY[0]:,}")


def measure(rounds: int, port: int) -> None:
    """Print the ratios. Needs DATABASE_URL and CELERY_BROKER_URL of servers of its own, migrated, and FETCH_ALLOW."""
    import django

    django.setup()
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
