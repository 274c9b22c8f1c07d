"""Merging duplicates: everything moves, nothing is lost, an alias stays, and all of it can be taken back."""

import datetime as dt
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from peacetracker.accounts.models import AuditEntry
from peacetracker.accounts.roles import PermissionDenied
from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database import merging
from peacetracker.database.fields import period
from peacetracker.database.models import Merger
from peacetracker.database.refusals import Refused
from peacetracker.press.models import Article, Feed, FormerText, Snapshot, Source
from peacetracker.press.services import source_named
from peacetracker.proposals.models import Party, Sponsorship
from peacetracker.stances.models import Stance, Statement
from tests.admin_pages import url
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    ProposalFactory,
    SourceFactory,
    StanceFactory,
    StatementFactory,
)
from tests.people import ROLES, client_of, user_of

pytestmark = pytest.mark.django_db


def record() -> dict[str, Any]:
    """Everything in the record, row by row."""
    apps_of_it = ("actors", "proposals", "press", "stances")
    tables = [model for app in apps_of_it for model in apps.get_app_config(app).get_models()]
    return {
        model.__name__: [
            {field.attname: getattr(row, field.attname) for field in columns(model)}
            for row in model._base_manager.order_by("pk")
        ]
        for model in tables
        if not model.__name__.endswith("Event")
    }


def changed(before: dict[str, Any]) -> list[Any]:
    """What differs in the record from what it was, column by column."""
    now = record()
    if {table: len(rows) for table, rows in now.items()} != {table: len(rows) for table, rows in before.items()}:
        return [(table, len(before[table]), len(rows)) for table, rows in now.items()]
    pairs = [(table, *pair) for table, rows in now.items() for pair in zip(before[table], rows, strict=True)]
    return [(table, name, old[name], new[name]) for table, old, new in pairs for name in new if old[name] != new[name]]


def columns(model: type[models.Model]) -> list[models.Field]:
    passing = {"version", "state_changed_at", "worth"}  # counted and kept by triggers
    return [field for field in model._meta.concrete_fields if field.name not in passing]


@pytest.fixture
def twins() -> tuple[Actor, Actor]:
    """Two rows for France, with rows of every kind that point to them, some of them the same."""
    kept, gone = ActorFactory(name="France", slug="france"), ActorFactory(name="French Republic", slug="france-2")
    plan, macron = ProposalFactory(), ActorFactory(name="Macron", kind="person")
    StanceFactory(actor=kept, target=plan, position="support")
    StanceFactory(actor=gone, target=plan, position="oppose", period=period(DAY + dt.timedelta(days=3), None))
    StanceFactory(actor=gone, position="neutral")
    StatementFactory(actor=macron, speaker=gone, state="candidate")
    Alias.objects.create(actor=gone, text="Paris", kind="metonym")
    Affiliation.objects.create(actor=macron, organisation=kept, kind="speaks_for", role="president")
    Affiliation.objects.create(actor=macron, organisation=gone, kind="speaks_for", role="president")
    Affiliation.objects.create(actor=gone, organisation=kept, kind="member")
    for actor in (kept, gone):
        Sponsorship.objects.create(proposal=plan, actor=actor)
    Party.objects.create(process=plan.process, actor=gone, role="mediator")
    return kept, gone


