"""What all readers' pages have in common."""

import datetime as dt
import gzip
import re
from pathlib import Path

import brotli
import pytest
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from tests.factories import ActorFactory, StanceFactory

pytestmark = pytest.mark.django_db

ADDRESSES = ["/", "/matrix/", "/proposals/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_empty_record_makes_a_page(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert "<h1>" in response.text


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unchanged_page_is_not_sent_again(client: Client, address: str) -> None:
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again["ETag"] == etag
    assert "HX-Request" in again["Vary"]
    assert again["Cache-Control"] == "no-cache"


def test_an_unchanged_page_costs_one_query(client: Client, django_assert_num_queries: pytest.FixtureRequest) -> None:
    etag = client.get("/")["ETag"]
    with django_assert_num_queries(1):
        client.get("/", headers={"If-None-Match": etag})


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_record_shows_at_once(client: Client) -> None:
    etag = client.get("/")["ETag"]
    ActorFactory()
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 200


def test_a_new_day_changes_the_etag(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = client.get("/")["ETag"]
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    monkeypatch.setattr("peacetracker.dashboard.pages.timezone.localdate", lambda: tomorrow)
    assert client.get("/")["ETag"] != etag


def test_page_and_partial_are_told_apart(client: Client) -> None:
    page = client.get("/matrix/")
    partial = client.get("/matrix/", headers={"HX-Request": "true"})
    assert "<!doctype html>" in page.text
    assert "<!doctype html>" not in partial.text
    assert 'id="result"' in partial.text
    assert page["ETag"] != partial["ETag"]
    crossed = client.get("/matrix/", headers={"HX-Request": "true", "If-None-Match": page["ETag"]})
    assert crossed.status_code == 200


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_htmx_gets_a_whole_page_where_it_needs_one(client: Client, header: str) -> None:
    response = client.get("/matrix/", headers={"HX-Request": "true", header: "true"})
    assert "<!doctype html>" in response.text


@pytest.mark.parametrize("day", ["yesterday", "2025-13-01", "20251101", "2025-11-1", "2999-01-01", "٢٠٢٥-١١-٠١"])
def test_a_bad_day_is_refused_with_a_remedy(client: Client, day: str) -> None:
    response = client.get("/", {"on": day})
    assert response.status_code == 400
    assert "<code>on</code>" in response.text
    assert "year-month-day" in response.text


def test_an_empty_day_is_today(client: Client) -> None:
    response = client.get("/?on=")
    assert response.context["page"].on == timezone.localdate()
    assert not response.context["page"].is_past


def test_a_chosen_day_goes_along(client: Client) -> None:
    text = client.get("/matrix/?kind=issue&on=2025-11-25").text
    assert 'href="/proposals/?on=2025-11-25"' in text
    assert '<input type="hidden" name="kind" value="issue">' in text
    assert 'href="/matrix/?kind=issue">Go to today' in text


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_pages_are_compressed_as_the_browser_likes(client: Client, accepted: str, coding: str | None) -> None:
    StanceFactory()
    response = client.get("/", headers={"Accept-Encoding": accepted})
    assert response.get("Content-Encoding") == coding
    plain = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding](response.content)
    assert b"<h1>" in plain
    again = client.get("/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("address", ["/", "/matrix/", "/shifts/", "/compare/"])
def test_what_a_first_load_brings_besides_the_page_leaves_60_of_100_kilobytes(client: Client, address: str) -> None:
    names = re.findall(r'(?:src|href)="/static/([^"]+)"', client.get(address).text)
    assert len(names) >= 4
    assets = [Path(finders.find(name)).read_bytes() for name in names]
    assert sum(len(brotli.compress(asset)) for asset in assets) < 40_000


@pytest.mark.parametrize("address", ["/", "/proposals/", "/matrix/"])
def test_every_page_can_be_cited(client: Client, address: str) -> None:
    page = client.get(f"{address}?on=2025-11-25").text
    title = re.search("<title>(.+?)</title>", page)
    assert title
    cited = page[page.index("Cite this page") :]
    assert f"“{title[1]}”, Peacetracker" in cited
    assert "Positions as of 25 November 2025, data revision" in cited
    assert f"http://testserver{address}?on=2025-11-25" in cited


def test_what_a_reader_types_is_escaped(client: Client) -> None:
    response = client.get("/", {"on": "<script>alert(1)</script>"})
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;" in response.text
    kept = client.get("/", {"x": '"><script>alert(1)</script>'})
    assert "<script>alert" not in kept.text


def test_an_anonymous_reader_gets_no_cookie_and_touches_no_session(client: Client) -> None:
    response = client.get("/")
    assert not response.cookies


def test_staff_see_the_way_to_the_desk_and_their_pages_stay_private(client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("editor", password="x"))
    response = client.get("/")
    assert "/desk/" in response.text
    assert response["Cache-Control"] == "private, no-cache"
    assert response["ETag"] != Client().get("/")["ETag"]


def test_pages_run_under_a_strict_policy(client: Client) -> None:
    StanceFactory()
    for address in ADDRESSES:
        response = client.get(address)
        assert "unsafe" not in response["Content-Security-Policy"]
        assert "default-src 'none'" in response["Content-Security-Policy"]
        text = response.text
        assert not re.search(r"\sstyle=", text)
        assert not re.search(r"\son\w+=", text)
        assert "<style" not in text
        assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("address", ["/nowhere/", "/proposals/none/", "/positions/a/b/", "/proposals/none/3/"])
def test_a_missing_page_offers_a_search(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert 'role="search"' in response.text
    assert "There is no such page" in response.text


def test_pages_only_answer_readers(client: Client) -> None:
    assert client.post("/").status_code == 405
