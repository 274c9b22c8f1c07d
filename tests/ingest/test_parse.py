import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peacetracker.ingest.parse import Unparsable, clean, parse
from tests.ingest.conftest import page


def test_a_page_gives_its_text_and_what_it_says_of_itself() -> None:
    article = parse(page(), "text/html; charset=utf-8", "https://news.example/a")
    assert "“France will not endorse the plan,” he said." in article.text
    assert "All rights reserved" not in article.text
    assert article.title == "France rejects the plan"
    assert (article.published_on, article.date_provenance) == (dt.date(2025, 11, 21), "metadata")
    assert article.publisher == "The Example Times"
    assert article.language == "en"


def test_plain_text_is_taken_as_it_is() -> None:
    article = parse("Paris “welcomes” it.\r\nKyiv doesn’t.\n".encode(), "text/plain; charset=utf-8", "")
    assert article.text == "Paris “welcomes” it.\nKyiv doesn’t."


def test_plain_text_in_another_encoding() -> None:
    assert parse("Київ".encode("koi8-u"), "text/plain; charset=koi8-u", "").text == "Київ"
    assert parse("“Łódź”".encode("utf-8-sig"), "text/plain", "").text == "“Łódź”"
    assert parse(b"caf\xe9 \x93quoted\x94", "text/plain", "").text == "café “quoted”"


@pytest.mark.parametrize(
    ("body", "content_type", "why"),
    [
        (b"", "text/plain", "empty"),
        (b"%PDF-1.7\0\0", "application/pdf", "application/pdf"),
        (b"\x89PNG\0\0\0", "text/html", "text/html"),
        (b"<html><body><p>Accept cookies</p></body></html>", "text/html", "no article text"),
        (b"<<<>>>&&&", "text/html", "no article text"),
    ],
)
def test_what_is_no_article_says_what_it_is(body: bytes, content_type: str, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        parse(body, content_type, "https://news.example/a")


@given(st.text())
def test_cleaned_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert "\r" not in cleaned
    cleaned.encode()
    assert clean(cleaned) == cleaned


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["text/html", "text/plain", "text/html; charset=nonsense", ""]))
def test_bytes_of_any_kind_are_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        assert parse(body, content_type, "").text
    except Unparsable:
        return
