import pytest
from django.test import Client

from peacetracker.dashboard.views import health


def test_alive_without_a_database(client: Client) -> None:
    # pytest-django refuses any query in a test that is not marked for the database.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": "reachable", "broker": "reachable"}
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
