"""A newer version of an article replaces its text; what was quoted from the older one is found again or stays there."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from peacetracker.press.models import Article, FormerText, digest_of
from peacetracker.stances.models import Statement

AROUND = 60  # code points on either side that tell one place of the same words from another


def replace_text(article: Article, text: str) -> None:
    """Give an article a newer text; the older one is kept, and no statement is lost.

    Statements whose words stand in the newer text move to their place there. The others go on standing in the former
    text, which is what flags them. Does not save the article's other fields.
    """
    with transaction.atomic():
        old = Article.objects.select_for_update().get(pk=article.pk).text
        if old == text:
            return
        former = FormerText.objects.create(article=article, title=article.title, text=old, digest=digest_of(old))
        standing = Statement.objects.filter(article=article, former_text=None)
        moved = list(standing.order_by("pk"))
        standing.update(former_text=former)
        article.text = text
        article.save(update_fields=["text"])
        taken: set[tuple[object, ...]] = set()
        for statement in moved:
            place = new_place(statement.quote, statement.start, old, text)
            spot = (
                place,
                statement.quote,
                statement.actor_id,
                statement.actor_name,
                statement.target_id,
                statement.target_name,
            )
            if place is None or spot in taken:
                continue
            taken.add(spot)
            end = place + len(statement.quote)
            Statement.objects.filter(pk=statement.pk).update(former_text=None, start=place, end=end)


def new_place(quote: str, start: int, old: str, new: str) -> int | None:
    """Where the words that stand at `start` of the old text stand in the new one; None if they do not.

    Of several places the one whose surroundings are most like the old ones; of two such, the one nearest by.
    """

    def likeness(place: int) -> tuple[int, int]:
        before = _common(reversed(old[max(0, start - AROUND) : start]), reversed(new[max(0, place - AROUND) : place]))
        end, new_end = start + len(quote), place + len(quote)
        after = _common(iter(old[end : end + AROUND]), iter(new[new_end : new_end + AROUND]))
        return before + after, -abs(place - start)

    return max(_places(quote, new), key=likeness, default=None)


def _places(quote: str, text: str) -> Iterator[int]:
    place = text.find(quote)
    while place >= 0:
        yield place
        place = text.find(quote, place + 1)


def _common(one: Iterator[str], other: Iterator[str]) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length