class TestActors:
    def test_everything_moves(self, twins: tuple[Actor, Actor]) -> None:
        kept, gone = twins
        merging.merge(kept, gone, "the same state")
        assert not Actor.objects.filter(slug="france-2").exists()
        assert kept.stances.count() == 3
        assert kept.statements.count() == 3
        assert kept.spoken_statements.count() == 1
        assert set(kept.aliases.values_list("text", flat=True)) == {"Paris", "French Republic"}
        assert kept.affiliates.count() == 1, "the same affiliation once"
        assert kept.affiliations.count() == 0, "nobody is affiliated with themselves"
        assert kept.sponsorships.count() == 1
        assert kept.parties.get().role == "mediator"

    def test_of_two_stances_at_a_time_one_becomes_a_draft(self, twins: tuple[Actor, Actor]) -> None:
        kept, gone = twins
        moves = merging.preview(kept, gone)
        assert any("becomes a draft" in words and "opposes" in words for words in moves.changed)
        merging.merge(kept, gone)
        assert set(kept.stances.values_list("position", "published")) == {
            ("support", True),
            ("oppose", False),
            ("neutral", True),
        }

    def test_a_preview_changes_nothing(self, twins: tuple[Actor, Actor]) -> None:
        before = record()
        moves = merging.preview(*twins)
        assert moves.moved["statements"] == 3
        assert changed(before) == []
        assert not Merger.objects.exists()

    def test_taking_it_back_restores_every_row(self, twins: tuple[Actor, Actor]) -> None:
        before = record()
        merger = merging.merge(*twins)
        assert changed(before)
        assert merging.undo(merger) == []
        assert changed(before) == []
        with pytest.raises(Refused, match="taken back already"):
            merging.undo(merger)

    def test_what_has_changed_since_stays(self, twins: tuple[Actor, Actor]) -> None:
        kept, gone = twins
        merger = merging.merge(kept, gone)
        stance = kept.stances.get(position="neutral")
        other = ActorFactory()
        Stance.objects.filter(pk=stance.pk).update(published=False)
        Stance.objects.filter(pk=stance.pk).update(actor=other)
        left = merging.undo(merger)
        assert len(left) == 1
        assert "neutral" in left[0]
        stance.refresh_from_db()
        assert stance.actor == other

    def test_the_same_statement_twice_becomes_one_with_all_that_rests_on_it(self) -> None:
        kept, gone, article, target = ActorFactory(), ActorFactory(), ArticleFactory(), ProposalFactory()
        candidate = StatementFactory(article=article, actor=kept, target=target, state="candidate")
        accepted = StatementFactory(article=article, actor=gone, target=target)
        stance = StanceFactory(actor=gone, target=target, evidence=[accepted])
        before = record()
        merger = merging.merge(kept, gone)
        candidate.refresh_from_db()
        stance.refresh_from_db()
        assert candidate.state == "accepted"
        assert (stance.actor, stance.published, stance.statements.get()) == (kept, True, candidate)
        merging.undo(merger)
        assert changed(before) == []

    def test_history_says_why(self, twins: tuple[Actor, Actor]) -> None:
        kept, gone = twins
        chief = user_of("chief_editor")
        merging.merge(kept, gone, "the same state", by=chief)
        stance = kept.stances.get(position="neutral")
        page = client_of("superuser").get(url(Stance, "history", stance.pk)).content.decode()
        assert "merged French Republic into France: the same state" in page
        entry = AuditEntry.objects.get(event="merged")
        assert (entry.username, entry.about) == ("chief_editor", "French Republic into France")

    def test_many_rows_move_in_few_queries(self) -> None:
        counts = []
        for number in (2, 12):
            kept, gone = ActorFactory(), ActorFactory()
            for _ in range(number):
                StatementFactory(actor=gone)
            with CaptureQueriesContext(connection) as queries:
                merging.merge(kept, gone)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    @pytest.mark.parametrize("role", ["viewer", "coder", "editor"])
    def test_it_is_the_chief_editors(self, role: str, twins: tuple[Actor, Actor]) -> None:
        with pytest.raises(PermissionDenied):
            merging.merge(*twins, by=user_of(role))

    def test_two_of_a_kind(self) -> None:
        actor = ActorFactory()
        for kept, gone in ((actor, actor), (actor, SourceFactory())):
            with pytest.raises(Refused, match="two different rows"):
                merging.merge(kept, gone)


class TestSourcesAndArticles:
    def test_sources(self) -> None:
        kept, gone = SourceFactory(), SourceFactory()
        name, article = gone.name, ArticleFactory(source=gone)
        Feed.objects.create(source=gone, url="https://feed.example/")
        before = record()
        merger = merging.merge(kept, gone)
        article.refresh_from_db()
        assert article.source == Feed.objects.get().source == kept
        assert source_named(name) == kept, "what is ingested under the old name is its as well"
        merging.undo(merger)
        assert changed(before) == []
        assert Source.objects.count() == 2

    def test_articles_with_statements_at_other_places(self) -> None:
        kept = ArticleFactory(text="Reuters. Paris would not sign. “We back the plan if Kyiv agrees,” he said.")
        gone = ArticleFactory()
        statement = StatementFactory(article=gone)
        for number, article in enumerate((kept, gone)):
            place = {"file": "a.warc.gz", "offset": number, "length": 1, "size": 1}
            Snapshot.objects.create(article=article, url="https://a.example", digest="1", **place)
        copy = ArticleFactory(syndicated_from=gone)
        before = record()
        merger = merging.merge(kept, gone)
        for row in (statement, copy):
            row.refresh_from_db()
        assert statement.article == copy.syndicated_from == kept
        assert kept.text[statement.start : statement.end] == statement.quote
        assert kept.snapshots.count() == 2
        merging.undo(merger)
        assert changed(before) == []

    def test_a_statement_of_a_former_text(self) -> None:
        kept, gone = ArticleFactory(), ArticleFactory(text="Old: We back the plan if Kyiv agrees")
        statement = StatementFactory(article=gone)
        former = FormerText.objects.create(article=gone, text=gone.text, digest="1")
        Statement.objects.update(former_text=former)
        Article.objects.filter(pk=gone.pk).update(text="Rewritten.")
        before = record()
        merger = merging.merge(kept, gone)
        statement.refresh_from_db()
        assert (statement.article, statement.former_text) == (kept, None)
        assert merging.undo(merger) == []
        assert changed(before) == []

    def test_two_articles_that_both_have_former_texts(self) -> None:
        kept, gone = ArticleFactory(text="Reuters. Paris would not sign."), ArticleFactory(text="Rewritten twice.")
        said = [
            StatementFactory(article=ArticleFactory(), quote=quote) for quote in ("We back the plan", "Kyiv agrees")
        ]
        for article, statement in zip((kept, gone), said, strict=True):
            old = statement.article.text
            former = FormerText.objects.create(article=article, text=old, digest="1")
            Statement.objects.filter(pk=statement.pk).update(article=article, former_text=former)
        before = record()
        merger = merging.merge(kept, gone)
        for statement in said:
            statement.refresh_from_db()
            assert (statement.article, statement.former_text.article) == (kept, kept)
            assert statement.text[statement.start : statement.end] == statement.quote
        assert kept.former_texts.count() == 2
        assert merging.undo(merger) == []
        assert changed(before) == []

    def test_a_copy_of_what_goes_becomes_the_first(self) -> None:
        gone = ArticleFactory()
        kept = ArticleFactory(syndicated_from=gone)
        merging.merge(kept, gone)
        kept.refresh_from_db()
        assert kept.syndicated_from is None

    def test_a_quote_that_the_kept_text_lacks_is_refused(self) -> None:
        kept, gone = ArticleFactory(text="Nothing of that."), ArticleFactory()
        StatementFactory(article=gone)
        before = record()
        with pytest.raises(Refused, match="does not stand in the text of"):
            merging.merge(kept, gone)
        assert changed(before) == []


