"""One article: to readers the passages that prove something, to editors the whole text."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from peacetracker.dashboard.evidence import exhibit
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.dashboard.passages import Passage, Span, marked, passages
from peacetracker.press.models import Article
from peacetracker.stances.models import Statement
from peacetracker.stances.querysets import StatementQuerySet


@dataclass(frozen=True)
class Shown:
    """A passage with the statements in it, in the order of the text."""

    passage: Passage
    statements: list[Statement]


@reader_page("dashboard/article.html")
def article(request: HttpRequest, page: Page, pk: int) -> Context:
    found = get_object_or_404(Article.objects.select_related("source", "syndicated_from"), pk=pk)
    statements = list(_statements(found, page).filter(former_text=None))
    gone = list(_statements(found, page).exclude(former_text=None).with_passage())
    if not statements and not gone and not page.staff:
        raise Http404("No accepted statement stands in this article.")
    whole = page.staff or found.text_kind == Article.TextKind.NOTE or settings.FULL_TEXTS_FOR_READERS
    return {
        "article": found,
        "whole": whole,
        "shown": _shown(found, statements, whole=whole),
        "numbers": {statement.pk: number for number, statement in enumerate(statements, 1)},
        "statements": statements,
        "gone": [exhibit(statement) for statement in gone],
        "snapshot": found.snapshots.last(),  # the first that was kept: what the quotes were read in
        "copies": found.copies.filter(Q(url__startswith="https://") | Q(url__startswith="http://")),
    }


def _statements(found: Article, page: Page) -> StatementQuerySet:
    statements = found.statements.for_display().order_by("start", "end", "pk")
    return statements if page.staff else statements.accepted()


def _shown(found: Article, statements: list[Statement], *, whole: bool) -> list[Shown]:
    spans = [Span(statement.pk, statement.start, statement.end) for statement in statements]
    by_id = {statement.pk: statement for statement in statements}
    if whole:
        cut = [Passage(marked(found.text, spans), tuple(by_id), cut_before=False, cut_after=False)]
    else:
        cut = passages(found.text, spans)
    return [Shown(passage, [by_id[one] for one in passage.statements]) for passage in cut]
