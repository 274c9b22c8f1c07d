"""Whether a page that was read is an article that the record has already, under another address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from peacetracker.ingest.addresses import BadAddress, normal_address
from peacetracker.ingest.deduplicate import Signature, fingerprint, likeness
from peacetracker.press.addresses import address_key, is_front_page
from peacetracker.press.models import Address, Article
from peacetracker.press.states import FINISHED, UNFINISHED

LIKE_ENOUGH = 0.5  # a page names another as its own: then half the words say that it is not a mistake


class NotYet(Exception):
    """The page names an article that has still to be read: only its text tells whether they are one."""


def keys_of(urls: Iterable[str]) -> set[str]:
    """The keys that a page is found by; a site's front page is no article."""
    return {key for url in urls if (key := _key(url)) and not is_front_page(key)}


def is_known(article: Article, urls: Sequence[str], signature: Signature) -> bool:
    """Whether another article is the same page. Then the addresses lead to that one. Raises NotYet.

    `urls` are where the page was found and what it calls itself. A page whose canonical link is a mistake, such as one
    that every page of a site carries, stays an article of its own.
    """
    keys = keys_of(urls)
    taken = Address.objects.led_to(keys)
    elsewhere = set(taken.values()) - {article.pk}
    others = Article.objects.defer("search").in_bulk(elsewhere) if elsewhere else {}
    for key, other in ((key, others[pk]) for key, pk in taken.items() if pk in others):
        if other.text and likeness(fingerprint(other.text), signature) >= LIKE_ENOUGH and not _is_used(article):
            Address.objects.filter(article=article).update(article=other)
            other.is_known_by(*urls)
            return True
        if not other.text and other.state in UNFINISHED and other.pk < article.pk:
            raise NotYet
        if not other.text and other.state in FINISHED:
            Address.objects.filter(key=key).update(article=article)
    article.is_known_by(*(url for url in urls if _key(url) in keys - set(taken)))
    return False


def _key(url: str) -> str:
    try:
        return address_key(normal_address(url))
    except BadAddress:
        return ""


def _is_used(article: Article) -> bool:
    """Something points to it: then it stays, and is marked as a copy."""
    return article.statements.exists() or article.copies.exists()
