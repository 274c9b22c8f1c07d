"""One box for actors, proposals, provisions, issues, quotes and articles."""

import re
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from peacetracker.dashboard.pages import BadParameterError, Context, Page, choice, reader_page
from peacetracker.dashboard.searching import (
    actors_like,
    alias_that_matches,
    articles_with,
    facets,
    marked_headline,
    marked_name,
    statements_with,
    targets_like,
)
from peacetracker.press.models import Article
from peacetracker.proposals.models import Issue, Proposal
from peacetracker.stances.models import Position

KINDS = {
    "actors": gettext_lazy("Actors"),
    "targets": gettext_lazy("Proposals, provisions, issues"),
    "quotes": gettext_lazy("Quotes"),
    "articles": gettext_lazy("Articles"),
}
FEW, MANY = 6, 40


@reader_page("dashboard/search.html", partial="results")
def search(request: HttpRequest, page: Page) -> Context:
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    kind = choice(request, "kind", KINDS)
    position = choice(request, "position", Position.values)
    year = request.GET.get("year", "")
    if year and not re.fullmatch(r"[12][0-9]{3}", year):
        raise BadParameterError("year", year, "give a year such as 2025")
    found = _search(words, page, position, year) if words else {}
    counts = {name: hits.count() for name, hits in found.items()}
    count = sum(counts.values())
    shown: Context = {name: _shown(name, hits, kind) for name, hits in found.items() if kind in ("", name)}
    context: Context = {
        "q": words,
        "kind": kind,
        "kinds": [(name, label, counts.get(name, 0)) for name, label in KINDS.items()],
        "count": count,
        "position": position,
        "year": year,
        "facets": facets(words, page.on) if counts.get("quotes") or position or year else None,
        "few": FEW,
        "many": MANY,
    }
    if not any(shown.values()):
        shown = {
            "proposals": Proposal.objects.on_the_table(page.on).order_by("-tabled_on")[:8],
            "issues": Issue.objects.order_by("name")[:40],
        }
    return context | _marked(shown, words, readable_whole=page.staff or settings.FULL_TEXTS_FOR_READERS)


def _search(words: str, page: Page, position: str, year: str) -> dict[str, QuerySet[Any]]:
    """What is found of each kind. Position and year narrow the quotes, and leave nothing else."""
    quotes = statements_with(words, page.on)
    if position or year:
        wanted = {"position": position} if position else {}
        return {"quotes": quotes.filter(**wanted, **({"said_on__year": int(year)} if year else {}))}
    return {
        "actors": actors_like(words).prefetch_related("aliases"),
        "targets": targets_like(words, page.on),
        "quotes": quotes,
        "articles": articles_with(words, page.on),
    }


def _shown(name: str, hits: QuerySet[Any], kind: str) -> list[Any]:
    """A few of each kind, or many of the one that was asked for."""
    return list(hits[: MANY if kind == name else FEW])


def _marked(shown: Context, words: str, *, readable_whole: bool) -> Context:
    """With the words of the search marked. Readers see no part of an article but what surrounds its statements."""
    return shown | {
        "actors": [
            (actor, marked_name(actor.name, words), alias_that_matches(actor, words))
            for actor in shown.get("actors", [])
        ],
        "targets": [(target, marked_name(target.name, words)) for target in shown.get("targets", [])],
        "quotes": [(statement, marked_headline(statement.headline)) for statement in shown.get("quotes", [])],
        "articles": [
            (
                article,
                marked_headline(article.title_headline or article.canonical_url),
                marked_headline(article.headline)
                if readable_whole or article.text_kind == Article.TextKind.NOTE
                else "",
            )
            for article in shown.get("articles", [])
        ],
    }
