"""Where a site may have its feeds: what its page links to, what its robots.txt names, and where feeds usually lie."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree
from protego import Protego

from peacetracker.ingest.feeds.items import absolute
from peacetracker.ingest.feeds.links import base_of

TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "application/xml",
    "text/xml",
}
USUAL_PLACES = [
    "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json", "news-sitemap.xml",
    "sitemap-news.xml", "sitemap_news.xml",
]  # fmt: skip
_WORDS = ("rss", "feed", "atom")
_OTHER = ("feedback", "feedburner.google", "comments", "/tag/")


def named_by_page(page: etree._Element, url: str) -> list[str]:
    """Addresses that a page calls its feeds, then those of links that look like feeds."""
    base = base_of(page, url)
    return list(dict.fromkeys(address for address in _links(page, base) if address))


def _links(page: etree._Element, base: str) -> Iterator[str]:
    for link in page.iter("link"):
        if "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower().strip() in TYPES:
            yield absolute(link.get("href"), base)
    for link in page.iter("a"):
        target = link.get("href", "").lower()
        if any(word in target for word in _WORDS) and not any(word in target for word in _OTHER):
            yield absolute(link.get("href"), base)


def named_by_robots(robots: str) -> list[str]:
    """Sitemaps that a robots.txt names, those of news first."""
    sitemaps = [address for address in Protego.parse(robots).sitemaps if absolute(address, "")]
    return sorted(dict.fromkeys(sitemaps), key=lambda address: "news" not in address.lower())


def usual_places(url: str) -> list[str]:
    return [urljoin(url, f"/{place}") for place in USUAL_PLACES]
