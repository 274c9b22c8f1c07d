"""Polling: what a feed's server answers, and what becomes of it."""

import datetime as dt
import json
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from peacetracker.ingest import arrivals, polling
from peacetracker.ingest.feeds import schedule
from peacetracker.ingest.tasks import poll_due
from peacetracker.press.models import Article, Feed
from peacetracker.press.services import poll_soon
from tests.factories import ArticleFactory, FeedFactory
from tests.ingest.conftest import Site
from tests.ingest.feeds import samples

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def rss(*numbers: int, host: str = "https://news.example") -> bytes:
    items = "".join(f"<item><title>Report {n}</title><link>{host}/{n}</link></item>" for n in numbers)
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def poll(*feeds: Feed) -> None:
    polling.poll(Feed.objects.filter(pk__in=[feed.pk for feed in feeds]))
    for feed in feeds:
        feed.refresh_from_db()


def wait(feed: Feed) -> dt.timedelta:
    return feed.next_poll_at - feed.polled_at


@pytest.fixture
def feed(site: Site) -> Feed:
    return FeedFactory(url=site.serve("/feed", rss(1, 2)))


class TestItems:
    def test_become_queued_articles_of_the_feeds_source(self, feed: Feed) -> None:
        poll(feed)
        articles = Article.objects.order_by("url")
        assert [(a.url, a.title, a.state) for a in articles] == [
            ("https://news.example/1", "Report 1", "queued"),
            ("https://news.example/2", "Report 2", "queued"),
        ]
        assert {(a.source, a.feed, a.gated) for a in articles} == {(feed.source, feed, True)}
        assert feed.problem == ""

    def test_of_a_feed_about_a_process_alone_are_not_judged(self, feed: Feed) -> None:
        Feed.objects.update(general=False)
        poll(feed)
        assert set(Article.objects.values_list("gated", flat=True)) == {False}

    def test_come_once_however_often_and_in_whatever_guise(self, site: Site, feed: Feed) -> None:
        poll(feed)
        site.serve("/feed", rss(1, 2, 3).replace(b"/1<", b"/1?utm_source=rss<"))
        other = FeedFactory(url=site.serve("/other", rss(2, 3, 3)))
        poll(feed, other)
        assert Article.objects.count() == 3

    def test_that_proved_to_be_another_article_do_not_come_again(self, feed: Feed) -> None:
        known = ArticleFactory(url="https://news.example/story")
        known.is_known_by("https://news.example/1")
        poll(feed)
        poll(feed)
        assert set(Article.objects.values_list("url", flat=True)) == {
            "https://news.example/story",
            "https://news.example/2",
        }

    def test_bring_their_dates_where_those_can_be(self, site: Site) -> None:
        body = samples.RSS_2.replace("Thu, 20 Nov 2025", "Thu, 01 Jan 1970")
        poll(FeedFactory(url=site.serve("/feed", body.encode())))
        dates = Article.objects.order_by("url").values_list("published_on", "date_provenance")
        assert list(dates) == [(dt.date(2025, 11, 21), "feed"), (None, "")]

    def test_in_the_number_of_statements_do_not_count(self, site: Site) -> None:
        def queries(number: int) -> int:
            feeds = [
                FeedFactory(url=site.serve(f"/{number}/{n}", rss(*range(n * 50, n * 50 + 40)))) for n in range(number)
            ]
            with CaptureQueriesContext(connection) as captured:
                poll(*feeds)
            return len(captured) - number  # their refreshing

        assert queries(2) == queries(9)

    @pytest.mark.parametrize(
        ("kind", "selector", "body"),
        [("rss", "", samples.ATOM), ("json", "", samples.JSON_FEED), ("sitemap", "", samples.NEWS_SITEMAP),
         ("links", "main h3 a", samples.PAGE)],
    )  # fmt: skip
    def test_of_every_kind_of_feed(self, site: Site, kind: str, selector: str, body: str) -> None:
        poll(FeedFactory(url=site.serve("/feed", body.encode()), kind=kind, selector=selector))
        assert set(Article.objects.values_list("url", flat=True)) == set(samples.URLS)

    def test_of_an_index_of_sitemaps(self, site: Site) -> None:
        site.serve("/news.xml", samples.NEWS_SITEMAP.encode())
        site.serve("/old.xml", b"<urlset/>")
        feed = FeedFactory(url=site.serve("/sitemap.xml", samples.SITEMAP_INDEX.encode()), kind="sitemap")
        poll(feed)
        assert Article.objects.count() == 2
        assert "undated.xml" in feed.problem
        assert feed.failures == 0

    def test_more_than_a_poll_takes_are_told(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(polling, "MOST_ITEMS", 1)
        feed = FeedFactory(url=site.serve("/feed", samples.RSS_2.encode()))
        poll(feed)
        assert Article.objects.get().url == samples.URLS[0]
        assert feed.problem == "2 items, of which the newest 1 were taken"


class TestAnswers:
    def test_an_unchanged_feed_is_asked_for_changes_only(self, site: Site) -> None:
        feed = FeedFactory(url=site.serve("/feed", rss(1), ETag='"1"', Last_Modified="Fri, 21 Nov 2025 10:00:00 GMT"))
        poll(feed)
        assert (feed.etag, feed.last_modified) == ('"1"', "Fri, 21 Nov 2025 10:00:00 GMT")
        first = feed.interval
        site.serve("/feed", b"", status=304)
        poll(feed)
        assert site.headers[-1]["if-none-match"] == '"1"'
        assert (feed.failures, feed.etag, feed.interval > first) == (0, '"1"', True)

    def test_moved_for_good_the_address_is_updated(self, site: Site) -> None:
        new = site.serve("/new", rss(1))
        feed = FeedFactory(url=site.serve("/old", b"", status=301, Location="/new"))
        poll(feed)
        assert (feed.url, Article.objects.count()) == (new, 1)

    def test_moved_for_now_it_is_not(self, site: Site) -> None:
        site.serve("/new", rss(1))
        feed = FeedFactory(url=site.serve("/old", b"", status=302, Location="/new"))
        poll(feed)
        assert feed.url == f"{site.address}/old"

    def test_moved_to_what_is_no_feed_it_is_not(self, site: Site) -> None:
        site.serve("/home", b"<html>Welcome</html>")
        feed = FeedFactory(url=site.serve("/old", b"", status=301, Location="/home"))
        poll(feed)
        assert feed.url == f"{site.address}/old"
        assert "web page, not a feed" in feed.problem

    def test_moved_to_another_feed_of_ours_it_retires(self, site: Site) -> None:
        kept = FeedFactory(url=site.serve("/new", rss(1)))
        feed = FeedFactory(url=site.serve("/old", b"", status=301, Location="/new"))
        poll(feed, kept)
        assert (feed.enabled, feed.health) == (False, "retired")
        assert f"moved for good to {kept.url}" in feed.problem
        assert kept.enabled

    def test_gone_it_retires(self, site: Site) -> None:
        feed = FeedFactory(url=site.serve("/feed", b"", status=410))
        poll(feed)
        assert (feed.enabled, feed.health) == (False, "retired")
        assert "410" in feed.problem
        assert not Feed.objects.due().exists()

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_server_that_asks_to_wait_is_left_alone_for_so_long(self, site: Site, status: int) -> None:
        feed = FeedFactory(url=site.serve("/feed", b"", status=status, Retry_After="7200"))
        poll(feed)
        assert wait(feed) >= 120 * MINUTE
        assert str(status) in feed.problem
        assert feed.enabled

    def test_failures_in_a_row_double_the_wait_up_to_a_day(self, site: Site) -> None:
        feed = FeedFactory(url=site.serve("/feed", b"", status=500))
        waits = []
        for _ in range(3):
            poll(feed)
            waits.append(wait(feed))
        assert feed.failures == 3
        assert waits == sorted(waits)
        Feed.objects.update(failures=40)
        poll(feed)
        assert dt.timedelta(days=1) <= wait(feed) <= dt.timedelta(days=1.5)

    def test_well_again_it_starts_anew(self, site: Site) -> None:
        feed = FeedFactory(url=site.serve("/feed", b"", status=500))
        poll(feed)
        site.serve("/feed", rss(1))
        poll(feed)
        assert (feed.failures, feed.problem, feed.health) == (0, "", "well")

    def test_how_long_it_is_good_for_is_heeded(self, site: Site) -> None:
        feed = FeedFactory(url=site.serve("/feed", rss(1), Cache_Control="public, max-age=36000"))
        poll(feed)
        assert wait(feed) >= 600 * MINUTE - MINUTE

    def test_what_is_wrong_with_it_is_noted_and_harms_no_other(self, site: Site, feed: Feed) -> None:
        broken = FeedFactory(url=site.serve("/broken", b"<rss"))
        lame = FeedFactory(
            url=site.serve("/lame", rss(7).replace(b"</channel>", b"<item><title>x</title></item></channel>"))
        )
        poll(broken, lame, feed)
        assert broken.health == "failing"
        assert "not a feed" in broken.problem
        assert (lame.health, lame.problem) == ("odd", "1 of 2 items have no link and cannot be read")
        assert Article.objects.count() == 3

    def test_an_accident_of_ours_is_noted_and_harms_no_other(
        self, site: Site, feed: Feed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = FeedFactory(url=site.serve("/other", b"boom"))
        read = polling.reading.read
        monkeypatch.setattr(
            polling.reading, "read", lambda body, *rest: 1 / 0 if body == b"boom" else read(body, *rest)
        )
        poll(other, feed)
        assert "ZeroDivisionError" in other.problem
        assert feed.health == "well"

    def test_a_page_with_links_is_read_as_its_robots_allow(self, site: Site) -> None:
        site.serve("/robots.txt", b"User-agent: *\nDisallow: /")
        page = FeedFactory(url=site.serve("/press", samples.PAGE.encode()), kind="links", selector="h3 a")
        feed = FeedFactory(url=site.serve("/feed", rss(1)))
        poll(page, feed)
        assert "robots" in page.problem
        assert feed.health == "well"


class TestOffline:
    def test_no_feed_is_blamed_and_one_line_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        feeds = [FeedFactory(url=f"http://host{n}.invalid/feed") for n in range(5)]
        poll(*feeds)
        assert {(feed.failures, feed.problem) for feed in feeds} == {(0, "this machine seems to be offline")}
        assert all(9 * MINUTE < wait(feed) < 20 * MINUTE for feed in feeds)
        assert [record.levelname for record in caplog.records if "offline" in record.message] == ["WARNING"]
        assert len(caplog.records) == 1

    def test_one_host_that_is_down_is(self, feed: Feed) -> None:
        down = FeedFactory(url="http://host.invalid/feed")
        poll(down, feed)
        assert down.failures == 1


class TestDue:
    def test_the_longest_waiting_first_and_none_that_is_off(self) -> None:
        now = timezone.now()
        later = FeedFactory(next_poll_at=now - MINUTE)
        sooner = FeedFactory(next_poll_at=now - 2 * MINUTE)
        FeedFactory(next_poll_at=now + MINUTE)
        FeedFactory(next_poll_at=now - MINUTE, enabled=False)
        assert list(Feed.objects.due()) == [sooner, later]

    def test_what_is_claimed_is_due_no_more(self) -> None:
        keys = {FeedFactory().pk for _ in range(3)}
        (batch,) = polling.claim_due(100)
        assert set(batch) == keys
        assert polling.claim_due(100) == []
        Feed.objects.update(next_poll_at=timezone.now() - MINUTE)  # as when the worker died and the claim ran out
        assert len(polling.claim_due(100)[0]) == 3

    def test_a_hosts_feeds_share_a_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(polling, "BATCH", 3)
        for n in range(4):
            FeedFactory(url=f"https://a.example/{n % 2}/{n}")
            FeedFactory(url=f"https://b{n}.example/")
        hosts = [
            {url.split("/")[2] for url in Feed.objects.filter(pk__in=batch).values_list("url", flat=True)}
            for batch in polling.claim_due(100)
        ]
        assert sum("a.example" in of_batch for of_batch in hosts) == 1

    def test_editors_have_it_polled_at_the_next_occasion(self) -> None:
        FeedFactory(next_poll_at=timezone.now() + MINUTE)
        FeedFactory(next_poll_at=timezone.now() + MINUTE, enabled=False)
        assert poll_soon(Feed.objects.all()) == 1
        assert Feed.objects.due().count() == 1

    def test_the_dispatcher_sends_batches_to_their_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[Any] = []
        monkeypatch.setattr(
            "peacetracker.ingest.tasks.poll_feeds.apply_async", lambda args, **options: sent.append(args)
        )
        keys = {FeedFactory().pk for _ in range(3)}
        poll_due()
        assert [set(batch) for (batch,) in sent] == [keys]


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_share_what_is_due() -> None:
    for n in range(20):
        FeedFactory(url=f"https://host{n}.example/")
    claims: list[list[int]] = []

    def claim() -> None:
        claims.extend(polling.claim_due(100))
        connection.close()

    with transaction.atomic():
        list(Feed.objects.due().select_for_update()[:10])  # another dispatcher, in the middle of it
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert sum(map(len, claims)) == 10


class TestPace:
    def test_adapts_between_five_minutes_and_a_day(self) -> None:
        interval = schedule.FIRST
        for _ in range(20):
            interval = schedule.adapted(interval, changed=True)
        assert interval == schedule.SHORTEST
        for _ in range(40):
            interval = schedule.adapted(interval, changed=False)
        assert interval == schedule.LONGEST

    @pytest.mark.parametrize(
        ("control", "minutes"),
        [("max-age=600", 10), ("public, Max-Age=600", 10), ("s-maxage=600", 0), ("max-age=600, no-cache", 0),
         ("max-age=junk", 0), ("", 0)],
    )  # fmt: skip
    def test_freshness(self, control: str, minutes: int) -> None:
        assert schedule.freshness({"cache-control": control}) == minutes * MINUTE

    def test_a_response_that_is_good_for_a_year_is_asked_for_after_a_day(self) -> None:
        assert schedule.after_success(MINUTE, {"cache-control": "max-age=31536000"}) == schedule.LONGEST

    def test_feeds_that_failed_together_come_back_apart(self) -> None:
        assert len({schedule.after_failure(3) for _ in range(20)}) > 10


def test_a_page_with_links_needs_a_selector_and_no_other_kind_has_one() -> None:
    for wrong in ({"kind": "links"}, {"kind": "rss", "selector": "a"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FeedFactory(**wrong)


class TestCommand:
    def test_all_of_them(self, site: Site, feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
        FeedFactory(url=site.serve("/other", rss(2, 3)))
        FeedFactory(enabled=False)
        call_command("poll")
        said = capsys.readouterr()
        assert said.out == "2 feeds: 2 with news, 0 without, 0 failed; 3 new articles.\n"
        assert "/feed: 2 new of 2" in said.err or "/other: 2 new of 2" in said.err  # whichever answered first

    def test_one_by_address_or_number(self, feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
        FeedFactory()
        call_command("poll", feed.url)
        call_command("poll", str(feed.pk))
        assert capsys.readouterr().out.count("1 feeds: ") == 2

    def test_only_what_is_due(self, feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
        FeedFactory(next_poll_at=timezone.now() + MINUTE)
        call_command("poll", "--due")
        assert capsys.readouterr().out.startswith("1 feeds: 1 with news")

    def test_a_failure_shows_in_the_exit_code(self, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
        FeedFactory(url=f"{site.address}/missing")
        with pytest.raises(SystemExit) as ended:
            call_command("poll")
        assert ended.value.code == 1
        assert "404" in capsys.readouterr().err

    def test_an_unknown_feed_is_named(self) -> None:
        with pytest.raises(CommandError, match=r"no feed is https://nobody\.example/"):
            call_command("poll", "https://nobody.example/")


class TestManyAtOnce:
    def blocks(self, feeds: list[Feed]) -> int:
        """Blocks of the database that storing an unchanged poll of these feeds looks at."""
        rows = [polling._row(polling.Outcome(feed, status=304), offline=False) for feed in feeds]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {polling._UPDATE}", [json.dumps(rows)])
            plan = cursor.fetchone()[0][0]["Plan"]
        return int(plan["Shared Hit Blocks"])

    def test_what_a_feed_costs_does_not_grow_with_their_number(self) -> None:
        source = FeedFactory().source
        feeds = Feed.objects.bulk_create(Feed(source=source, url=f"https://n{n}.example/") for n in range(400))
        assert self.blocks(feeds[40:]) / 360 < 3 * self.blocks(feeds[:40]) / 40

    def test_no_check_of_what_is_stored_waits_for_the_commit(self, feed: Feed) -> None:
        """The event that the history keeps of each row goes through all that wait: ten thousand rows took minutes."""
        row = {"url": "https://a.example/", "canonical_url": "https://a.example/", "source_id": -1, "title": ""}
        with pytest.raises(IntegrityError, match="source"), transaction.atomic():
            arrivals.store([arrivals.Arrival("a.example", feed.pk, row)])
