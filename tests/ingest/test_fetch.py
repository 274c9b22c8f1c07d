import datetime as dt
import gzip
import ipaddress
import socket
import time
import zlib
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peacetracker.ingest import pace
from peacetracker.ingest.broker import memory
from peacetracker.ingest.fetch import FetchProblem, Request, fetch
from peacetracker.ingest.network import client, may_be_fetched
from tests.ingest.conftest import Site, page


def problem(url: str) -> FetchProblem:
    with pytest.raises(FetchProblem) as raised:
        fetch(url)
    return raised.value


def test_a_page_comes_as_it_was_sent(site: Site) -> None:
    url = site.serve("/a", page())
    response = fetch(url)
    assert (response.url, response.status, response.body) == (url, 200, page())


def test_redirects_are_followed_and_the_last_address_kept(site: Site) -> None:
    site.serve("/new", page())
    old = site.serve("/old", b"", status=301, Location="/new")
    assert fetch(old).url == f"{site.address}/new"


def test_a_circle_of_redirects_ends(site: Site) -> None:
    url = site.serve("/a", b"", status=302, Location="/a")
    assert "redirects" in str(problem(url))


class TestPublicAddressesOnly:
    @pytest.fixture(autouse=True)
    def no_exceptions(self, settings: Any) -> None:
        settings.FETCH_ALLOW = []
        client.cache_clear()

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "localhost",
            "[::1]",
            "10.0.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "[::ffff:10.0.0.1]",
            "0.0.0.0",  # noqa: S104
            "[2002:7f00:1::]",  # 6to4
            "[2002:c0a8:101::1]",
            "[64:ff9b::10.0.0.1]",  # NAT64
            "[64:ff9b:1::a00:1]",
            "[2001:0:7f00:1::]",  # Teredo
            "[::10.0.0.1]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "100.64.0.1",
            "0x7f.1",
            "2130706433",
        ],
    )
    def test_no_other_is_connected_to(self, host: str) -> None:
        refusal = problem(f"http://{host}/")
        assert "not a public address" in str(refusal)
        assert not refusal.passing

    def test_nor_after_a_redirect(self, site: Site, settings: Any) -> None:
        settings.FETCH_ALLOW = ["127.0.0.1"]
        url = site.serve("/a", b"", status=302, Location="http://169.254.169.254/latest/meta-data/")
        assert "169.254.169.254, which is not a public address" in str(problem(url))

    def test_nor_another_scheme_after_a_redirect(self, site: Site, settings: Any) -> None:
        settings.FETCH_ALLOW = ["127.0.0.1"]
        url = site.serve("/a", b"", status=302, Location="file:///etc/passwd")
        assert "not an http" in str(problem(url))


def test_robots_are_heeded(site: Site) -> None:
    site.serve("/robots.txt", b"User-agent: Peacetracker\nDisallow: /private\n", Content_Type="text/plain")
    assert fetch(site.serve("/public", page())).status == 200
    assert "robots.txt" in str(problem(site.serve("/private/a", page())))
    assert site.asked.count("/robots.txt") == 1


@pytest.mark.parametrize(("status", "passing"), [(404, False), (410, False), (403, False), (500, True), (503, True)])
def test_an_error_says_whether_it_may_pass(site: Site, status: int, passing: bool) -> None:
    refusal = problem(site.serve("/a", b"", status=status))
    assert str(status) in str(refusal)
    assert refusal.passing is passing


class TestBounds:
    """What a server may do to the fetcher, deliberately or not."""

    def test_a_page_that_is_too_large(self, site: Site) -> None:
        url = site.serve("/a", b"x" * 5000)
        with pytest.raises(FetchProblem, match="larger than"):
            fetch(Request(url, largest=4000))

    @pytest.mark.parametrize("content", [b"", b"HTTP/1.1 200 OK\r\nX-Padding: x", b"HTTP/1.1 200 OK\r\n\r\nx"])
    def test_a_server_that_drips_without_end(self, site: Site, settings: Any, content: bytes) -> None:
        settings.FETCH_SECONDS = 0.5
        site.serve("/robots.txt", b"")
        site.dripping["/a"] = content or b"H"
        refusal = problem(f"{site.address}/a")
        assert refusal.passing or "could not be read" in str(refusal)

    @pytest.mark.parametrize(
        ("encoding", "pack"),
        [
            ("gzip", lambda content: gzip.compress(content, mtime=0)),
            ("deflate", zlib.compress),
            ("br", lambda content: brotli.compress(content, quality=5)),
        ],
    )
    def test_compressed_pages_are_read_and_bombs_are_not(self, site: Site, encoding: str, pack: Any) -> None:
        fine = site.serve("/fine", pack(page()), Content_Encoding=encoding)
        assert fetch(fine).body == page()
        assert fetch(fine).raw == pack(page())
        bomb = site.serve("/bomb", pack(b" " * 9_000_000), Content_Encoding=encoding)
        assert "unfolds to more than" in str(problem(bomb))
        large = site.serve("/large", pack(bytes(range(256)) * 50_000), Content_Encoding=encoding)
        assert any(words in str(problem(large)) for words in ("larger than", "unfolds"))

    def test_a_page_that_lies_about_its_compression(self, site: Site) -> None:
        for encoding in ("gzip", "deflate", "br", "compress"):
            url = site.serve(f"/{encoding}", b"<html>plain</html>", Content_Encoding=encoding)
            assert "the page is" in str(problem(url))

    def test_two_members_of_gzip_and_bare_deflate(self, site: Site) -> None:
        two = site.serve("/two", gzip.compress(b"one, ") + gzip.compress(b"two"), Content_Encoding="gzip")
        assert fetch(two).body == b"one, two"
        bare = site.serve("/bare", zlib.compress(page())[2:-4], Content_Encoding="deflate")
        assert fetch(bare).body == page()


