"""A page with links, where a publisher has no feed: a CSS selector says which links lead to articles."""

from __future__ import annotations

from cssselect import SelectorError
from lxml import etree, html
from lxml.cssselect import CSSSelector

from peacetracker.ingest.feeds.items import BadFeed, Contents, Item, absolute, moment, plain


def selector(words: str) -> CSSSelector:
    """A compiled selector. Raises BadFeed where it is none."""
    try:
        return CSSSelector(words, translator="html")
    except SelectorError as error:
        raise BadFeed(f"{words!r} is no CSS selector: {error}") from error


def parse_page(body: bytes, content_type: str = "") -> etree._Element:
    """The tree of a page, by the character set that its header or its head names. Raises BadFeed."""
    _, _, charset = content_type.lower().partition("charset=")
    try:
        parser = html.HTMLParser(encoding=charset.strip(" \"'").partition(";")[0] or None)
    except LookupError:
        parser = html.HTMLParser()
    try:
        page = html.document_fromstring(body, parser=parser)
    except (etree.ParserError, ValueError, AssertionError) as error:
        raise BadFeed("the page is empty") from error
    return page


def base_of(page: etree._Element, url: str) -> str:
    return absolute(next((base.get("href") for base in page.iter("base")), ""), url) or url


def read(body: bytes, content_type: str, url: str, css: str) -> Contents:
    """The links of a page that a selector chooses, each once, in the page's order. Raises BadFeed."""
    chosen = selector(css)
    page = parse_page(body, content_type)
    base = base_of(page, url)
    items: dict[str, Item] = {}
    for item in (_item(element, base, url) for element in chosen(page)):
        if item and not (item.url in items and items[item.url].title):  # a picture's link has no words
            items[item.url] = item
    if not items:
        raise BadFeed(f"no link on the page is chosen by {css!r}: the page may have changed")
    title = next((plain(element.text_content()) for element in page.iter("title")), "")
    return Contents(items=tuple(items.values()), title=title, homepage=url)


def _item(element: etree._Element, base: str, page_url: str) -> Item | None:
    """The article that an element links to, whether it is the link, holds it or stands in it."""
    link = element if element.get("href") else next((a for a in element.iter("a") if a.get("href")), None)
    if link is None:
        link = next((a for a in element.iterancestors("a") if a.get("href")), None)
    if link is None:
        return None
    url = absolute(link.get("href"), base).partition("#")[0]
    if not url or url == page_url.partition("#")[0]:
        return None
    time = next((each.get("datetime") for each in element.iter("time")), None)
    return Item(url=url, title=plain(" ".join(element.text_content().split())), published=moment(time))
