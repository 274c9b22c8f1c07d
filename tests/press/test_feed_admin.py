"""Feeds and passed-over articles in the admin."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from peacetracker.press.models import Article, Feed
from tests.factories import ArticleFactory, FeedFactory, SourceFactory
from tests.people import client_of

pytestmark = pytest.mark.django_db
ADD = "/admin/press/feed/add/"


@pytest.fixture
def admin() -> Client:
    return client_of("superuser")


def add(admin: Client, **fields: str) -> str:
    moment = {"next_poll_at_0": "2025-11-21", "next_poll_at_1": "10:00:00"}
    data = {"source": str(SourceFactory().pk), "url": "https://news.example/x", "enabled": "on", **moment, **fields}
    return admin.post(ADD, data, follow=True).content.decode()


def test_a_selector_is_checked_before_it_is_kept(admin: Client) -> None:
    assert "This is no CSS selector" in add(admin, kind="links", selector="a[[")
    assert "A page with links needs a CSS selector" in add(admin, kind="links", selector="")
    assert "no other kind of feed has one" in add(admin, kind="rss", selector="a")
    assert not Feed.objects.exists()
    add(admin, kind="links", selector="main h3 a")
    assert Feed.objects.get().selector == "main h3 a"


def test_poll_now(admin: Client) -> None:
    feed = FeedFactory(next_poll_at=timezone.now() + dt.timedelta(hours=5))
    admin.post("/admin/press/feed/", {"action": "poll_now", "_selected_action": [feed.pk]})
    assert Feed.objects.due().get() == feed


def test_pull_in(admin: Client) -> None:
    over = ArticleFactory(state="passed_over", gated=True, text="")
    fine = ArticleFactory()
    admin.post("/admin/press/article/", {"action": "pull_in", "_selected_action": [over.pk, fine.pk]})
    assert list(Article.objects.order_by("pk").values_list("state", "gated")) == [
        ("queued", False),
        ("extracted", False),
    ]
