"""Notes on the pipeline: they tell the truth, are forgotten in time, and never stop the work."""

import datetime as dt

import pytest
import structlog
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from peacetracker.ingest import state, watch
from peacetracker.ingest.models import Heartbeat, StepRun
from peacetracker.ingest.services import Submission, advance, submit
from tests.ingest.conftest import Site, Worker, wait_until
from tests.ingest.feeds import samples

pytestmark = pytest.mark.django_db


def test_each_step_of_an_article_is_noted_with_how_it_ended(site: Site) -> None:
    article = submit(Submission(url=f"{site.address}/missing"))
    advance(article.pk, until="extracted")
    text = submit(Submission(body=b"Paris would not sign. It has not yet studied the text that was leaked on Friday."))
    advance(text.pk, until="extracted")
    assert list(StepRun.objects.order_by("pk").values_list("step", "ended_well")) == [
        ("fetch", False),
        ("parse", True),
        ("extract", True),
    ]


def test_an_accident_is_noted_and_goes_on() -> None:
    with pytest.raises(ZeroDivisionError), watch.step("fetch", article=7):
        assert structlog.contextvars.get_contextvars() == {"step": "fetch", "article": 7}
        raise ZeroDivisionError
    assert StepRun.objects.get().ended_well is False
    assert structlog.contextvars.get_contextvars() == {}


def test_a_note_that_cannot_be_made_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(StepRun, "save", refuse)
    with watch.step("fetch") as run:
        pass
    assert run.ended_well


def test_old_notes_are_forgotten() -> None:
    long_ago = timezone.now() - StepRun.KEEP - dt.timedelta(days=1)
    StepRun.objects.create(step="fetch", seconds=1, ended_well=True, at=long_ago)
    StepRun.objects.create(step="fetch", seconds=1, ended_well=True)
    Heartbeat.objects.create(name="celery@gone", at=long_ago)
    assert watch.forget_old() == 1
    assert StepRun.objects.count() == 1
    assert not Heartbeat.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_lives_polls_and_reads_what_it_finds(worker: Worker, site: Site) -> None:
    from peacetracker.ingest.tasks import poll_due, send_due
    from peacetracker.press.models import Article
    from tests.factories import FeedFactory

    body = samples.RSS_2.replace("https://news.example/a", f"{site.address}/a").replace(
        "/b?page=2", f"{site.address}/b"
    )
    feed = FeedFactory(url=site.serve("/feed", body.encode()))
    wait_until(lambda: bool(state.alive().workers))
    poll_due()
    wait_until(lambda: Article.objects.count() == 2)
    send_due()
    wait_until(lambda: Article.objects.filter(state="failed").count() == 2)
    feed.refresh_from_db()
    assert feed.health == "well"
    assert {"poll", "fetch"} <= {row["step"] for row in StepRun.objects.by_step()}
    call_command("poll", "--due")  # nothing is, so nothing is asked for
    assert site.asked.count("/feed") == 1
