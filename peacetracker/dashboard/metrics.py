"""The pipeline's numbers as Prometheus reads them. They come from the database, so all processes tell the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from peacetracker import __version__
from peacetracker.database.revision import current_revision
from peacetracker.ingest import state
from peacetracker.ingest.models import StepRun
from peacetracker.press.models import Feed
from peacetracker.stances.models import Statement

HOUR = dt.timedelta(hours=1)
QUANTILES = {"0.5": "median", "0.95": "p95", "0.99": "p99"}


def exposition() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Pipeline())
    return generate_latest(registry)


class _Pipeline(Collector):
    def collect(self) -> Iterable[Metric]:
        yield _labelled("build_info", "Version of the program.", "version", {__version__: 1})
        yield _single("data_revision", "Number that every change raises which readers see.", current_revision())
        yield _labelled("articles", "Articles by state.", "state", state.articles_by_state())
        yield _labelled("feeds", "Feeds by health.", "health", state.feeds_by_health())
        yield _single("feeds_due", "Feeds that are to be polled now.", Feed.objects.due().count())
        yield _single(
            "feed_overdue_seconds", "For how long a feed has been due at most.", _seconds(state.longest_overdue())
        )
        yield _single(
            "article_overdue_seconds", "For how long an article has been due for its next step at most.",
            _seconds(state.oldest_unfinished()),
        )  # fmt: skip
        yield _single("candidates", "Candidates that no editor has decided.", Statement.objects.candidates().count())
        yield from _processes()
        yield from _steps()


def _processes() -> Iterable[Metric]:
    alive, queues = state.alive(), state.queue_lengths()
    yield _single("workers_alive", "Workers that gave a sign of life lately.", len(alive.workers))
    yield _single("beat_alive", "Whether the scheduler gave a sign of life lately.", int(alive.beat))
    yield _single("broker_up", "Whether the broker answers.", int(queues is not None))
    yield _labelled("queue_messages", "Messages that wait in a queue.", "queue", queues or {})


def _steps() -> Iterable[Metric]:
    seconds = GaugeMetricFamily(
        "peacetracker_step_seconds", "Time a step took within the last hour.", labels=["step", "quantile"]
    )
    runs = GaugeMetricFamily(
        "peacetracker_step_runs", "Runs of a step within the last hour.", labels=["step", "outcome"]
    )
    for row in StepRun.objects.since(HOUR).by_step():
        for quantile, name in QUANTILES.items():
            seconds.add_metric([row["step"], quantile], row[name])
        runs.add_metric([row["step"], "done"], row["runs"] - row["failed"])
        runs.add_metric([row["step"], "not_done"], row["failed"])
    return [seconds, runs]


def _seconds(span: dt.timedelta | None) -> float:
    return span.total_seconds() if span else 0.0


def _single(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"peacetracker_{name}", words, value=value)


def _labelled(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"peacetracker_{name}", words, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
