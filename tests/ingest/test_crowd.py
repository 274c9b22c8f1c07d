"""Many requests at once keep the same manners and the same guard as one."""

import gzip
from typing import Any

import pytest

from peacetracker.ingest.broker import memory
from peacetracker.ingest.crowd import Unreachable, fetch_many
from peacetracker.ingest.fetch import FetchProblem, Request, Response
from tests.ingest.conftest import Site


def ask(*requests: Request | str) -> dict[str, Any]:
    asked = [request if isinstance(request, Request) else Request(request, heed_robots=False) for request in requests]
    return {request.url: answer for request, answer in fetch_many(asked)}


def test_answers_of_many(site: Site) -> None:
    urls = [site.serve(f"/{n}", f"page {n}".encode()) for n in range(8)]
    answers = ask(*urls)
    assert [answers[url].body for url in urls] == [f"page {n}".encode() for n in range(8)]
    assert answers[urls[0]].content_type.startswith("text/html")


def test_an_unchanged_page_is_not_sent_again(site: Site) -> None:
    url = site.serve("/a", b"page", ETag='"1"', Last_Modified="Fri, 21 Nov 2025 10:00:00 GMT")
    (first,) = ask(url).values()
    site.serve("/a", b"", status=304)
    (again,) = ask(Request(url, etag=first.etag, last_modified=first.last_modified)).values()
    assert again.unchanged
    assert (site.headers[-1]["if-none-match"], site.headers[-1]["if-modified-since"]) == (
        '"1"',
        "Fri, 21 Nov 2025 10:00:00 GMT",
    )


class TestRedirects:
    def test_for_good(self, site: Site) -> None:
        new = site.serve("/new", b"here")
        site.serve("/moved", b"", status=308, Location="/new")
        (answer,) = ask(site.serve("/old", b"", status=301, Location="/moved")).values()
        assert (answer.body, answer.url, answer.moved_to) == (b"here", new, new)

    def test_for_now(self, site: Site) -> None:
        site.serve("/new", b"here")
        (answer,) = ask(site.serve("/old", b"", status=302, Location="/new")).values()
        assert (answer.body, answer.moved_to) == (b"here", "")

    def test_in_circles(self, site: Site) -> None:
        (answer,) = ask(site.serve("/a", b"", status=301, Location="/a")).values()
        assert "redirects" in str(answer)

    def test_to_where_nobody_may_go(self, site: Site) -> None:
        (answer,) = ask(site.serve("/a", b"", status=301, Location="file:///etc/passwd")).values()
        assert "not an http" in str(answer)


class TestGuard:
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "169.254.169.254", "0x7f000001", "2130706433"])
    def test_no_address_but_public_ones(self, site: Site, settings: Any, host: str) -> None:
        settings.FETCH_ALLOW = []
        (answer,) = ask(f"http://{host}:{site.server.server_port}/").values()
        assert isinstance(answer, FetchProblem)
        assert not isinstance(answer, Unreachable)
        assert "not a public address" in str(answer)
        assert site.asked == []

    def test_no_end_of_data(self, site: Site) -> None:
        (answer,) = ask(Request(site.serve("/a", b"x" * 2**21), largest=2**20)).values()
        assert "larger than 1 MiB" in str(answer)

    def test_no_end_of_unpacked_data(self, site: Site) -> None:
        packed = gzip.compress(b"x" * 2**22)
        (answer,) = ask(Request(site.serve("/a", packed, Content_Encoding="gzip"), largest=2**20)).values()
        assert "larger than 1 MiB" in str(answer)

    def test_no_slow_server(self, site: Site, settings: Any) -> None:
        settings.FETCH_SECONDS = 0.5
        site.dripping["/slow"] = b"HTTP/1.0 200 OK\r\n\r\nand on"
        (answer,) = ask(f"{site.address}/slow").values()
        assert "did not answer in time" in str(answer)
        assert answer.passing

    def test_who_answers_not_at_all_is_told_apart(self) -> None:
        (answer,) = ask("http://nobody.invalid/").values()
        assert isinstance(answer, Unreachable)


class TestRobots:
    def test_a_site_is_asked_once_and_heeded(self, site: Site) -> None:
        site.serve("/robots.txt", b"User-agent: *\nDisallow: /private")
        site.serve("/private/1", b"x")
        urls = [site.serve("/1", b"one"), site.serve("/2", b"two"), f"{site.address}/private/1"]
        urls.append(site.serve("/3", b"", status=302, Location="/private/1"))
        answers = {request.url: answer for request, answer in fetch_many(map(Request, urls))}
        assert [answers[url].body for url in urls[:2]] == [b"one", b"two"]
        assert all("asks robots not to read" in str(answers[url]) for url in urls[2:])
        assert site.asked.count("/robots.txt") == 1
        assert "/private/1" not in site.asked

    def test_no_rules_allow_all_and_rules_that_cannot_be_read_nothing(self, site: Site) -> None:
        url = site.serve("/1", b"one")
        ((_, answer),) = fetch_many([Request(url)])
        assert answer.body == b"one"
        memory().flushdb()
        site.serve("/robots.txt", b"", status=503)
        ((_, answer),) = fetch_many([Request(url)])
        assert "robots.txt" in str(answer)
        assert answer.passing

    def test_rules_say_how_fast(self, site: Site) -> None:
        site.serve("/robots.txt", b"User-agent: *\nCrawl-delay: 30")
        urls = [site.serve("/1", b"one"), site.serve("/2", b"two")]
        list(fetch_many([Request(urls[0])], seconds=2))
        ((_, answer),) = fetch_many([Request(urls[1])], seconds=2)
        assert answer.busy
        assert answer.retry_after > 20


def test_what_was_sent_is_kept_as_it_was(site: Site) -> None:
    packed = gzip.compress(b"page")
    (answer,) = ask(site.serve("/a", packed, Content_Encoding="gzip")).values()
    assert (answer.body, answer.raw) == (b"page", packed)


class TestPace:
    def test_a_host_is_asked_one_by_one(self, site: Site, settings: Any) -> None:
        settings.FETCH_DELAY = 0.3
        ask(*(site.serve(f"/{n}", b"x") for n in range(4)))
        gaps = [later - earlier for earlier, later in zip(site.moments, site.moments[1:], strict=False)]
        assert min(gaps) > 0.1  # on a busy machine one may arrive late, and the next then comes sooner after it

    def test_who_would_wait_too_long_comes_back_later(self, site: Site, settings: Any) -> None:
        settings.FETCH_DELAY = 60
        answers = ask(site.serve("/1", b"x"), site.serve("/2", b"x"))
        told = sorted(map(type, answers.values()), key=str)
        assert told == [FetchProblem, Response]
        (problem,) = (answer for answer in answers.values() if isinstance(answer, FetchProblem))
        assert problem.busy
        assert problem.retry_after > 50

    def test_a_host_that_asks_to_wait_is_left_alone(self, site: Site) -> None:
        (answer,) = ask(site.serve("/1", b"", status=429, Retry_After="600")).values()
        assert (answer.status, answer.retry_after) == (429, 600)
        (answer,) = ask(site.serve("/2", b"x")).values()
        assert answer.busy
        assert "/2" not in site.asked
