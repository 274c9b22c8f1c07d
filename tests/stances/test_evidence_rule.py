"""A published stance rests on an accepted statement of its actor on its target."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from peacetracker.database.fields import period
from peacetracker.database.refusals import Refused, checked
from peacetracker.stances import services
from peacetracker.stances.models import Evidence, Stance, Statement
from tests.factories import (
    DAY,
    ActorFactory,
    ArticleFactory,
    ProposalFactory,
    StanceFactory,
    StatementFactory,
)

RULE = "published_stance_rests_on_an_accepted_statement"


def refused(change: Callable[[], object]) -> str:
    """The name of the constraint that refuses a change at the latest at COMMIT."""
    with pytest.raises(Refused) as refusal, checked():
        change()
    return refusal.value.constraint


@pytest.mark.django_db
class TestThroughEveryDoor:
    def test_publishing_without_evidence(self) -> None:
        assert refused(lambda: StanceFactory(evidence=[])) == RULE

    def test_publishing_a_draft_without_evidence(self) -> None:
        draft = StanceFactory(evidence=[], published=False)
        with pytest.raises(Refused) as refusal:
            services.publish(draft)
        assert "Accept or add another statement" in str(refusal.value)

    def test_bulk_create(self) -> None:
        stance = Stance(
            actor=ActorFactory(),
            target=ProposalFactory(),
            period=period(DAY, None),
            position="support",
            published=True,
        )
        assert refused(lambda: Stance.objects.bulk_create([stance])) == RULE

    def test_rejecting_the_last_evidence(self) -> None:
        stance = StanceFactory()
        with pytest.raises(Refused):
            services.reject(stance.statements.get())
        assert stance.statements.get().state == "accepted"

    def test_queryset_update_of_statements(self) -> None:
        StanceFactory()
        assert refused(lambda: Statement.objects.update(state="candidate")) == RULE

    def test_sql(self) -> None:
        StanceFactory()
        with connection.cursor() as cursor:
            assert refused(lambda: cursor.execute("UPDATE stances_statement SET state = 'rejected'")) == RULE
            assert refused(lambda: cursor.execute("DELETE FROM stances_evidence")) == RULE

    def test_unlinking(self) -> None:
        stance = StanceFactory()
        assert refused(lambda: stance.evidence.all().delete()) == RULE

    def test_moving_the_statement_to_another_actor(self) -> None:
        stance, other = StanceFactory(), ActorFactory()
        assert refused(lambda: stance.statements.update(actor=other)) == RULE

    def test_evidence_about_another_target_does_not_count(self) -> None:
        assert refused(lambda: StanceFactory(evidence=[StatementFactory()])) == RULE

    def test_a_statement_that_is_evidence_cannot_be_deleted(self) -> None:
        stance = StanceFactory()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM stances_statement WHERE id = %s", [stance.statements.get().pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_swapping_evidence_in_one_transaction_passes(self) -> None:
        stance = StanceFactory()
        other = StatementFactory(actor=stance.actor, target=stance.target)
        with checked():
            stance.evidence.all().delete()
            Evidence.objects.create(stance=stance, statement=other)
        assert stance.statements.get() == other

    def test_a_withdrawn_stance_may_lose_its_evidence(self) -> None:
        stance = StanceFactory()
        services.withdraw(stance)
        services.reject(stance.statements.get(), "misread")


@pytest.mark.django_db(transaction=True)
class TestTwoEditorsAtOnce:
    def race(self, *changes: Callable[[], object]) -> list[str]:
        """Run changes so that each has written before any commits; the constraints that refused."""
        barrier, refusals = threading.Barrier(len(changes), timeout=5), []

        def run(change: Callable[[], object]) -> None:
            try:
                with checked():
                    change()
                    # Whoever must wait for the other's lock never comes here in time, and need not.
                    try:
                        barrier.wait(timeout=0.5)
                    except threading.BrokenBarrierError:
                        pass
            except Refused as refusal:
                refusals.append(refusal.constraint)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[change]) for change in changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
            assert not thread.is_alive(), "deadlock"
        return refusals

    def everything_published_has_evidence(self) -> bool:
        return not Stance.objects.published().exclude(statements__state="accepted").exists()

    def test_un_accepting_two_supporting_statements(self) -> None:
        stance = StanceFactory()
        first = stance.statements.get()
        article = ArticleFactory()
        second = StatementFactory(article=article, actor=stance.actor, target=stance.target)
        Evidence.objects.create(stance=stance, statement=second)
        refusals = self.race(
            lambda: Statement.objects.filter(pk=first.pk).update(state="rejected"),
            lambda: Statement.objects.filter(pk=second.pk).update(state="rejected"),
        )
        assert refusals == [RULE]
        assert self.everything_published_has_evidence()

    def test_publishing_beside_un_accepting(self) -> None:
        draft = StanceFactory(published=False)
        statement = draft.statements.get()
        refusals = self.race(
            lambda: Stance.objects.filter(pk=draft.pk).update(published=True),
            lambda: Statement.objects.filter(pk=statement.pk).update(state="rejected"),
        )
        assert refusals == [RULE]
        assert self.everything_published_has_evidence()

    def test_linking_beside_un_accepting(self) -> None:
        actor, target = ActorFactory(), ProposalFactory()
        statement = StatementFactory(actor=actor, target=target)

        def publish() -> None:
            services.publish_new(actor, target, period(DAY, None), "support", [statement])

        self.race(publish, lambda: Statement.objects.filter(pk=statement.pk).update(state="rejected"))
        assert self.everything_published_has_evidence()
