"""Offsets count code points: what Python slices is what the database accepts, and nothing beside it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, connection, transaction
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from peacetracker.database.refusals import Refused, checked
from peacetracker.press.models import Article, digest_of
from peacetracker.stances.models import Statement
from tests.factories import ActorFactory, ArticleFactory, ProposalFactory, StatementFactory

HARD = "🕊️ e\u0301 👩🏽‍⚖️\r\nŁódź “мир”\n\u200d\u202e𝔸 \u00a0\t"
# Whatever PostgreSQL can hold, often of what is hard to count: planes, marks that combine, line ends.
TEXTS = st.text(st.one_of(st.sampled_from(HARD), st.characters(exclude_categories=["Cs"], exclude_characters="\0")))


SPAN_RULES = {"quote_is_verbatim", "span_is_as_long_as_the_quote"}


class Undo(Exception):
    """Leaves the transaction of one example."""


def article_with(text: str) -> Article:
    return ArticleFactory(text=text, source=None)


def refusal_of(article: Article, start: int, end: int, quote: str) -> str:
    """The rule that refuses a statement with that quote at that span; empty where it is stored."""
    said = {"actor": ActorFactory(), "target": ProposalFactory(), "position": "support"}
    return refusal(lambda: Statement.objects.create(article=article, start=start, end=end, quote=quote, **said))


def refusal(change: Callable[[], object]) -> str:
    try:
        with checked():
            change()
    except Refused as refused:
        return refused.constraint
    return ""


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(text=TEXTS, data=st.data())
@example(text=HARD, data=None)
def test_a_slice_is_accepted_and_a_shifted_one_refused(text: str, data: Any) -> None:
    assume(text)
    start = data.draw(st.integers(0, len(text) - 1)) if data else 0
    end = data.draw(st.integers(start + 1, len(text))) if data else len(text)
    shift = data.draw(st.integers(-3, 3).filter(bool)) if data else 1
    quote = text[start:end]
    with pytest.raises(Undo), transaction.atomic():
        article = article_with(text)
        assert article.text == text
        article.refresh_from_db()
        assert article.text == text, "the text comes back as it went"
        if start + shift >= 0 and text[start + shift : end + shift] != quote:
            assert refusal_of(article, start + shift, end + shift, quote) in SPAN_RULES
        if end + shift > start:
            assert refusal_of(article, start, end + shift, quote) in SPAN_RULES
        assert refusal_of(article, start, end, quote) == ""
        raise Undo


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(before=TEXTS, quote=TEXTS, after=TEXTS, changed=TEXTS)
def test_a_text_changes_only_around_its_quotes(before: str, quote: str, after: str, changed: str) -> None:
    assume(quote)
    with pytest.raises(Undo), transaction.atomic():
        article = article_with(before + quote + after)
        assert refusal_of(article, len(before), len(before) + len(quote), quote) == ""
        same = changed[len(before) : len(before) + len(quote)] == quote
        rewrite = Article.objects.filter(pk=article.pk).update
        assert refusal(lambda: rewrite(text=changed or "-")) == ("" if same else "quotes_stay_verbatim")
        assert refusal(lambda: rewrite(text=before + quote + changed)) == ""
        raise Undo


@pytest.mark.django_db
class TestWhatCannotBeStored:
    TEXTS = {"NUL": "peace\0plan", "surrogate": json.loads('"peace \\ud83d plan"')}

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    def test_save_says_so_before_the_database_does(self, text: str, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0), pytest.raises(ValidationError, match="remove it"):
            Article(url="urn:a", canonical_url="urn:a", text=text).save()

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    def test_validation_says_so(self, text: str) -> None:
        with pytest.raises(ValidationError) as error:
            Article(url="urn:a", canonical_url="urn:a", text=text).full_clean()
        assert "remove it" in str(error.value.message_dict["text"])

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    def test_nothing_gets_past_bulk_operations_and_sql(self, text: str) -> None:
        article = ArticleFactory()
        attempts = [
            lambda: Article.objects.bulk_create([Article(url="urn:a", canonical_url="urn:a", text=text)]),
            lambda: Article.objects.update(text=text),
            lambda: connection.cursor().execute("UPDATE press_article SET text = %s", [text]),
        ]
        for attempt in attempts:
            with pytest.raises((DataError, UnicodeEncodeError)), transaction.atomic():
                attempt()
        article.refresh_from_db()
        assert "peace" not in article.text


@pytest.mark.django_db
class TestDigest:
    def test_it_follows_the_text(self) -> None:
        article = ArticleFactory()
        assert article.digest == digest_of(article.text)
        article.text = "Another."
        article.save(update_fields=["text"])
        article.refresh_from_db()
        assert article.digest == digest_of("Another.")

    def test_an_article_without_a_text_has_none(self) -> None:
        assert ArticleFactory(text="", state="queued").digest == ""


@pytest.mark.django_db
class TestReading:
    def test_readers_see_articles_that_hold_evidence(self) -> None:
        seen = StatementFactory().article
        StatementFactory(article=seen)
        StatementFactory(state="candidate")
        ArticleFactory()
        assert list(Article.objects.readable()) == [seen]

    def test_what_the_pipeline_has_not_finished(self) -> None:
        queued = ArticleFactory(state="queued")
        ArticleFactory(state="extracted")
        ArticleFactory(state="failed", reason="gone")
        assert list(Article.objects.due()) == [queued]

    def test_words_are_found_in_title_and_text(self) -> None:
        title = ArticleFactory(title="A ceasefire at last", text="Nothing else.")
        text = ArticleFactory(title="News", text="They spoke of ceasefires.")
        ArticleFactory()
        assert list(Article.objects.matching("ceasefire")) == [title, text]
