"""The database's refusals reach people in words, before COMMIT and whatever the reason."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from peacetracker.actors.models import Actor
from peacetracker.database.refusals import AT_ONCE, MESSAGES, Refused, checked
from peacetracker.stances.models import Evidence
from tests.factories import ActorFactory, StanceFactory


@pytest.mark.django_db
class TestChecked:
    def test_a_deferred_rule_speaks_at_the_end_of_the_block(self) -> None:
        stance = StanceFactory()
        with pytest.raises(Refused) as refusal, transaction.atomic(), checked():
            Evidence.objects.all().delete()
        assert refusal.value.constraint == "published_stance_rests_on_an_accepted_statement"
        assert str(refusal.value) == MESSAGES[refusal.value.constraint]
        assert stance.statements.exists(), "the block was rolled back"

    def test_it_stays_deferred_within_and_after_the_block(self) -> None:
        stance = StanceFactory()
        statement = stance.statements.get()
        with checked():
            for _ in range(2):
                Evidence.objects.all().delete()
                Evidence.objects.create(stance=stance, statement=statement)
        with transaction.atomic():
            Evidence.objects.all().delete()
            Evidence.objects.create(stance=stance, statement=statement)

    def test_a_rule_without_words_says_what_the_database_says(self) -> None:
        with pytest.raises(Refused) as refusal, checked():
            ActorFactory(slug=ActorFactory().slug)
        assert "unique" in str(refusal.value)

    def test_an_outage_is_no_refusal(self) -> None:
        with pytest.raises(OperationalError), checked():
            raise OperationalError("the server closed the connection")

    def test_every_message_is_about_a_rule(self) -> None:
        from tests.database.test_constraints import ALL, ONLY_CHANGES, ONLY_NEW_ROWS

        rules = {rule for rule, _ in [*ALL, *ONLY_NEW_ROWS, *ONLY_CHANGES]}
        of_commands = {AT_ONCE, "position_begins_once_a_day"}
        deferred = {"published_stance_rests_on_an_accepted_statement"}
        assert set(MESSAGES) - rules - of_commands - deferred == set()


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_told_in_words() -> None:
    first, second = ActorFactory(), ActorFactory()
    barrier, refusals = threading.Barrier(2, timeout=10), []

    def run(actors: list[Actor]) -> None:
        try:
            with checked():
                Actor.objects.filter(pk=actors[0].pk).update(summary="Mine")
                barrier.wait()
                Actor.objects.filter(pk=actors[1].pk).update(summary="Mine too")
        except Refused as refusal:
            refusals.append(refusal.constraint)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[actors]) for actors in ([first, second], [second, first])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert refusals == [AT_ONCE]
