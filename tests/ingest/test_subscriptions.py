"""Lists of feeds in and out, and feeds found from a site's address."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from peacetracker.ingest.feeds import BadFeed, opml
from peacetracker.ingest.feeds.opml import Subscription
from peacetracker.ingest.subscriptions import as_opml, find_feeds, follow
from peacetracker.press.models import Feed, Source
from tests.factories import FeedFactory, SourceFactory
from tests.ingest.conftest import Site
from tests.ingest.feeds import samples

pytestmark = pytest.mark.django_db

LIST = b"""<?xml version="1.0"?><opml version="1.1"><head><title>Mine</title></head><body>
<outline text="News"><outline type="rss" text="The Example Times" xmlUrl="https://news.example/rss" htmlUrl="https://news.example/"/>
  <outline text="Deeper"><outline title="The Other Post" xmlUrl="https://other.example/atom.xml"/></outline></outline>
<outline text="Twice" xmlUrl="https://other.example/atom.xml"/><outline text="Nowhere" xmlUrl="javascript:alert(1)"/>
<outline text="No address"/></body></opml>"""


class TestLists:
    def test_feeds_in_folders_each_once(self) -> None:
        assert follow(opml.read(LIST)) == 2
        assert set(Feed.objects.values_list("url", "source__name")) == {
            ("https://news.example/rss", "The Example Times"),
            ("https://other.example/atom.xml", "Twice"),
        }
        assert Source.objects.get(name="The Example Times").homepage == "https://news.example/"

    def test_feeds_that_we_follow_stay_as_they_are(self) -> None:
        feed = FeedFactory(url="https://news.example/rss", enabled=False)
        assert follow(opml.read(LIST)) == 1
        feed.refresh_from_db()
        assert not feed.enabled

    def test_a_source_of_the_record_is_found_by_its_homepage(self) -> None:
        source = SourceFactory(name="Times, The Example", homepage="https://news.example/en")
        follow(opml.read(LIST))
        assert Feed.objects.get(url="https://news.example/rss").source == source

    def test_what_goes_out_comes_in_again(self) -> None:
        FeedFactory(kind="links", selector="main h3 a", source__name="Ministry & Co")
        FeedFactory(kind="sitemap", general=False)
        FeedFactory(enabled=False)
        written = as_opml()
        kept = set(Feed.objects.filter(enabled=True).values_list("url", "kind", "selector", "general", "source__name"))
        Feed.objects.all().delete()
        assert follow(opml.read(written)) == 2
        assert set(Feed.objects.values_list("url", "kind", "selector", "general", "source__name")) == kept

    @pytest.mark.parametrize("body", [b"", b"not XML", b"<rss/>", b'<!DOCTYPE o [<!ENTITY a "b">]><opml>&a;</opml>'])
    def test_what_is_no_list_is_refused(self, body: bytes) -> None:
        with pytest.raises(BadFeed):
            opml.read(body)

    def test_a_list_with_a_mistake_adds_none(self) -> None:
        wrong = Subscription("https://b.example/", kind="links")
        with pytest.raises(BadFeed, match=r"https://b\.example/: a page with links has a CSS selector"):
            follow([Subscription("https://a.example/"), wrong])
        assert not Feed.objects.exists()

    def test_commands(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "feeds.opml"
        path.write_bytes(LIST)
        call_command("import_opml", path)
        call_command("export_opml", path)
        call_command("import_opml", path)
        assert capsys.readouterr().out == "2 feeds listed, 2 of them new.\n2 feeds listed, 0 of them new.\n"
        call_command("export_opml", "-")
        assert 'xmlUrl="https://news.example/rss"' in capsys.readouterr().out
        with pytest.raises(CommandError, match="No such file"):
            call_command("import_opml", tmp_path / "missing.opml")


class TestFinding:
    @pytest.fixture
    def home(self, site: Site) -> str:
        page = b"""<html><head><link rel="alternate" type="application/rss+xml" href="/rss">
        <link rel="alternate" type="application/atom+xml" href="/broken"><link rel="alternate" hreflang="de" href="/de">
        </head><body><a href="/json-feed">JSON</a> <a href="/feedback">Write to us</a></body></html>"""
        site.serve("/rss", samples.RSS_2.encode())
        site.serve("/broken", b"<html>no</html>")
        site.serve("/json-feed", samples.JSON_FEED.encode())
        return site.serve("/", page)

    def test_what_the_page_names_and_can_be_read(self, site: Site, home: str) -> None:
        found = [(feed.url.removeprefix(site.address), feed.kind, feed.items) for feed in find_feeds(home)]
        assert found == [("/rss", "rss", 2), ("/json-feed", "json", 2)]
        assert "/feedback" not in site.asked

    def test_what_robots_txt_names(self, site: Site) -> None:
        home = site.serve("/", b"<html><body>Hello</body></html>")
        site.serve("/robots.txt", f"Sitemap: {site.address}/all.xml\nSitemap: {site.address}/news.xml".encode())
        site.serve("/news.xml", samples.NEWS_SITEMAP.encode())
        site.serve("/all.xml", samples.SITEMAP_INDEX.encode())
        found = [(feed.url.removeprefix(site.address), feed.kind) for feed in find_feeds(home)]
        assert found == [("/news.xml", "sitemap"), ("/all.xml", "sitemap")]

    def test_where_feeds_usually_lie(self, site: Site) -> None:
        home = site.serve("/", b"<html><body>Hello</body></html>")
        site.serve("/feed.xml", samples.ATOM.encode())
        assert [feed.url for feed in find_feeds(home)] == [f"{site.address}/feed.xml"]

    def test_a_feed_itself(self, site: Site) -> None:
        url = site.serve("/anything", samples.ATOM.encode())
        assert [(feed.url, feed.title) for feed in find_feeds(url)] == [(url, "The Example Times")]

    def test_the_command_follows_the_first(self, home: str, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("find_feeds", home, "--add")
        assert "rss, 2 items  The Example Times" in capsys.readouterr().out
        feed = Feed.objects.get()
        assert (feed.source.name, feed.kind) == ("The Example Times", "rss")
        call_command("find_feeds", home, "--add")
        assert "followed already" in capsys.readouterr().out

    def test_none_is_said(self, site: Site) -> None:
        with pytest.raises(CommandError, match="no feed was found"):
            call_command("find_feeds", site.serve("/", b"<html><body>Hello</body></html>"))
        with pytest.raises(CommandError, match="404"):
            call_command("find_feeds", f"{site.address}/nowhere")
