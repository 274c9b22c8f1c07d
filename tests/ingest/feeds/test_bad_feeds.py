"""What publishers get wrong, and what somebody may try on us. A reason each time, never an exception, nothing lost."""

import datetime as dt
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peacetracker.ingest import feeds
from peacetracker.ingest.feeds import BadFeed, read
from peacetracker.ingest.feeds.items import absolute, moment, plain, plausible
from tests.ingest.feeds import samples

URL = "https://news.example/feed"
NOW = dt.datetime(2025, 11, 21, 12, tzinfo=dt.UTC)
BOMB = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def rss(items: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def item(inside: str) -> str:
    return f"<item><title>One</title>{inside}</item>"


BAD = {
    "nothing": (b"", "empty"),
    "white space": (b" \n ", "empty"),
    "a web page": (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page, not a feed"),
    "XHTML": (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "web page, not a feed"),
    "other XML": (b"<svg/>", "its root is <svg>"),
    "plain words": (b"Service unavailable", "not a feed"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a feed"),
    "broken JSON": (b'{"items": [', "not valid JSON"),
    "other JSON": (b'{"error": "no"}', "no JSON Feed"),
    "deep JSON": (b"[" * 100_000, "JSON"),
    "broken gzip": (b"\x1f\x8b\x08\x00" + b"x" * 50, "broken gzip"),
    "laughs": (rss(item("<link>&i;</link>"), f"<!DOCTYPE rss [{BOMB}]>"), "entities"),
    "a file of ours": (
        rss(item("<description>&f;</description>"), '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
        "entities",
    ),
    "laughs in UTF-16": (
        f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE rss [{BOMB}]><rss><channel/></rss>'.encode("utf-16"),
        "entities",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_feed_says_what_it_is(name: str) -> None:
    body, words = BAD[name]
    with pytest.raises(BadFeed, match=words):
        read(body, "application/rss+xml", URL)


def test_50_megabytes_are_refused_at_once() -> None:
    with pytest.raises(BadFeed, match="larger than 20 MiB"):
        read(b"<rss>" + b" " * 50 * 2**20, "", URL)


def test_a_small_file_that_unpacks_to_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(feeds, "LARGEST_FEED", 2**20)
    with pytest.raises(BadFeed, match="when unpacked"):
        read(gzip.compress(b" " * 2**22), "", URL)


def test_laughs_in_broken_xml_take_neither_time_nor_memory() -> None:
    begun = time.process_time()
    try:
        contents = read(rss(item("<link>&i;</link><b>"), f"<!DOCTYPE rss [{BOMB}]>"), "", URL)
    except BadFeed:
        return
    finally:
        assert time.process_time() - begun < 20  # expanded, it would be a gigabyte
    assert sum(len(each.title) + len(each.url) for each in contents.items) < 10_000


class TestReadAsFarAsPossible:
    @pytest.mark.parametrize(
        "broken",
        [
            samples.RSS_2.replace("</channel>", ""),
            samples.RSS_2.replace("&amp;", "&"),
            samples.RSS_2.replace("meet", "meet&nbsp;"),
            samples.RSS_2[: samples.RSS_2.rindex("</item>")],
        ],
        ids=["an element left open", "a bare ampersand", "an entity of HTML", "cut off"],
    )
    def test_broken_xml(self, broken: str) -> None:
        contents = read(broken.encode(), "", URL)
        assert [each.url for each in contents.items] == samples.URLS
        assert "not well-formed" in contents.notes[0]

    @pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "utf-16", "utf-8-sig", "iso-8859-5"])
    @pytest.mark.parametrize("named", ["in the document", "in the header"])
    def test_encodings(self, encoding: str, named: str) -> None:
        if (encoding, named) == ("utf-8-sig", "in the document"):
            encoding_name = "utf-8"
        else:
            encoding_name = encoding.removesuffix("-sig")
        head = f'<?xml version="1.0" encoding="{encoding_name}"?>' if named == "in the document" else ""
        body = rss("<item><title>Кремль отверг план</title><link>https://news.example/a</link></item>", head)
        header = f"text/xml; charset={encoding_name}" if named == "in the header" else "text/xml"
        (found,) = read(body.decode().encode(encoding), header, URL).items
        assert found.title == "Кремль отверг план"

    def test_bytes_that_belie_the_declared_encoding(self) -> None:
        body = rss(item("<link>https://news.example/a</link>"), '<?xml version="1.0" encoding="utf-8"?>')
        (found,) = read(body.replace(b"One", "Prüfung".encode("latin-1")), "", URL).items
        assert found.url == "https://news.example/a"


class TestItems:
    def test_without_a_link_they_are_counted(self) -> None:
        contents = read(rss(item("") + item("<link>https://news.example/a</link>") + item("<link> </link>")), "", URL)
        assert len(contents.items) == 1
        assert contents.notes == ("2 of 3 items have no link and cannot be read",)

    def test_a_permanent_identifier_is_a_link(self) -> None:
        found = read(rss(item("<guid>https://news.example/a</guid>")), "", URL).items
        assert [each.url for each in found] == ["https://news.example/a"]
        assert not read(rss(item('<guid isPermaLink="false">https://news.example/a</guid>')), "", URL).items

    @pytest.mark.parametrize(
        "link", ["javascript:alert(1)", "mailto:a@b.example", "ftp://a.example/", "http://", "http://[", "x" * 3000]
    )
    def test_links_that_lead_nowhere(self, link: str) -> None:
        assert absolute(link if "x" * 10 not in link else f"/{link}", URL) == ""

    @pytest.mark.parametrize(
        ("words", "kept"),
        [
            ("Thu, 01 Jan 1970 00:00:00 GMT", False),
            ("2999-01-01T00:00:00Z", False),
            ("0001-01-01T00:00:00Z", False),
            ("Fri, 21 Nov 2025 10:00:00 GMT", True),
            ("2025-11-22T06:00:00+09:00", True),
            ("yesterday", False),
            ("99999999999999999999", False),
            ("", False),
        ],
    )
    def test_dates_that_cannot_be_are_none(self, words: str, kept: bool) -> None:
        assert (plausible(moment(words), NOW) is not None) == kept

    def test_titles_are_plain(self) -> None:
        assert plain("a &lt;b&gt;bold&lt;/b&gt; <i>claim</i>\n\x00 & co") == "a bold claim & co"
        assert len(plain("x" * 5000)) == 500


documents = st.sampled_from([sample.encode() for sample in (*samples.ALL.values(), samples.SITEMAP_INDEX)])


@settings(deadline=None)  # other work on the machine is no fault of a feed's
@given(documents, st.data())
def test_damaged_feeds_are_read_or_refused(document: bytes, data: st.DataObject) -> None:
    damaged = bytearray(document)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged)))
        cut = data.draw(st.integers(0, 30))
        damaged[at : at + cut] = data.draw(st.binary(max_size=12))
    _read_or_refused(bytes(damaged))


@settings(deadline=None)  # other work on the machine is no fault of a feed's
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    _read_or_refused(body)


_keys = st.sampled_from(["url", "id", "title", "date_published", "language"])
_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)  # other work on the machine is no fault of a feed's
@given(_values)
def test_any_json_items_are_read_or_refused(items: object) -> None:
    _read_or_refused(json.dumps({"items": items if isinstance(items, list) else [items]}).encode())


def _read_or_refused(body: bytes) -> None:
    try:
        contents = read(body, "", URL)
    except BadFeed:
        return
    for each in contents.items:
        assert each.url.startswith(("http://", "https://"))
        each.title.encode()  # no lone surrogate
        assert "\0" not in each.title + each.url + each.language
        assert each.published is None or each.published.tzinfo
