"""The operations page: what it tells, to whom, what its buttons do, and with how many queries."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from peacetracker.desk.templatetags.operations import span
from peacetracker.ingest.models import Heartbeat, ModelUse, StepRun
from peacetracker.press.models import Article, Feed
from tests.factories import ArticleFactory, FeedFactory
from tests.people import client_of

pytestmark = pytest.mark.django_db
PAGE = "/desk/operations/"


@pytest.fixture
def editor() -> Client:
    return client_of("editor")


def failed(**fields: Any) -> Article:
    return ArticleFactory(**{"state": "failed", "reason": "news.example answered 404", "text": "", **fields})


def passed_over(**fields: Any) -> Article:
    return ArticleFactory(
        **{"state": "passed_over", "reason": "passed over: no war", "gated": True, "text": "", **fields}
    )


def page(client: Client, **query: str) -> str:
    response = client.get(PAGE, query)
    assert response.status_code == 200
    return response.content.decode()


class TestWho:
    @pytest.mark.parametrize(("role", "status"), [("anonymous", 302), ("viewer", 403), ("coder", 403), ("editor", 200)])
    def test_sees_it(self, role: str, status: int) -> None:
        assert client_of(role).get(PAGE).status_code == status

    @pytest.mark.parametrize("verb", ["retry", "pull_in", "take_up", "poll"])
    def test_acts(self, verb: str) -> None:
        assert client_of("viewer").post(f"{PAGE}{verb}/", {"all": "1"}).status_code == 403
        assert client_of("editor").get(f"{PAGE}{verb}/").status_code == 405
        assert client_of("superuser", enforce_csrf_checks=True).post(f"{PAGE}{verb}/").status_code == 403


class TestWhatItTells:
    def test_failed_articles_with_their_reason(self, editor: Client) -> None:
        failed(title="The lost page")
        assert "The lost page" in page(editor)
        assert "news.example answered 404" in page(editor)

    def test_headlines_that_were_passed_over(self, editor: Client) -> None:
        passed_over(title="Snow in Paris")
        assert "Snow in Paris" in page(editor, show="passed_over")
        assert "passed over: no war" in page(editor, show="passed_over")

    def test_feeds_with_their_health_and_what_they_brought(self, editor: Client) -> None:
        broken = FeedFactory(failures=3, problem="it is a web page", polled_at=timezone.now())
        well = FeedFactory(polled_at=timezone.now())
        ArticleFactory(feed=well)
        passed_over(feed=well)
        shown = page(editor, show="feeds")
        assert "failing, 3 in a row" in shown
        assert "it is a web page" in shown
        assert shown.index(broken.url) < shown.index(well.url)
        (row,) = (feed for feed in editor.get(PAGE, {"show": "feeds"}).context["rows"] if feed == well)
        assert (row.brought, row.read) == (2, 1)

    @pytest.mark.parametrize(
        ("fields", "health"),
        [
            ({}, "new"),
            ({"polled_at": timezone.now()}, "well"),
            ({"polled_at": timezone.now(), "problem": "odd"}, "odd"),
            ({"polled_at": timezone.now(), "problem": "bad", "failures": 1}, "failing"),
            ({"enabled": False}, "off"),
            ({"enabled": False, "retired_at": timezone.now(), "failures": 1}, "retired"),
        ],
    )
    def test_feeds_by_health(self, editor: Client, fields: dict[str, Any], health: str) -> None:
        feed = FeedFactory(**fields)
        assert feed.health == health
        for name in Feed.Health.values:
            context = editor.get(PAGE, {"show": "feeds", "health": name}).context
            assert list(context["rows"]) == ([feed] if name == health else [])

    def test_how_long_steps_take(self, editor: Client) -> None:
        for seconds in (1.0, 2.0, 3.0):
            StepRun.objects.create(step="fetch", seconds=seconds, ended_well=seconds < 3)
        StepRun.objects.create(step="fetch", seconds=99, ended_well=True, at=timezone.now() - dt.timedelta(days=3))
        (step,) = editor.get(PAGE, {"show": "steps"}).context["steps"]
        assert (step["runs"], step["failed"], step["median"], step["longest"]) == (3, 1, 2.0, 3.0)
        assert step["p95"] == pytest.approx(2.9)

    def test_who_is_alive(self, editor: Client) -> None:
        assert "none has given a sign of life" in page(editor)
        Heartbeat.objects.create(name="celery@one", at=timezone.now())
        Heartbeat.objects.create(name="celery@two", at=timezone.now() - dt.timedelta(hours=1))
        Heartbeat.objects.create(name="beat", at=timezone.now())
        assert "1 alive" in page(editor)
        assert "silent" not in page(editor)

    def test_what_the_world_wrote_stays_text(self, editor: Client) -> None:
        failed(title="<script>alert(1)</script>", reason="<b>no</b>")
        FeedFactory(problem="<b>no</b>", polled_at=timezone.now())
        for show in ("failed", "came_in", "feeds"):
            assert "<script>alert" not in page(editor, show=show)
            assert "<b>no" not in page(editor, show=show)

    @pytest.mark.parametrize("show", ["failed", "passed_over", "came_in", "feeds", "steps"])
    def test_queries_do_not_grow(self, editor: Client, show: str) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                page(editor, show=show)
            return len(queries)

        def fill(times: int) -> None:
            for _ in range(times):
                feed = FeedFactory(polled_at=timezone.now())
                failed(feed=feed)
                passed_over(feed=feed)
                StepRun.objects.create(step="fetch", seconds=1, ended_well=True)

        fill(2)
        few = count()
        fill(5)
        assert count() == few
        assert few <= 14

    def test_many_are_told_in_pages(self, editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("peacetracker.desk.operations.ROWS_A_PAGE", 2)
        for _ in range(3):
            failed()
        assert "page=2" in page(editor)
        assert len(editor.get(PAGE, {"page": "2"}).context["rows"]) == 1


class TestButtons:
    def states(self) -> list[str]:
        return list(Article.objects.order_by("pk").values_list("state", flat=True))

    def test_one_row(self, editor: Client) -> None:
        one, _ = failed(), failed()
        editor.post(f"{PAGE}retry/", {"one": one.pk, "chosen": []})
        assert self.states() == ["queued", "failed"]

    def test_chosen_rows(self, editor: Client) -> None:
        rows = [passed_over() for _ in range(3)]
        answer = editor.post(f"{PAGE}pull_in/", {"chosen": [rows[0].pk, rows[2].pk]}, follow=True)
        assert self.states() == ["queued", "passed_over", "queued"]
        assert "2 of the articles that were passed over are read after all." in answer.content.decode()
        rows[0].refresh_from_db()
        assert not rows[0].gated

    def test_all_rows(self, editor: Client) -> None:
        failed(), failed(), ArticleFactory()
        editor.post(f"{PAGE}retry/", {"all": "1"})
        assert self.states() == ["queued", "queued", "extracted"]

    def test_feeds(self, editor: Client) -> None:
        later = timezone.now() + dt.timedelta(hours=5)
        one, other = FeedFactory(next_poll_at=later), FeedFactory(next_poll_at=later)
        FeedFactory(next_poll_at=later, enabled=False)
        editor.post(f"{PAGE}poll/", {"one": one.pk})
        assert list(Feed.objects.due()) == [one]
        editor.post(f"{PAGE}poll/", {"all": "1"})
        assert set(Feed.objects.due()) == {one, other}

    def test_nothing_chosen_is_said(self, editor: Client) -> None:
        failed()
        assert "Nothing was chosen." in editor.post(f"{PAGE}retry/", {"chosen": "x"}, follow=True).content.decode()
        assert self.states() == ["failed"]

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/admin/", "/desk/operations/../"])
    def test_they_lead_back_here_and_nowhere_else(self, editor: Client, address: str) -> None:
        back = f"{PAGE}?show=feeds&page=2"
        assert editor.post(f"{PAGE}retry/", {"next": back})["Location"] == back
        assert editor.post(f"{PAGE}retry/", {"next": address})["Location"] == PAGE


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "no time"), (0, "no time"), (1, "1 second"), (119, "1 minute"), (7200, "2 hours"), (1e6, "11 days")],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(dt.timedelta(seconds=seconds)) == words


class TestArticlesThatWait:
    def test_are_shown_with_their_reason_and_read_again(self, editor: Client) -> None:
        article = ArticleFactory(state="waiting", title="План", reason="waits for a language model")
        shown = page(editor, show="waiting")
        assert "План" in shown
        assert "waits for a language model" in shown
        editor.post(f"{PAGE}take_up/", {"one": str(article.pk)})
        article.refresh_from_db()
        assert article.state == "parsed"

    def test_what_models_took_is_told(self, editor: Client) -> None:
        for tokens in (1000, 2500):
            ModelUse.objects.create(
                model="small", requests=1, prompt_tokens=tokens, completion_tokens=7, cost=0.25, answered=True
            )
        shown = page(editor, show="steps")
        assert "3,500" in shown
        assert "0.5000" in shown
