"""Search over everything readers see: names forgive misspelling, texts are searched by the stems of their words."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
)
from django.db.models import Count, F, Func, Max, Q, QuerySet, TextField
from django.db.models.functions import Greatest
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from peacetracker.actors.models import Actor
from peacetracker.dashboard.positions import MARKS, Mark
from peacetracker.database.search import likeness
from peacetracker.press.models import Article
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Statement

ENGLISH = "english"
ALIKE = 0.5  # word similarity of trigrams: "Zelensky" and "Zelenskyy" have 0.89, "Orban" and "Austria" 0.17
ALIKE_WORD = 0.6  # for one word of several, where chance is greater
ON, OFF = "\x02", "\x03"  # around what a headline marks; no text of ours holds them
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True)
class Facets:
    """How many of the quotes that were found take each position, and were said in each year."""

    positions: list[tuple[Mark, int]]
    years: list[tuple[int, int]]


class _Joined(Func):
    """The items of an array as one text."""

    template = "array_to_string(%(expressions)s, ' · ')"
    output_field = TextField()


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)


def query_of(text: str) -> SearchQuery:
    """As websearch reads it, or with the last word still being typed."""
    query = SearchQuery(text, config=ENGLISH, search_type="websearch")
    parts = [part for word in words_of(text) for part in re.findall(r"\w+", word)]
    if not parts:
        return query
    typed = " & ".join([*parts[:-1], f"{parts[-1]}:*"])
    return query | SearchQuery(typed, config=ENGLISH, search_type="raw")


def actors_like(text: str) -> QuerySet[Actor]:
    """By name or alias; where the words are a sentence, by any longer word of it."""
    found = Actor.objects.annotate(likeness=Greatest(likeness(text, "name"), Max(likeness(text, "aliases__text"))))
    wanted = Q(likeness__gte=ALIKE)
    long_words = sorted({word for word in words_of(text) if len(word) > 3}, key=len, reverse=True)[:4]
    if len(words_of(text)) > 1 and long_words:
        likenesses: list[Func] = [likeness(word, "name") for word in long_words]
        likenesses += [Max(likeness(word, "aliases__text")) for word in long_words]
        found = found.annotate(word_likeness=Greatest(*likenesses))
        wanted |= Q(word_likeness__gte=ALIKE_WORD)
    return found.filter(wanted).order_by("-likeness", "name")


def targets_like(text: str, day: dt.date) -> QuerySet[Target]:
    """Proposals, provisions and issues by their names, the news's terms for them, and our summaries."""
    query = query_of(text)
    vector = (
        SearchVector("name", weight="A", config=ENGLISH)
        + SearchVector(_Joined("terms"), weight="B", config=ENGLISH)
        + SearchVector("summary", weight="C", config=ENGLISH)
    )
    return (
        Target.objects.on_the_table(day)
        .annotate(likeness=likeness(text, "name"), vector=vector, rank=SearchRank(vector, query))
        .filter(Q(vector=query) | Q(likeness__gte=ALIKE_WORD))
        .select_related("proposal")
        .order_by(F("rank").desc(), F("likeness").desc(), "name")
    )


def statements_with(text: str, day: dt.date) -> QuerySet[Statement]:
    """Accepted quotes. The index of the articles' texts finds where to look."""
    query = query_of(text)
    vector = SearchVector("quote", config=ENGLISH)
    said = Statement.objects.accepted().said_by(day).for_display().filter(article__search=query)
    found = said.annotate(vector=vector, rank=SearchRank(vector, query)).filter(vector=query)
    return found.annotate(headline=_headline("quote", query, highlight_all=True)).order_by("-rank", "-said_on", "-id")


def facets(text: str, day: dt.date) -> Facets:
    found = statements_with(text, day).order_by().values_list("position", "said_on__year").annotate(number=Count("pk"))
    positions: Counter[str] = Counter()
    years: Counter[int] = Counter()
    for position, year, number in found:
        positions[position] += number
        years[year] += number
    return Facets(
        [(mark, positions[position]) for position, mark in MARKS.items() if positions[position]],
        sorted(years.items(), reverse=True),
    )


def articles_with(text: str, day: dt.date) -> QuerySet[Article]:
    query = query_of(text)
    return (
        Article.objects.readable()
        .filter(Q(published_on__lte=day) | Q(published_on__isnull=True), search=query)
        .annotate(
            rank=SearchRank(F("search"), query),
            title_headline=_headline("title", query, highlight_all=True),
            headline=_headline("text", query, max_fragments=2, max_words=24, min_words=8),
        )
        .defer("text")
        .select_related("source")
        .order_by("-rank", "-published_on", "-id")
    )


def _headline(column: str, query: SearchQuery, **options: Any) -> SearchHeadline:
    return SearchHeadline(column, query, config=ENGLISH, start_sel=ON, stop_sel=OFF, **options)


def marked_headline(headline: str) -> SafeString:
    """What PostgreSQL marked, as <mark>; all else escaped."""
    escaped = escape(headline)
    return mark_safe(escaped.replace(ON, "<mark>").replace(OFF, "</mark>"))  # noqa: S308 - escaped above


def marked_name(name: str, text: str) -> SafeString:
    """A name with the words marked that resemble a word of the search."""
    wanted = [_plain(word) for word in words_of(text)]

    def mark(word: re.Match[str]) -> str:
        return f"{ON}{word.group()}{OFF}" if _resembles(_plain(word.group()), wanted) else word.group()

    return marked_headline(_WORD.sub(mark, name))


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _resembles(word: str, wanted: Sequence[str]) -> bool:
    return any(
        (len(one) > 1 and word.startswith(one)) or SequenceMatcher(None, word, one).ratio() >= 0.78 for one in wanted
    )


def alias_that_matches(actor: Actor, text: str) -> str:
    """The alias by which an actor was found, where the name does not show it."""
    wanted = [_plain(word) for word in words_of(text)]
    if any(_resembles(_plain(word), wanted) for word in words_of(actor.name)):
        return ""
    for alias in actor.aliases.all():
        if any(_resembles(_plain(word), wanted) for word in words_of(alias.text)):
            return alias.text
    return ""
