"""A quote stays verbatim when its text changes at the same moment."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from peacetracker.database.refusals import Refused, checked
from peacetracker.press.models import Article
from peacetracker.stances.models import Statement
from tests.factories import ActorFactory, ArticleFactory, ProposalFactory, StatementFactory


def one_within_the_other(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """Begin the second while the first has written and not yet committed; the constraints that refuse."""
    refusals: list[str] = []

    def run() -> None:
        try:
            with checked():
                second()
        except Refused as refusal:
            refusals.append(refusal.constraint)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with checked():
        first()
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive(), "it must wait to see what becomes of the first"
    thread.join(timeout=20)
    return refusals


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("quoting_first", [True, False])
def test_quoting_beside_rewriting(quoting_first: bool) -> None:
    article, actor, target = ArticleFactory(), ActorFactory(), ProposalFactory()

    def quote() -> None:
        StatementFactory(article=article, actor=actor, target=target)

    def rewrite() -> None:
        Article.objects.filter(pk=article.pk).update(text="Quite another text.")

    if quoting_first:
        assert one_within_the_other(quote, rewrite) == ["quotes_stay_verbatim"]
    else:
        assert one_within_the_other(rewrite, quote) == ["quote_is_verbatim"]
    for statement in Statement.objects.select_related("article"):
        assert statement.article.text[statement.start : statement.end] == statement.quote
