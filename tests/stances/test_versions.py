import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from peacetracker.press.models import Article
from peacetracker.stances.models import Statement
from peacetracker.stances.versions import new_place, replace_text
from tests.factories import ArticleFactory, SourceFactory, StanceFactory, StatementFactory

OLD = "Paris will sign. “We back the plan,” she said. Warsaw waits. Kyiv agrees, it says."
NEW = "Update: Paris will sign soon. “We back the plan,” she said on Friday. Kyiv disagrees, it says."


@given(st.text("ab .", max_size=30), st.text("ab .", min_size=1, max_size=5), st.text("ab .", max_size=30))
def test_unchanged_words_stay_at_their_place(before: str, quote: str, after: str) -> None:
    text = before + quote + after
    assert new_place(quote, len(before), text, text) == len(before)


@given(st.text("ab .", max_size=30), st.text("xy", min_size=3, max_size=9), st.text("ab .", max_size=30), st.text("cd"))
def test_words_are_found_wherever_they_went(before: str, quote: str, after: str, put_in: str) -> None:
    assume(quote not in before + after)
    new = put_in + before + quote + after
    assert new_place(quote, len(before), before + quote + after, new) == len(put_in) + len(before)


def test_of_the_same_words_at_several_places_the_surroundings_decide() -> None:
    old = "France says yes. Poland says yes. Spain says yes."
    new = "Spain says yes. Italy says yes. Poland says yes, too. France says yes."
    assert new_place("says yes", old.index("says yes", 20), old, new) == new.index("Poland") + len("Poland ")


@pytest.mark.django_db
class TestANewerVersion:
    @pytest.fixture
    def article(self) -> Article:
        return ArticleFactory(text=OLD)

    def test_moves_what_moved_and_flags_what_is_gone(self, article: Article) -> None:
        kept = StatementFactory(article=article, quote="We back the plan")
        gone = StatementFactory(article=article, quote="Kyiv agrees")
        replace_text(article, NEW)
        for statement in (kept, gone):
            statement.refresh_from_db()
        assert (article.text, kept.former_text) == (NEW, None)
        assert NEW[kept.start : kept.end] == kept.quote
        assert gone.former_text.text == OLD
        assert gone.state == "accepted"
        assert list(Statement.objects.gone()) == [gone]
        assert "newer version lacks" in gone.lost()[0]

    def test_leaves_no_published_stance_without_its_evidence(self, article: Article) -> None:
        stance = StanceFactory()
        statement = StatementFactory(article=article, quote="Warsaw waits", actor=stance.actor, target=stance.target)
        stance.statements.add(statement)
        replace_text(article, NEW)
        assert statement in stance.statements.all()

    def test_shows_the_passage_of_the_version_that_a_statement_stands_in(self, article: Article) -> None:
        StatementFactory(article=article, quote="Kyiv agrees")
        replace_text(article, NEW)
        shown = Statement.objects.with_passage(around=15).get()
        assert (shown.before, shown.after) == (" Warsaw waits. ", ", it says.")

    def test_lets_two_statements_of_the_same_words_not_collide(self, article: Article) -> None:
        article = ArticleFactory(text="Yes, said Paris. Yes, said Paris.")
        one = StatementFactory(article=article, quote="Yes")
        StatementFactory(article=article, actor=one.actor, target=one.target, quote="Yes", start=17)
        replace_text(article, "Yes, said Paris.")
        assert Statement.objects.filter(article=article, former_text=None).count() == 1
        assert Statement.objects.filter(article=article).count() == 2

    def test_is_replaced_by_a_still_newer_one(self, article: Article) -> None:
        StatementFactory(article=article, quote="Warsaw waits")
        replace_text(article, NEW)
        replace_text(article, OLD)
        assert [former.text for former in article.former_texts.all()] == [OLD, NEW]
        replace_text(article, OLD)
        assert article.former_texts.count() == 2


@pytest.mark.django_db
def test_sources_are_counted_and_not_copies() -> None:
    stance = StanceFactory()
    first = stance.statements.get()
    own = {"actor": stance.actor, "target": stance.target}
    copy = ArticleFactory(syndicated_from=first.article, source=SourceFactory())
    of_the_same_source = ArticleFactory(source=first.article.source)
    without_source = ArticleFactory(source=None)
    copies_unseen = ArticleFactory(syndicated_from=ArticleFactory())
    for article in (copy, of_the_same_source):
        stance.statements.add(StatementFactory(article=article, **own))
    assert stance.statements.independent_sources() == 1
    for article in (without_source, copies_unseen):
        stance.statements.add(StatementFactory(article=article, **own))
    assert stance.statements.independent_sources() == 3
    assert type(stance).objects.with_sources().get(pk=stance.pk).sources == 3
