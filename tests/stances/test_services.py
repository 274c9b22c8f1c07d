"""The commands on statements and stances, and what they leave behind when they are refused."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from peacetracker.database.fields import covers, period
from peacetracker.database.refusals import MESSAGES, Refused
from peacetracker.stances import services
from peacetracker.stances.models import Evidence, Position, Stance, Statement
from tests.factories import DAY, ActorFactory, ProposalFactory, StanceFactory, StatementFactory
from tests.people import user_of


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


class Cell:
    """One actor on one target, and a shorthand for recording their positions."""

    def __init__(self) -> None:
        self.actor, self.target = ActorFactory(), ProposalFactory()

    def statement(self, **fields: Any) -> Statement:
        return StatementFactory(actor=self.actor, target=self.target, **fields)

    def record(self, number: int, position: str = "support", **fields: Any) -> Stance:
        fields.setdefault("evidence", [self.statement()])
        return services.record_position(self.actor, self.target, day(number), position, **fields)

    def periods(self) -> list[tuple[int, int | None, str]]:
        """From which day until which day which position, in time; days count from DAY."""
        stances = Stance.objects.published().filter(actor=self.actor, target=self.target).order_by("period")
        return [
            (
                (stance.period.lower - DAY).days,
                (stance.period.upper - DAY).days if stance.period.upper else None,
                stance.position,
            )
            for stance in stances
        ]


@pytest.fixture
def cell(db: None) -> Cell:
    return Cell()


class TestRecordingAPosition:
    def test_the_first(self, cell: Cell) -> None:
        statement = cell.statement()
        stance = cell.record(0, "support_if", evidence=[statement], condition="if Kyiv agrees", note="A note")
        assert stance.published
        assert (stance.condition, stance.note) == ("if Kyiv agrees", "A note")
        assert list(stance.statements.all()) == [statement]
        assert cell.periods() == [(0, None, "support_if")]

    def test_a_new_one_closes_the_running_one(self, cell: Cell) -> None:
        cell.record(0, "support")
        cell.record(10, "oppose")
        assert cell.periods() == [(0, 10, "support"), (10, None, "oppose")]

    def test_in_the_middle_of_history(self, cell: Cell) -> None:
        cell.record(0, "support")
        cell.record(10, "oppose")
        cell.record(5, "neutral")
        assert cell.periods() == [(0, 5, "support"), (5, 10, "neutral"), (10, None, "oppose")]

    def test_before_the_first(self, cell: Cell) -> None:
        cell.record(0, "support")
        cell.record(-5, "oppose")
        assert cell.periods() == [(-5, 0, "oppose"), (0, None, "support")]

    def test_after_a_position_that_ended(self, cell: Cell) -> None:
        StanceFactory(actor=cell.actor, target=cell.target, period=period(day(0), day(3)))
        cell.record(10, "oppose")
        assert cell.periods() == [(0, 3, "support"), (10, None, "oppose")]

    def test_on_the_day_a_position_ends(self, cell: Cell) -> None:
        StanceFactory(actor=cell.actor, target=cell.target, period=period(day(0), day(3)))
        cell.record(3, "oppose")
        assert cell.periods() == [(0, 3, "support"), (3, None, "oppose")]

    def test_drafts_and_other_cells_stay_as_they_are(self, cell: Cell) -> None:
        draft = StanceFactory(actor=cell.actor, target=cell.target, published=False)
        others = [StanceFactory(actor=cell.actor), StanceFactory(target=cell.target)]
        cell.record(10)
        for stance in (draft, *others):
            assert stance.period == Stance.objects.get(pk=stance.pk).period

    def test_twice_on_one_day_is_refused(self, cell: Cell) -> None:
        cell.record(0, "support")
        cell.record(5, "oppose")
        for number in (0, 5):
            with pytest.raises(Refused, match="already begins on that day"):
                cell.record(number, "neutral")
        assert cell.periods() == [(0, 5, "support"), (5, None, "oppose")]

    @pytest.mark.parametrize("evidence", ["none", "candidate", "rejected", "of another actor", "on another target"])
    def test_without_evidence_it_is_refused_and_nothing_is_left(self, cell: Cell, evidence: str) -> None:
        statements = {
            "none": list,
            "candidate": lambda: [cell.statement(state="candidate")],
            "rejected": lambda: [cell.statement(state="rejected")],
            "of another actor": lambda: [StatementFactory(target=cell.target)],
            "on another target": lambda: [StatementFactory(actor=cell.actor)],
        }[evidence]()
        cell.record(0, "support")
        with pytest.raises(Refused, match="must rest on an accepted statement"):
            cell.record(10, "oppose", evidence=statements)
        assert cell.periods() == [(0, None, "support")], "the running stance still runs"
        assert Evidence.objects.count() == 1

    def test_a_condition_without_a_conditional_position_is_refused(self, cell: Cell) -> None:
        with pytest.raises(Refused, match="have a condition"):
            cell.record(0, "support", condition="if Kyiv agrees")
        assert cell.periods() == []

    def test_candidates_are_accepted_with_it_or_not_at_all(self, cell: Cell) -> None:
        editor = user_of("chief_editor")
        candidate = cell.statement(state="candidate")
        record = lambda **more: services.accept_and_record(  # noqa: E731
            cell.actor, cell.target, DAY, "support", evidence=[candidate], by=editor, **more
        )
        with pytest.raises(Refused):
            record(condition="“support” has none")
        candidate.refresh_from_db()
        assert (candidate.state, candidate.decided_by) == ("candidate", None)
        record()
        candidate.refresh_from_db()
        assert (candidate.state, candidate.decided_by) == ("accepted", editor)
        assert cell.periods() == [(0, None, "support")]

    def test_more_evidence_for_a_stance(self, cell: Cell) -> None:
        stance = cell.record(0)
        more = [cell.statement(state="candidate"), stance.statements.get()]
        services.corroborate(stance, more)
        assert set(stance.statements.values_list("state", flat=True)) == {"accepted"}
        assert stance.statements.count() == 2


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-20, 20), st.sampled_from(Position)),
        min_size=1,
        max_size=8,
    )
)
def test_recorded_positions_tile_time(records: list[tuple[int, str]]) -> None:
    """From the first day on, on every day exactly one stance: the last recorded that begins on the latest day."""
    sid = transaction.savepoint()
    cell, begun = Cell(), {}
    for number, position in records:
        if number in begun:
            with pytest.raises(Refused):
                cell.record(number, position)
        else:
            cell.record(number, position)
            begun[number] = position
    starts = sorted(begun)
    expected = list(zip(starts, [*starts[1:], None], (begun[number] for number in starts), strict=True))
    assert cell.periods() == expected

    stances = list(Stance.objects.published().filter(actor=cell.actor))
    for number in range(starts[0] - 2, starts[-1] + 3):
        held = [stance for stance in stances if covers(stance.period, day(number))]
        assert held == list(Stance.objects.on(day(number)).filter(actor=cell.actor))
        assert len(held) == (number >= starts[0])

    shifts = [(start, begun[start]) for before, start in zip(starts, starts[1:]) if begun[before] != begun[start]]  # noqa: B905, RUF007
    found = Stance.objects.shifts().filter(actor=cell.actor)
    assert [((s.period.lower - DAY).days, s.position) for s in found] == shifts[::-1]
    transaction.savepoint_rollback(sid)


@pytest.mark.django_db(transaction=True)
class TestTwoEditorsAtOnce:
    def race(self, *acts: Callable[[], object]) -> list[Refused]:
        """Start both at the same moment; the refusals."""
        barrier, refusals, problems = threading.Barrier(len(acts), timeout=10), [], []

        def run(act: Callable[[], object]) -> None:
            try:
                barrier.wait()
                act()
            except Refused as refusal:
                refusals.append(refusal)
            except BaseException as problem:
                problems.append(problem)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert not problems, "an editor would see a server error"
        return refusals

    @pytest.mark.parametrize("running", [False, True])
    def test_on_one_day_one_wins_and_the_other_gets_words(self, running: bool) -> None:
        cell = Cell()
        if running:
            cell.record(-10, "neutral")
        evidence = [cell.statement()]
        refusals = self.race(
            lambda: cell.record(0, "support", evidence=evidence), lambda: cell.record(0, "oppose", evidence=evidence)
        )
        assert len(refusals) == 1
        assert str(refusals[0]) in MESSAGES.values(), "in words"
        assert len(cell.periods()) == 1 + running

    def test_on_two_days_nothing_overlaps_and_nothing_is_half_written(self) -> None:
        cell = Cell()
        cell.record(-10, "neutral")
        evidence = [cell.statement()]
        refusals = self.race(
            lambda: cell.record(0, "support", evidence=evidence), lambda: cell.record(5, "oppose", evidence=evidence)
        )
        starts = [start for start, _, _ in cell.periods()]
        ends = [end for _, end, _ in cell.periods()]
        assert ends == [*starts[1:], None]
        assert len(starts) == 3 - len(refusals)
        assert all(str(refusal) in MESSAGES.values() for refusal in refusals)


class TestDrafts:
    def test_an_editor_records_a_draft_that_changes_nothing_yet(self, cell: Cell) -> None:
        cell.record(0, "oppose")
        draft = services.accept_and_record(
            cell.actor, cell.target, day(5), "support", evidence=[cell.statement()], by=user_of("editor")
        )
        assert not draft.published
        assert cell.periods() == [(0, None, "oppose")]

    def test_publishing_it_closes_what_runs_and_stops_where_the_next_begins(self, cell: Cell) -> None:
        cell.record(0, "oppose")
        cell.record(9, "neutral")
        draft = services.draft_position(cell.actor, cell.target, day(5), "support", evidence=[cell.statement()])
        services.publish(draft, by=user_of("chief_editor"))
        assert cell.periods() == [(0, 5, "oppose"), (5, 9, "support"), (9, None, "neutral")]
        assert draft.period == period(day(5), day(9))

    def test_one_that_ends_within_another_does_not_swallow_its_rest(self, cell: Cell) -> None:
        cell.record(0, "oppose")
        draft = services.draft_position(cell.actor, cell.target, day(5), "support", evidence=[cell.statement()])
        draft.period = period(day(5), day(7))
        draft.save()
        with pytest.raises(Refused, match="already has a published stance"):
            services.publish(draft)
        assert cell.periods() == [(0, None, "oppose")]

    def test_one_that_could_never_be_published_is_refused(self, cell: Cell) -> None:
        cell.record(0, "oppose")
        with pytest.raises(Refused, match="already begins on that day"):
            services.draft_position(cell.actor, cell.target, DAY, "support", evidence=[cell.statement()])


class TestDeciding:
    def test_accepting_says_who_and_when(self, db: None) -> None:
        editor = user_of("chief_editor")
        statement = StatementFactory(state="candidate")
        services.accept(statement, by=editor)
        stored = Statement.objects.get()
        assert (stored.state, stored.decided_by, stored.decided_at) == ("accepted", editor, statement.decided_at)

    def test_rejecting_keeps_the_reason_and_reopening_drops_it(self, db: None) -> None:
        statement = StatementFactory()
        services.reject(statement, "misread")
        assert Statement.objects.get().rejection_reason == "misread"
        services.reopen(statement)
        assert (Statement.objects.get().state, Statement.objects.get().rejection_reason) == ("candidate", "")

    @pytest.mark.parametrize("missing", ["actor", "target", "said_on"])
    def test_what_is_incomplete_cannot_be_accepted(self, db: None, missing: str) -> None:
        statement = StatementFactory(state="candidate", **{missing: None})
        with pytest.raises(Refused, match="Fill them in first"):
            services.accept(statement)
        assert statement.state == "candidate", "the object still says what is stored"
        assert Statement.objects.get().state == "candidate"

    @pytest.mark.parametrize("decide", [services.reject, services.reopen])
    def test_the_last_evidence_of_a_published_stance_stays(self, db: None, decide: Any) -> None:
        stance = StanceFactory()
        statement = stance.statements.get()
        with pytest.raises(Refused, match="withdraw the stance"):
            decide(statement)
        assert (statement.state, Statement.objects.get().state) == ("accepted", "accepted")
        services.withdraw(stance)
        decide(statement)

    def test_publishing_beside_a_published_stance_is_refused(self, db: None) -> None:
        stance = StanceFactory()
        draft = StanceFactory(actor=stance.actor, target=stance.target, published=False)
        with pytest.raises(Refused, match="already begins on that day"):
            services.publish(draft)
        assert not draft.published
        services.withdraw(stance)
        services.publish(draft)
        assert list(Stance.objects.published()) == [draft]


class TestQueries:
    def test_a_day_belongs_to_the_stance_that_begins_on_it(self, cell: Cell) -> None:
        cell.record(0, "support")
        cell.record(10, "oppose")
        held = [[stance.position for stance in Stance.objects.on(day(number))] for number in (-1, 0, 9, 10, 11)]
        assert held == [[], ["support"], ["support"], ["oppose"], ["oppose"]]

    def test_a_shift_changes_the_position_and_not_only_its_condition(self, cell: Cell) -> None:
        cell.record(0, "support_if", condition="a")
        cell.record(5, "support_if", condition="b")
        cell.record(10, "support")
        assert [stance.previous_position for stance in Stance.objects.shifts()] == ["support_if"]
        previous = Stance.objects.with_previous().order_by("period").values_list("previous_condition", flat=True)
        assert list(previous) == [None, "a", "b"]

    def test_drafts_are_no_shifts(self, cell: Cell) -> None:
        stance = cell.record(0, "support")
        StanceFactory(
            actor=cell.actor, target=cell.target, position="oppose", published=False, period=period(day(9), None)
        )
        assert not Stance.objects.shifts().exists()
        assert list(Stance.objects.begun_by(day(0))) == [stance]

    def test_statements_by_state_and_day(self, cell: Cell) -> None:
        accepted = cell.statement(said_on=day(0))
        candidate = cell.statement(said_on=day(1), state="candidate")
        assert list(Statement.objects.accepted()) == [accepted]
        assert list(Statement.objects.candidates()) == [candidate]
        assert list(Statement.objects.said_by(day(0))) == [accepted]

    def test_the_grade_of_a_statement(self, cell: Cell) -> None:
        assert cell.statement(credibility=2).source_grade == "B2"
        statement = cell.statement()
        statement.article.source = None
        assert statement.source_grade == "F6"
