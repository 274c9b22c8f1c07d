"""The data revision: raised by what readers see, once a transaction, visible together with the data."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from peacetracker.actors.models import Actor
from peacetracker.database.models import RevisionBase, RevisionLog
from peacetracker.database.refusals import checked
from peacetracker.database.revision import current_revision, fold_revision_log
from peacetracker.press.models import Article
from peacetracker.stances import services
from peacetracker.stances.models import Stance, Statement
from tests.database import doors
from tests.database.test_constraints import (
    affiliation,
    alias,
    citation,
    correspondence,
    party,
    provision_issue,
    relation,
    sponsorship,
)
from tests.factories import (
    ActorFactory,
    ArticleFactory,
    IssueFactory,
    ProcessFactory,
    ProposalFactory,
    ProvisionFactory,
    SourceFactory,
    StanceFactory,
    StatementFactory,
)


@pytest.fixture
def raised(db: None) -> Callable[[Callable[[], object]], int]:
    """By how much an act raises the revision, were it a transaction of its own."""

    def measure(act: Callable[[], object]) -> int:
        with checked():  # what is deferred belongs to what came before
            pass
        RevisionLog.objects.all().delete()
        before = current_revision()
        with checked():
            act()
        return current_revision() - before

    return measure


Measure = Callable[[Callable[[], object]], int]

SHOWN = {
    "actor": (ActorFactory, {"name": "Another"}),
    "alias": (alias, {"text": "Another"}),
    "affiliation": (affiliation, {"role": "chair"}),
    "process": (ProcessFactory, {"summary": "Another"}),
    "party": (party, {"role": "observer"}),
    "proposal": (ProposalFactory, {"summary": "Another"}),
    "provision": (ProvisionFactory, {"summary": "Another"}),
    "issue": (IssueFactory, {"summary": "Another"}),
    "sponsorship": (sponsorship, {"actor": ActorFactory}),
    "issue of a provision": (provision_issue, {"issue": IssueFactory}),
    "relation": (relation, {"kind": "counters"}),
    "correspondence": (correspondence, {"other": ProvisionFactory}),
    "citation": (citation, {"title": "Another"}),
    "source": (SourceFactory, {"reliability": "F"}),
    "accepted statement": (StatementFactory, {"role": "minister"}),
    "published stance": (StanceFactory, {"note": "Another"}),
}


def made(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in change.items()}


@pytest.mark.parametrize("door", doors.UPDATES, ids=lambda door: door.__name__)
@pytest.mark.parametrize(("make", "change"), SHOWN.values(), ids=SHOWN)
def test_a_change_to_what_readers_see_raises_it(
    raised: Measure, make: Callable[[], models.Model], change: dict[str, Any], door: Any
) -> None:
    row, change = make(), made(change)
    assert raised(lambda: door(row, change)) == 1


@pytest.mark.parametrize(("make", "change"), SHOWN.values(), ids=SHOWN)
def test_adding_and_removing_raise_it(
    raised: Measure, make: Callable[[], models.Model], change: dict[str, Any]
) -> None:
    row = make()
    assert raised(row.delete) == 1
    assert raised(make) == 1


def test_evidence_counts(raised: Measure) -> None:
    stance = StanceFactory()
    other = StatementFactory(actor=stance.actor, target=stance.target)
    assert raised(lambda: services.corroborate(stance, [other])) == 1
    assert raised(lambda: stance.evidence.filter(statement=other).delete()) == 1


def test_deciding_counts_both_ways(raised: Measure) -> None:
    statement = StatementFactory(state="candidate")
    for decide in (services.accept, services.reject, services.accept, services.reopen):
        assert raised(lambda decide=decide: decide(statement)) == 1
    assert raised(lambda: services.reject(statement)) == 0, "nobody saw the candidate"


def test_publishing_and_withdrawing_count(raised: Measure) -> None:
    stance = StanceFactory(published=False)
    assert raised(lambda: services.publish(stance)) == 1
    assert raised(lambda: services.withdraw(stance)) == 1


@pytest.mark.parametrize("state", ["candidate", "rejected"])
@pytest.mark.parametrize("door", doors.EVERY_DOOR, ids=lambda door: door.__name__)
def test_what_lies_in_the_inbox_does_not_count(raised: Measure, door: Any, state: str) -> None:
    row = StatementFactory(state=state)
    assert raised(lambda: door(row, {"role": "minister"})) == 0


@pytest.mark.parametrize("door", doors.EVERY_DOOR, ids=lambda door: door.__name__)
def test_drafts_do_not_count(raised: Measure, door: Any) -> None:
    row = StanceFactory(published=False, evidence=[])
    assert raised(lambda: door(row, {"note": "Another"})) == 0


@pytest.mark.parametrize("door", doors.UPDATES, ids=lambda door: door.__name__)
def test_articles_count_once_they_hold_evidence(raised: Measure, door: Any) -> None:
    article = ArticleFactory()
    assert raised(lambda: door(article, {"title": "Another"})) == 0
    statement = StatementFactory(article=article, state="candidate")
    assert raised(lambda: door(article, {"title": "A third"})) == 0
    services.accept(statement)
    assert raised(lambda: door(article, {"title": "A fourth"})) == 1


def test_the_pipeline_at_work_does_not_count(raised: Measure) -> None:
    article = StatementFactory().article
    assert raised(lambda: Article.objects.filter(pk=article.pk).update(attempts=3, state="parsed")) == 0
    assert raised(lambda: ArticleFactory()) == 1, "its source is new"
    assert raised(lambda: ArticleFactory(source=None)) == 0


def test_many_changes_in_one_transaction_count_once(raised: Measure) -> None:
    def act() -> None:
        StanceFactory()
        Actor.objects.update(summary="Another")
        ProposalFactory.create_batch(2)

    assert raised(act) == 1


def test_a_change_of_no_rows_does_not_count(raised: Measure) -> None:
    assert raised(lambda: Actor.objects.filter(pk=0).update(name="Nobody")) == 0


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    """Each of these commits, or does not."""

    def test_each_transaction_counts_once_and_a_fold_keeps_the_number(self) -> None:
        before = current_revision()
        for _ in range(3):
            ActorFactory()
        with transaction.atomic():
            ActorFactory.create_batch(2)
        assert current_revision() == before + 4
        fold_revision_log()
        assert current_revision() == before + 4
        assert not RevisionLog.objects.exists()
        ActorFactory()
        fold_revision_log()
        fold_revision_log()
        assert current_revision() == before + 5

    def test_what_is_rolled_back_does_not_count(self) -> None:
        before = current_revision()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            ActorFactory()
            assert current_revision() == before + 1
            raise ZeroDivisionError
        assert current_revision() == before

    def test_a_savepoint_rolled_back_does_not_take_the_rest_with_it(self) -> None:
        before = current_revision()
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                ActorFactory()
                raise ZeroDivisionError
            ActorFactory()
        assert current_revision() == before + 1

    def test_number_and_data_appear_together(self) -> None:
        """Another connection sees neither before the commit, and nobody waits for anybody."""
        before, seen = current_revision(), []
        with transaction.atomic():
            ActorFactory(slug="new")
            elsewhere(lambda: seen.append((current_revision(), Actor.objects.filter(slug="new").exists())))
            elsewhere(ActorFactory)
        assert seen == [(before, False)]
        assert current_revision() == before + 2

    def test_a_fold_leaves_what_is_not_committed(self) -> None:
        before = current_revision()
        with transaction.atomic():
            ActorFactory()
            elsewhere(fold_revision_log)
        assert current_revision() == before + 1


def elsewhere(act: Callable[[], object]) -> None:
    """Do it in a transaction of another connection."""
    problems: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive(), "it waits for the open transaction"
    assert not problems, problems


@pytest.mark.django_db
class TestTheTables:
    def second_rows(self) -> Iterator[Callable[[], object]]:
        yield lambda: RevisionBase.objects.create(id=2)
        yield lambda: RevisionBase.objects.bulk_create([RevisionBase(id=3)])
        yield lambda: RevisionBase.objects.update(id=4)
        yield lambda: connection.cursor().execute("INSERT INTO revision_base (id, count) VALUES (5, 0)")

    def test_the_base_has_one_row(self) -> None:
        RevisionBase.objects.get_or_create(id=1)
        for attempt in self.second_rows():
            assert doors.refused(attempt) == "revision_base_has_one_row"

    def test_a_transaction_has_one_row_in_the_log(self) -> None:
        ActorFactory()
        with pytest.raises(IntegrityError), transaction.atomic():
            RevisionLog.objects.create()


@pytest.mark.django_db
def test_every_table_that_readers_see_is_tried() -> None:
    from django.apps import apps

    counting = {
        model
        for label in ("actors", "proposals", "press", "stances")
        for model in apps.get_app_config(label).get_models()
        if any(t.name.startswith("revision_") for t in model._meta.original_attrs.get("triggers", []))
    }
    tried = {type(make())._meta.concrete_model for make, _ in SHOWN.values()}
    assert {model.__name__ for model in counting - tried} == {"Article", "Evidence"}, "these have tests of their own"
    assert Stance in tried
    assert Statement in tried
