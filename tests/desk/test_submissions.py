"""Handing in at the desk: a link or a text, followed to its candidates or to the reason why not."""

from typing import Any

import pytest
from kombu.exceptions import OperationalError

from peacetracker.desk import submissions
from peacetracker.ingest import services
from peacetracker.press.models import Article
from peacetracker.press.states import UNFINISHED
from tests.desk.conftest import Desk, candidate
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db
TEXT = "France rejected the plan on Friday. “France will not endorse the plan,” President Macron said in Paris."


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], str]]:
    """What would go to the broker; tests/browser follows one through a real worker."""
    queued: list[tuple[list[int], str]] = []
    monkeypatch.setattr(submissions.tasks, "send", lambda pk, state: queued.append((pk, state)))
    return queued


def hand_in(desk: Desk, **data: Any) -> Any:
    return desk.client.post("/desk/submit/", data)


def test_a_text_is_followed_to_its_end(desk: Desk, sent: list[tuple[list[int], str]]) -> None:
    answer = hand_in(desk, text=TEXT, title="France speaks", publisher="Our notes", published_on="2025-11-28")
    article = Article.objects.get()
    assert answer["Location"] == f"/desk/articles/{article.pk}/progress/"
    assert sent == [([article.pk], "fetched")]
    assert 'hx-trigger="every 1s"' in desk.client.get(answer["Location"]).content.decode()
    services.advance(article.pk, until="extracted")
    page = desk.client.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in page
    assert "No statement was found" in page or "candidate" in page
    assert hand_in(desk, text=TEXT)["Location"] == answer["Location"]


def test_a_link(desk: Desk, sent: list[tuple[list[int], str]]) -> None:
    hand_in(desk, link="https://news.example/a")
    assert sent == [([Article.objects.get().pk], "queued")]
    for link in ("ftp://news.example/a", "not a link"):
        assert hand_in(desk, link=link).context["form"].errors
    assert "one of the two" in hand_in(desk).content.decode()
    assert "one of the two" in hand_in(desk, link="https://news.example/b", text=TEXT).content.decode()


def test_candidates_copies_and_failures_are_told(desk: Desk, sent: list[tuple[list[int], str]]) -> None:
    def page(article: Article) -> str:
        return desk.client.get(f"/desk/articles/{article.pk}/progress/").content.decode()

    statement = candidate()
    assert "1 candidate</strong>" in page(statement.article)
    assert "It is a copy of" in page(ArticleFactory(syndicated_from=statement.article))
    failed = ArticleFactory(state="failed", reason="the server says 404")
    assert "It failed: the server says 404" in page(failed)
    desk.post("retry", failed.pk, htmx=False)
    assert sent == [([failed.pk], "queued")]
    assert "passed over: about something else" in page(
        ArticleFactory(state="passed_over", reason="about something else")
    )


def test_without_a_broker_it_waits_for_beat(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(pk: int, state: str) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(submissions.tasks, "send", broken)
    assert hand_in(desk, text=TEXT).status_code == 302
    assert Article.objects.get().state in UNFINISHED


def test_who_may() -> None:
    assert Desk("coder").client.get("/desk/submit/").status_code == 200
    viewer = Desk("viewer")
    assert viewer.client.get("/desk/submit/").status_code == 403
    assert viewer.post("retry", ArticleFactory().pk, htmx=False).status_code == 403
