"""The desk at 100,000 candidates: server time of the inbox and of decisions, over that of an empty view.

    python -m benchmarks.desk            100,000 candidates in 25,000 articles
    python -m benchmarks.desk 10000      fewer

Requests take turns within one process, through Django's test client: middleware, view, queries and template count,
the network does not. The median counts.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from peacetracker.runtime.embedded import EmbeddedServices

ROUNDS = 15
PER_ARTICLE = 4
ACTORS, TARGETS, SOURCES = 200, 60, 100
FILL = """
SET session_replication_role = replica;  -- what the triggers would reckon is reckoned below, in one go
INSERT INTO press_article (url, canonical_url, source_id, title, author, published_on, date_provenance, language, text,
    text_kind, digest, state, reason, attempts, added_at, state_changed_at, due_at, gated)
SELECT 'https://bench.example/' || n, 'https://bench.example/' || n, sources.id[1 + n % cardinality(sources.id)],
    'Article ' || n, '', date '2025-11-21' + n % 60, '', 'en',
    repeat('They met again and said that they would sign it. ', 40), 'full', '', 'extracted', '', 0,
    now(), now(), now(), false
FROM generate_series(1, %(articles)s) n, (SELECT array_agg(id) AS id FROM press_source) sources;
INSERT INTO stances_statement (article_id, start, "end", quote, direct, actor_id, actor_name, speaker_name, role,
    target_id, target_name, position, condition, said_on, state, rejection_reason, extractor, extractor_version,
    confidence, cues, warnings, added_at, version, worth, kind)
SELECT a.id, m * 49, m * 49 + 48, substr(a.text, m * 49 + 1, 48), false,
    actors.id[1 + (a.id * 7 + m * 3) %% cardinality(actors.id)], '', '', '',
    targets.id[1 + (a.id * 5 + m) %% cardinality(targets.id)], '',
    (ARRAY['oppose', 'oppose_unless', 'neutral', 'support_if', 'support'])[1 + (a.id + m) %% 5], '',
    a.published_on, 'candidate', '', 'rules', '1', 0.35 + (a.id %% 60) / 100.0, '{}', '{}',
    now() - a.id * interval '1 minute', 1, 0, 'spoken'
FROM press_article a, generate_series(0, %(per_article)s - 1) m,
    (SELECT array_agg(id) AS id FROM actors_actor) actors,
    (SELECT array_agg(id) AS id FROM proposals_target) targets
WHERE a.url LIKE 'https://bench.example/%%';
SET session_replication_role = origin;
"""


def fill(candidates: int) -> None:
    from django.db import connection

    from peacetracker.actors.models import Actor
    from peacetracker.press.models import Source
    from peacetracker.proposals.models import Process, Target
    from peacetracker.stances.worth import reweigh

    Actor.objects.bulk_create(Actor(slug=f"actor-{n}", name=f"Actor {n}", kind="state") for n in range(ACTORS))
    Source.objects.bulk_create(Source(slug=f"source-{n}", name=f"Source {n}") for n in range(SOURCES))
    process = Process.objects.create(slug="bench", name="Bench")
    Target.objects.bulk_create(
        Target(kind="issue", process=process, slug=f"issue-{n}", name=f"Issue {n}") for n in range(TARGETS)
    )
    values = {"articles": candidates // PER_ARTICLE, "per_article": PER_ARTICLE}
    with connection.cursor() as cursor:
        for statement in FILL.replace(" % ", " %% ").split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        reweigh()
        cursor.execute("VACUUM ANALYZE")


def timed(request: Callable[[], Any]) -> float:
    """Milliseconds of a request that succeeds."""
    began = time.perf_counter()
    response = request()
    took = (time.perf_counter() - began) * 1000
    assert response.status_code == 200, response.status_code
    return took


def requests() -> dict[str, Callable[[], Any]]:
    from django.contrib.auth.models import User
    from django.test import Client

    from peacetracker.stances.models import Statement

    client = Client()
    client.force_login(User.objects.create(username="bench", is_superuser=True, is_staff=True))
    waiting = Statement.objects.candidates().filter(echo_of=None).order_by("-worth", "pk")
    rows = iter(list(waiting.values_list("pk", "version", "actor__slug")[: ROUNDS * 4]))

    def decide(verb: str) -> Callable[[], Any]:
        def post() -> Any:
            pk, version, _ = next(rows)
            address, values = f"/desk/statements/{pk}/{verb}/", {"version": version, "reason": "hearsay"}
            return client.post(address, values, headers={"HX-Request": "true"})

        return post

    actor = waiting.values_list("actor__slug", flat=True)[0]
    return {
        "empty view": lambda: client.get("/empty/"),
        "/desk/": lambda: client.get("/desk/"),
        f"/desk/?actor={actor}": lambda: client.get("/desk/", {"actor": actor}),
        "/desk/?confidence=0.8&age=7": lambda: client.get("/desk/", {"confidence": "0.8", "age": "7"}),
        "/desk/?page=1000": lambda: client.get("/desk/", {"page": "1000"}),
        "accept": decide("accept"),
        "accept and record": decide("record"),
        "reject": decide("reject"),
    }


def measure(candidates: int) -> None:
    import django

    django.setup()
    fill(candidates)
    asked = requests()
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, request in asked.items():
            taken[name].append(timed(request))
    unit = statistics.median(taken["empty view"][1:])
    print(f"\n{candidates:,} candidates; the empty view takes {unit:.1f} ms = 1\n")
    for name, times in taken.items():
        middle = statistics.median(times[1:])  # the first one warms up
        print(f"{middle / unit:7.1f}  {middle:7.1f} ms (to {max(times[1:]):.1f})  {name}")


def main() -> None:
    candidates = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with EmbeddedServices() as services:
        os.environ |= {
            "DATABASE_URL": services.database_url,
            "CELERY_BROKER_URL": services.broker_url,
            "DATA_DIR": str(services.data_dir / "site"),
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "ALLOWED_HOSTS": "testserver",
            "LOG_LEVEL": "WARNING",
        }
        for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *command], check=True)
        measure(candidates)


if __name__ == "__main__":
    main()
