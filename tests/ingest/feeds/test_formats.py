"""Each format is read into the same items."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from peacetracker.ingest.feeds import BadFeed, read, xmlfeed
from peacetracker.ingest.feeds.items import Item
from tests.ingest.feeds import samples

URL = "https://news.example/feed"


@pytest.mark.parametrize("name", samples.ALL)
def test_addresses_and_titles(name: str) -> None:
    contents = read(samples.ALL[name].encode(), "", URL)
    assert [item.url for item in contents.items] == samples.URLS
    assert [item.title for item in contents.items] == samples.TITLES
    assert contents.notes == ()


@pytest.mark.parametrize("name", samples.DATED)
def test_dates_are_read_in_every_notation(name: str) -> None:
    items = read(samples.DATED[name].encode(), "", URL).items
    assert [item.published.isoformat() for item in items if item.published] == samples.ITEM_DATES


def test_languages() -> None:
    assert {item.language for item in read(samples.RSS_2.encode(), "", URL).items} == {"en-GB"}
    assert [item.language for item in read(samples.ATOM.encode(), "", URL).items] == ["en", "pl"]
    assert [item.language for item in read(samples.NEWS_SITEMAP.encode(), "", URL).items] == ["en", ""]


def test_what_a_feed_says_of_itself() -> None:
    for sample in (samples.RSS_2, samples.ATOM, samples.JSON_FEED):
        contents = read(sample.encode(), "", URL)
        assert (contents.title, contents.homepage) == ("The Example Times", "https://news.example/")


def test_an_index_of_sitemaps_names_its_parts_newest_first() -> None:
    contents = read(samples.SITEMAP_INDEX.encode(), "", "https://news.example/sitemap.xml")
    assert contents.parts == tuple(f"https://news.example/{name}.xml" for name in ("news", "old", "undated"))


def test_a_zipped_sitemap() -> None:
    assert len(read(gzip.compress(samples.NEWS_SITEMAP.encode()), "application/gzip", URL).items) == 2


class TestPages:
    @pytest.mark.parametrize("selector", ["main h3 a", "main h3", "article", "main a[href]"])
    def test_links_by_selector(self, selector: str) -> None:
        items = read(samples.PAGE.encode(), "text/html; charset=utf-8", URL, selector).items
        assert [item.url for item in items] == samples.URLS
        assert all(title in item.title for title, item in zip(samples.TITLES, items, strict=True))

    def test_a_selector_that_finds_nothing_is_told(self) -> None:
        with pytest.raises(BadFeed, match="the page may have changed"):
            read(samples.PAGE.encode(), "text/html", URL, "section.news a")

    def test_a_selector_that_is_none_is_told(self) -> None:
        with pytest.raises(BadFeed, match="no CSS selector"):
            read(samples.PAGE.encode(), "text/html", URL, "a[[")

    def test_the_character_set_of_the_header_counts(self) -> None:
        page = "<main><h3><a href='/a'>Кремль</a></h3></main>".encode("windows-1251")
        (item,) = read(page, "text/html; charset=windows-1251", URL, "h3").items
        assert item.title == "Кремль"


# No “à\xa0”: feedparser takes it for a letter that was encoded twice.
_words = st.text("abc XYZ <&>'\"0привіт漢🕊", min_size=1, max_size=40)


@settings(deadline=None)  # other work on the machine is no fault of a feed's
@given(st.lists(st.tuples(_words, st.integers(0, 10**6)), max_size=5))
def test_lxml_and_feedparser_agree_on_well_formed_feeds(entries: list[tuple[str, int]]) -> None:
    rss = etree.Element("rss", version="2.0")
    channel = etree.SubElement(rss, "channel")
    etree.SubElement(channel, "title").text = "Any"
    for title, number in entries:
        item = etree.SubElement(channel, "item")
        etree.SubElement(item, "title").text = title.replace("&", "+").replace("<", "(")
        etree.SubElement(item, "link").text = f"https://news.example/{number}"
        etree.SubElement(item, "pubDate").text = "Fri, 21 Nov 2025 10:00:00 GMT"
    document = etree.tostring(rss, encoding="utf-8", xml_declaration=True)
    quick = read(document, "", URL).items
    lenient = xmlfeed.read_leniently(document, "", URL).items
    assert list(map(_comparable, quick)) == list(map(_comparable, lenient))


def _comparable(item: Item) -> tuple[str, str, object]:
    return item.url, item.title, item.published
