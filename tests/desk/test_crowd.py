"""Many editors at once, on a real server: nothing is lost, nothing is done twice, nobody waits in a circle."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections

from peacetracker.database.refusals import AT_ONCE, Refused
from peacetracker.desk import services
from peacetracker.desk.models import Decision
from peacetracker.desk.undo import undo
from peacetracker.stances.models import Evidence, Stance, Statement
from tests.desk.conftest import candidate
from tests.factories import DAY, ActorFactory, ArticleFactory, ProposalFactory

DECIDERS = 50
CELLS = 3
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def statements() -> list[Statement]:
    """More candidates than deciders, in few cells, so that all of them meet: with echoes, on the same days."""
    article = ArticleFactory(text=" ".join(f"In meeting {n} we all agreed to sign it." for n in range(100)))
    cells = [(ActorFactory(), ProposalFactory()) for _ in range(CELLS)]
    found = []
    for n in range(60):
        actor, target = cells[n % CELLS]
        found.append(
            candidate(article=article, actor=actor, target=target, quote=f"In meeting {n} we all agreed to sign it",
                      said_on=DAY.replace(day=1 + n % 20), position=["oppose", "neutral", "support"][n % 5 % 3])
        )  # fmt: skip
    copy = ArticleFactory(text=article.text, canonical_url="https://copy.example/")
    for statement in found[:10]:
        candidate(article=copy, actor=statement.actor, target=statement.target, quote=statement.quote,
                  said_on=statement.said_on, position=statement.position)  # fmt: skip
    return found


def at_once(jobs: list[Any]) -> list[Exception | None]:
    """Run jobs in threads that start together; what each raised."""
    gate, outcomes = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(index: int) -> None:
        try:
            gate.wait()
            jobs[index]()
        except Exception as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def _a_connection_each() -> Iterator[None]:
    """The site's pool would let eight of them in at a time."""
    pool = connection.settings_dict["OPTIONS"]["pool"]
    connection.close_pool()
    connection.settings_dict["OPTIONS"]["pool"] = {**pool, "max_size": DECIDERS + 5}
    yield
    connection.close_pool()
    connection.settings_dict["OPTIONS"]["pool"] = pool


@pytest.mark.slow
@pytest.mark.usefixtures("_a_connection_each")
def test_fifty_deciders_lose_nothing(statements: list[Statement]) -> None:
    editors = [User.objects.create(username=f"editor {n}", is_superuser=True) for n in range(DECIDERS)]
    before = deadlocks()
    events = Statement.pgh_event_model.objects.filter(pgh_label="update")

    def decider(n: int) -> None:
        for turn in range(3):
            # Each begins elsewhere, and some want the same: only one of them may have it.
            statement = statements[(n * 7 + turn * 13) % len(statements)]
            try:
                [services.accept, services.accept_and_record, _reject][(n + turn) % 3](
                    statement.pk, statement.version, editors[n]
                )
            except Refused as refusal:
                if refusal.constraint not in {"seen_as_it_stands", "position_begins_once_a_day"}:
                    raise

    outcomes = at_once([lambda n=n: decider(n) for n in range(DECIDERS)])
    assert [error for error in outcomes if error] == []
    assert deadlocks() == before

    decided = Statement.objects.exclude(state="candidate")
    first_hand = Decision.objects.filter(statement__in=[s.pk for s in statements])
    assert Counter(first_hand.values_list("statement", flat=True)).most_common(1)[0][1] == 1
    assert first_hand.count() == decided.filter(pk__in=[s.pk for s in statements]).count() > 20
    for statement in decided.select_related("echo_of"):
        decision = Decision.objects.get(statement=statement.echo_of or statement)
        assert statement.decided_by == decision.editor
        assert list(events.filter(pgh_obj=statement).values_list("state", "decided_by")) == [
            (statement.state, decision.editor_id)
        ]
    for stance in Stance.objects.published():
        assert stance.statements.filter(state="accepted").exists()
    assert Evidence.objects.filter(statement__state="rejected").count() == 0


def _reject(pk: int, version: int, by: User) -> Decision:
    return services.reject(pk, version, "hearsay", by)


def test_two_who_undo_at_once_undo_once() -> None:
    editor = User.objects.create(username="editor", is_superuser=True)
    statement = candidate()
    decision = services.accept(statement.pk, statement.version, editor)
    outcomes = at_once([lambda: undo(decision, editor)] * 2)
    refused = [error for error in outcomes if error]
    assert [type(error) for error in refused] == [Refused]
    statement.refresh_from_db()
    assert statement.state == "candidate"


def test_two_first_positions_of_one_actor_become_two_periods() -> None:
    editor = User.objects.create(username="editor", is_superuser=True)
    one = candidate(position="oppose")
    other = candidate(actor=one.actor, target=one.target, position="support", said_on=DAY.replace(day=25))
    outcomes = at_once([lambda s=s: services.accept_and_record(s.pk, s.version, editor) for s in (one, other)])
    assert [error for error in outcomes if error and getattr(error, "constraint", "") != AT_ONCE] == []
    assert [stance.position for stance in Stance.objects.order_by("period")] == ["oppose", "support"]
