from typing import Any

import pytest
from django.core.cache import cache

from peacetracker.ingest import fetch as fetching
from peacetracker.ingest.fetch import FetchProblem, fetch
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
        cache.clear()

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


def test_a_page_without_end_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST_BODY", 1000)
    assert "larger than" in str(problem(site.serve("/a", b"x" * 5000)))


def test_a_server_that_is_not_there_may_come_back(site: Site) -> None:
    site.server.shutdown()
    site.server.server_close()
    assert problem(f"{site.address}/a").passing