class TestAddresses:
    def test_old_ones_lead_on(self, twins: tuple[Actor, Actor], client: Any) -> None:
        kept, gone = twins
        target = gone.stances.get(position="neutral").target
        merger = merging.merge(kept, gone)
        assert client.get("/actors/france-2/?on=2025-12-01").url == "/actors/france/?on=2025-12-01"
        assert client.get(f"/positions/france-2/{target.slug}/").url == f"/positions/france/{target.slug}/"
        final = ActorFactory(slug="republic")
        merging.merge(final, kept)
        assert client.get("/actors/france-2/").url == "/actors/republic/", "through two mergers"
        assert client.get("/actors/nobody/").status_code == 404
        merging.undo(Merger.objects.exclude(pk=merger.pk).get())
        merging.undo(merger)
        assert client.get("/actors/france-2/").status_code == 200

    def test_of_articles(self, client: Any) -> None:
        kept, gone = StatementFactory().article, ArticleFactory()
        key = gone.pk
        merging.merge(kept, gone)
        assert client.get(f"/articles/{key}/").url == f"/articles/{kept.pk}/"


class TestPages:
    def test_from_the_list_to_the_merger_and_back(self, twins: tuple[Actor, Actor]) -> None:
        kept, gone = twins
        client = client_of("chief_editor")
        lists = url(Actor, "changelist")
        chosen = client.post(lists, {"action": "merge_duplicates", "_selected_action": [kept.pk, gone.pk]})
        page = client.get(chosen.url + f"&keep={kept.pk}").content.decode()
        assert "3 statements move" in page
        assert "becomes a draft" in page
        assert "left out, there already: affiliation" in page
        assert Actor.objects.filter(pk=gone.pk).exists()
        answer = client.post(url(Actor, "merge"), {"row": [kept.pk, gone.pk], "keep": kept.pk, "why": "same"})
        assert answer.url == url(Actor, "change", kept.pk)
        merger = Merger.objects.get()
        assert (merger.reason, merger.by.username) == ("same", "chief_editor")
        page = client.post(
            url(Merger, "changelist"), {"action": "take_back", "_selected_action": merger.pk}, follow=True
        )
        assert "Taken back: French Republic" in page.content.decode()
        assert Actor.objects.filter(slug="france-2").exists()

    def test_a_refusal_is_shown_before_anything_is_done(self) -> None:
        kept, gone = ArticleFactory(text="Nothing of that."), StatementFactory().article
        client = client_of("chief_editor")
        page = client.get(url(Article, "merge"), {"row": [kept.pk, gone.pk], "keep": kept.pk}).content.decode()
        assert "does not stand in the text of" in page
        assert "Merge into" not in page
        data = {"row": [kept.pk, gone.pk], "keep": kept.pk}
        assert "does not stand" in client.post(url(Article, "merge"), data).content.decode()
        assert Article.objects.count() == 2

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("model", [Actor, Source, Article])
    def test_who_may(self, role: str, model: Any) -> None:
        factory = {Actor: ActorFactory, Source: SourceFactory, Article: ArticleFactory}[model]
        one, two = factory(), factory()
        client, may = client_of(role), role in ("chief_editor", "superuser")
        status = client.get(url(model, "merge"), {"row": [one.pk, two.pk]}).status_code
        assert status == (200 if may else 302 if role == "anonymous" else 403)
        client.post(url(model, "merge"), {"row": [one.pk, two.pk], "keep": one.pk})
        assert model.objects.filter(pk=two.pk).exists() == (not may)
        if may:
            client.post(url(Merger, "changelist"), {"action": "take_back", "_selected_action": Merger.objects.get().pk})
            assert model.objects.filter(pk=two.pk).exists()

    @pytest.mark.parametrize("rows", [[], [1], ["x", "y"], list(range(1, 30))])
    def test_too_few_or_too_many(self, rows: list[Any]) -> None:
        assert client_of("chief_editor").get(url(Actor, "merge"), {"row": rows}).status_code == 302