class TestConditionalRequests:
    def test_what_is_unchanged_comes_without_a_body(self, site: Site) -> None:
        site.serve("/a", page(), ETag='"one"', Last_Modified="Fri, 21 Nov 2025 10:00:00 GMT")
        first = fetch(f"{site.address}/a")
        assert (first.etag, first.last_modified) == ('"one"', "Fri, 21 Nov 2025 10:00:00 GMT")
        site.serve("/a", b"", status=304)
        again = fetch(Request(f"{site.address}/a", etag=first.etag, last_modified=first.last_modified))
        assert again.unchanged
        assert (site.headers[-1]["if-none-match"], site.headers[-1]["if-modified-since"]) == (
            first.etag,
            first.last_modified,
        )

    def test_an_address_that_moved_for_good_says_where_to(self, site: Site) -> None:
        site.serve("/c", page())
        site.serve("/b", b"", status=302, Location="/c")
        moved = fetch(site.serve("/a", b"", status=301, Location="/b"))
        assert (moved.url, moved.moved_to) == (f"{site.address}/c", f"{site.address}/b")
        assert fetch(f"{site.address}/b").moved_to == ""


class TestPace:
    def test_a_host_is_asked_in_turns(self, site: Site, settings: Any) -> None:
        settings.FETCH_DELAY = 0.3
        times = []
        for _ in range(4):
            with pace.turn("news.example"):
                times.append(time.monotonic())
        assert all(later - earlier > 0.1 for earlier, later in pairwise(times))

    def test_who_would_wait_long_gets_an_appointment_each_its_own(self, site: Site, settings: Any) -> None:
        settings.FETCH_DELAY = 10
        with pace.turn("news.example"):
            pass
        appointments = []
        for _ in range(3):
            with pytest.raises(pace.HostBusy) as busy, pace.turn("news.example"):
                pass
            appointments.append(busy.value.seconds)
        assert all(later - earlier > 9 for earlier, later in pairwise(appointments))
        with pace.turn("other.example"):
            pass

    def test_no_more_than_so_many_at_once_and_the_dead_count_no_longer(self, site: Site, settings: Any) -> None:
        settings.FETCH_CONCURRENCY = 1
        with pace.turn("news.example"), pytest.raises(pace.HostBusy), pace.turn("news.example"):
            pass
        with pace.turn("news.example"):
            pass
        settings.FETCH_SECONDS = -pace.PATIENCE
        pace.turn("news.example").__enter__()  # a worker that dies leaves its turn behind
        with pace.turn("news.example"):
            pass

    def test_a_site_sets_its_own_pace(self, site: Site) -> None:
        site.serve("/robots.txt", b"User-agent: *\nCrawl-delay: 30\n", Content_Type="text/plain")
        fetch(site.serve("/a", page()))
        refusal = problem(f"{site.address}/a")
        assert refusal.busy
        assert (refusal.retry_after or 0) > 25

    def test_a_host_that_asks_to_wait_is_left_alone(self, site: Site) -> None:
        refusal = problem(site.serve("/a", b"", status=429, Retry_After="120"))
        assert (refusal.status, refusal.retry_after, refusal.passing) == (429, 120, True)
        site.serve("/b", page())
        other = problem(f"{site.address}/b")
        assert other.busy
        assert "/b" not in site.asked

    def test_a_date_says_when_to_come_back(self, site: Site) -> None:
        soon = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90), usegmt=True)
        refusal = problem(site.serve("/a", b"", status=503, Retry_After=soon))
        assert 80 < (refusal.retry_after or 0) <= 90


def test_robots_that_cannot_be_read_forbid_for_now(site: Site) -> None:
    site.serve("/robots.txt", b"", status=503)
    refusal = problem(site.serve("/a", page()))
    assert refusal.passing
    assert "/a" not in site.asked
    assert memory().ttl(f"robots:{site.address}") < 3600


def test_a_name_that_answers_otherwise_the_second_time_is_not_asked_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that was checked is the one that is connected to."""
    port = site.server.server_port
    real, answers = socket.getaddrinfo, iter(["127.0.0.1", "10.0.0.1"])

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        return real(next(answers) if host == "rebinding.example" else host, *args, **kwargs)

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    site.serve("/a", page())
    assert fetch(Request(f"http://rebinding.example:{port}/a", heed_robots=False)).status == 200


@given(st.integers(0, 2**32 - 1))
def test_no_guise_opens_an_ipv4_address_that_is_closed(number: int) -> None:
    ip = ipaddress.IPv4Address(number)
    if may_be_fetched("", str(ip)):
        return
    for guise in (f"::ffff:{ip}", f"64:ff9b::{ip}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1", f"::{ip}"):
        assert not may_be_fetched("", guise)


def test_a_server_that_is_not_there_may_come_back(site: Site) -> None:
    site.server.shutdown()
    site.server.server_close()
    assert problem(f"{site.address}/a").passing
