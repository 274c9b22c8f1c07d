import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from peacetracker.dashboard.views import health
from peacetracker.ingest.models import Heartbeat, StepRun
from tests.factories import ArticleFactory, FeedFactory


def test_alive_without_a_database(client: Client) -> None:
    # pytest-django refuses any query in a test that is not marked for the database.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "database": "reachable",
        "broker": "reachable",
        "workers": 0,
        "beat": "silent",
        "oldest_unfinished_seconds": None,
    }
    assert "no-cache" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("service", ["database", "broker"])
def test_not_ready_says_what_is_missing_and_not_why(
    client: Client, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    def fail() -> None:
        raise OSError("secret address")

    fail.__name__ = service
    monkeypatch.setattr(health, service, fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()[service] == "unreachable"
    assert "secret" not in response.content.decode()


def test_a_broker_that_is_down_is_noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    from peacetracker.celery import app

    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    with pytest.raises(Exception, match="refused"):
        health.broker()


@pytest.mark.django_db
def test_how_the_pipeline_fares_is_told_beside_it(client: Client) -> None:
    now = timezone.now()
    for name in ("beat", "celery@one", "celery@two"):
        Heartbeat.objects.create(name=name, at=now)
    ArticleFactory(state="queued", due_at=now - dt.timedelta(minutes=5))
    ArticleFactory(state="queued", due_at=now + dt.timedelta(minutes=5))
    told = client.get("/readyz").json()
    assert (told["workers"], told["beat"]) == (2, "alive")
    assert 300 <= told["oldest_unfinished_seconds"] < 360


class TestMetrics:
    def ask(self, client: Client, authorization: str = "Bearer secret") -> Any:
        return client.get("/metrics", headers={"Authorization": authorization})

    def test_without_a_token_set_there_are_none(self, client: Client) -> None:
        assert self.ask(client).status_code == 404

    @pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic secret", "secret"])
    def test_a_wrong_token_is_refused(self, client: Client, settings: Any, authorization: str) -> None:
        settings.METRICS_TOKEN = "secret"
        assert self.ask(client, authorization).status_code == 401

    @pytest.mark.django_db
    def test_numbers_of_the_pipeline(self, client: Client, settings: Any) -> None:
        settings.METRICS_TOKEN = "secret"
        ArticleFactory(state="queued", text="")
        FeedFactory(polled_at=timezone.now(), next_poll_at=timezone.now() - dt.timedelta(minutes=1))
        Heartbeat.objects.create(name="beat", at=timezone.now())
        for seconds in (1.0, 3.0):
            StepRun.objects.create(step="fetch", seconds=seconds, ended_well=seconds < 2)
        samples = {
            (sample.name, *(value for _, value in sorted(sample.labels.items(), reverse=True))): sample.value
            for family in text_string_to_metric_families(self.ask(client).content.decode())
            for sample in family.samples
        }
        assert samples["peacetracker_articles", "queued"] == 1
        assert samples["peacetracker_articles", "failed"] == 0
        assert samples["peacetracker_feeds", "well"] == 1
        assert samples["peacetracker_feeds_due",] == 1
        assert samples["peacetracker_feed_overdue_seconds",] >= 60
        assert samples["peacetracker_beat_alive",] == 1
        assert samples["peacetracker_workers_alive",] == 0
        assert samples["peacetracker_step_seconds", "fetch", "0.5"] == 2
        assert samples["peacetracker_step_runs", "fetch", "not_done"] == 1
        assert ("peacetracker_data_revision",) in samples
