"""Which feeds we follow: taken from and written to lists (OPML), and found from a site's address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.db import transaction

from peacetracker.ingest import feeds as reading
from peacetracker.ingest.crowd import fetch_many
from peacetracker.ingest.feeds import BadFeed, Contents, discovery, links, opml
from peacetracker.ingest.feeds.opml import Subscription
from peacetracker.ingest.fetch import FEEDS, FetchProblem, Request, Response, fetch
from peacetracker.press.models import Feed, Source
from peacetracker.press.services import source_named

MOST_TRIED = 25  # addresses of a site that may be feeds


@dataclass(frozen=True)
class Found:
    """A feed that was found and read."""

    url: str
    kind: str
    title: str
    items: int


def follow(subscriptions: Iterable[Subscription]) -> int:
    """Add those feeds that we do not follow yet; how many. Raises BadFeed, and adds none then."""
    added = 0
    with transaction.atomic():
        for each in subscriptions:
            if (each.kind == Feed.Kind.LINKS) != bool(each.selector) or each.kind not in Feed.Kind.values:
                raise BadFeed(f"{each.url}: a page with links has a CSS selector, and no other kind of feed has one")
            if each.selector:
                links.selector(each.selector)
            values = {"kind": each.kind, "selector": each.selector, "general": each.general}
            if not Feed.objects.filter(url=each.url).exists():
                Feed.objects.create(url=each.url, source=_source_of(each), **values)
                added += 1
    return added


def _source_of(subscription: Subscription) -> Source:
    """Its publisher: the source of that homepage or name, or a new one, whose grade an editor has to give."""
    if subscription.homepage:
        host = urlsplit(subscription.homepage).netloc
        if found := Source.objects.filter(homepage__contains=f"//{host}").order_by("pk").first():
            return found
    source = source_named(subscription.source or urlsplit(subscription.url).netloc)
    if subscription.homepage and not source.homepage:
        source.homepage = subscription.homepage
        source.save(update_fields=["homepage"])
    return source


def followed() -> list[Subscription]:
    """The feeds that are switched on, as a list has them."""
    feeds = Feed.objects.filter(enabled=True).select_related("source").order_by("source__name", "url")
    return [
        Subscription(
            url=feed.url,
            source=feed.source.name,
            homepage=feed.source.homepage,
            kind=feed.kind,
            selector=feed.selector,
            general=feed.general,
        )
        for feed in feeds
    ]


def as_opml() -> bytes:
    return opml.write("Feeds of Peacetracker", followed())


def find_feeds(url: str) -> list[Found]:
    """The feeds of a site, those that its page names first. An address that is a feed itself is the only one.

    Raises FetchProblem where the site cannot be read.
    """
    page = fetch(Request(url, accept=f"text/html,{FEEDS}", largest=reading.LARGEST_FEED))
    if itself := _as_feed(page):
        return [itself]
    tree = links.parse_page(page.body, page.content_type)
    for candidates in (
        discovery.named_by_page(tree, page.url),
        discovery.named_by_robots(_robots_of(page.url)),
        discovery.usual_places(page.url),
    ):
        if found := list(_read_all(candidates[:MOST_TRIED])):
            return found
    return []


def _robots_of(url: str) -> str:
    try:
        answer = fetch(Request(urljoin(url, "/robots.txt"), accept="text/plain", heed_robots=False))
    except FetchProblem:
        return ""
    return answer.body.decode(errors="replace")


def _read_all(urls: list[str]) -> Iterator[Found]:
    """Those of some addresses that are feeds, in their order."""
    requests = [Request(url, accept=FEEDS, largest=reading.LARGEST_FEED, heed_robots=False) for url in urls]
    answers = dict(fetch_many(requests))
    seen = set()
    for request in requests:
        answer = answers[request]
        found = _as_feed(answer) if isinstance(answer, Response) else None
        if found and found.url not in seen:
            seen.add(found.url)
            yield found


def _as_feed(answer: Response) -> Found | None:
    try:
        contents = reading.read(answer.body, answer.content_type, answer.url)
    except BadFeed:
        return None
    return Found(answer.url, _kind(answer.body, contents), contents.title, len(contents.items))


def _kind(body: bytes, contents: Contents) -> str:
    if body.lstrip()[:1] == b"{":
        return Feed.Kind.JSON
    if contents.parts or b"<urlset" in body[:2000]:
        return Feed.Kind.SITEMAP
    return Feed.Kind.RSS
