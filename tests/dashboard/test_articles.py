from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import ArticleFactory, StatementFactory

pytestmark = pytest.mark.django_db

FILLER = "Nobody quoted this far away sentence. " * 30
TEXT = f"{FILLER}The minister spoke. “We back the plan if Kyiv agrees,” he said <b>loudly</b> 🕊️. {FILLER}The end."


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_user("editor", is_staff=True))
    return client


def test_readers_see_the_passage_and_not_the_article(client: Client) -> None:
    statement = StatementFactory(article=ArticleFactory(text=TEXT))
    page = client.get(statement.article.get_absolute_url()).content.decode()
    assert "<mark>We back the plan if Kyiv agrees</mark>" in page
    assert "The minister spoke." in page
    assert "The end." not in page
    assert "&lt;b&gt;loudly&lt;/b&gt;" in page
    assert f'href="{statement.article.url}"' in page


def test_readers_see_no_article_without_accepted_statements(client: Client) -> None:
    candidate = StatementFactory(state="candidate")
    assert client.get(candidate.article.get_absolute_url()).status_code == 404
    assert client.get("/articles/999999/").status_code == 404


def test_readers_see_no_candidates_beside_accepted_statements(client: Client) -> None:
    article = StatementFactory().article
    StatementFactory(article=article, state="candidate", quote="Paris would not sign", position="oppose")
    page = client.get(article.get_absolute_url()).content.decode()
    assert "<mark>Paris would not sign</mark>" not in page


def test_editors_see_the_whole_text_with_candidates(staff: Client) -> None:
    article = ArticleFactory(text=TEXT)
    StatementFactory(article=article, state="candidate", actor=None, actor_name="The Elders")
    page = staff.get(article.get_absolute_url()).content.decode()
    assert "The end." in page
    assert "The Elders" in page
    assert "candidate" in page


def test_notes_are_our_own_words_and_shown_whole(client: Client) -> None:
    statement = StatementFactory(article=ArticleFactory(text=TEXT, text_kind="note"))
    assert "The end." in client.get(statement.article.get_absolute_url()).content.decode()


def test_a_setting_opens_full_texts(client: Client, settings: Any) -> None:
    settings.FULL_TEXTS_FOR_READERS = True
    statement = StatementFactory(article=ArticleFactory(text=TEXT))
    assert "The end." in client.get(statement.article.get_absolute_url()).content.decode()


def test_overlapping_statements_are_both_marked(client: Client) -> None:
    article = ArticleFactory()
    StatementFactory(article=article, quote="We back the plan if")
    StatementFactory(article=article, quote="the plan if Kyiv agrees")
    page = client.get(article.get_absolute_url()).content.decode()
    assert "<mark>We back </mark>" in page
    assert '<mark class="double">the plan if</mark>' in page
    assert "<mark> Kyiv agrees</mark>" in page


def test_number_of_queries_does_not_grow(queries: Callable[[str], int]) -> None:
    article = StatementFactory().article
    few = queries(article.get_absolute_url())
    for quote in ("Paris", "the minister", "yesterday"):
        StatementFactory(article=article, quote=quote)
    assert queries(article.get_absolute_url()) == few <= 12


@pytest.mark.django_db(transaction=True)
def test_editors_get_no_stale_candidates(staff: Client) -> None:
    candidate = StatementFactory(state="candidate")
    address = candidate.article.get_absolute_url()
    etag = staff.get(address)["ETag"]
    candidate.state = "rejected"
    candidate.save()
    response = staff.get(address, headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert "<strong>rejected</strong>" in response.content.decode()
