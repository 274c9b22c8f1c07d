"""One box for actors, proposals, provisions, issues, quotes and articles."""

from django.conf import settings
from django.http import HttpRequest

from peacetracker.dashboard.pages import Context, Page, choice, reader_page
from peacetracker.dashboard.searching import (
    Found,
    actors_like,
    alias_that_matches,
    articles_with,
    marked_headline,
    marked_name,
    statements_with,
    targets_like,
)
from peacetracker.press.models import Article
from peacetracker.proposals.models import Issue, Proposal

KINDS = {"actors": "Actors", "targets": "Proposals, provisions, issues", "quotes": "Quotes", "articles": "Articles"}
FEW, MANY = 6, 60


@reader_page("dashboard/search.html", partial="results")
def search(request: HttpRequest, page: Page) -> Context:
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    kind = choice(request, "kind", KINDS)
    context: Context = {"q": words, "kind": kind, "kinds": KINDS.items()}
    found = _find(words, kind, page) if words else Found()
    if not found.count:
        context |= {
            "proposals": Proposal.objects.on_the_table(page.on).order_by("-tabled_on")[:8],
            "issues": Issue.objects.all(),
        }
    readable_whole = page.staff or settings.FULL_TEXTS_FOR_READERS
    return context | {
        "found": found,
        "actors": [(actor, marked_name(actor.name, words), alias_that_matches(actor, words)) for actor in found.actors],
        "targets": [(target, marked_name(target.name, words)) for target in found.targets],
        "quotes": [(statement, marked_headline(statement.headline)) for statement in found.statements],
        "articles": [
            (
                article,
                marked_headline(article.title_headline or article.canonical_url),
                # Readers are shown no other part of an article than what surrounds its statements.
                marked_headline(article.headline)
                if readable_whole or article.text_kind == Article.TextKind.NOTE
                else "",
            )
            for article in found.articles
        ],
        "few": FEW,
    }


def _find(words: str, kind: str, page: Page) -> Found:
    """A few of each kind, or many of one."""
    limit = MANY if kind else FEW
    found = Found()
    if kind in ("", "actors"):
        found.actors = list(actors_like(words).prefetch_related("aliases")[:limit])
    if kind in ("", "targets"):
        found.targets = list(targets_like(words, page.on)[:limit])
    if kind in ("", "quotes"):
        found.statements = list(statements_with(words, page.on)[:limit])
    if kind in ("", "articles"):
        found.articles = list(articles_with(words, page.on)[:limit])
    return found
