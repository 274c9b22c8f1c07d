from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peacetracker.analysis.comparison import Basis, Point, align

# Speed is the machine's, not ours to test here.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_recorded_correspondence_comes_before_shared_issues() -> None:
    points = [Point(1, 0, 1, (7,)), Point(2, 0, 2, (8,)), Point(11, 1, 1, (8,)), Point(12, 1, 2, (7,)), Point(13, 1, 3)]
    rows = align(points, [(1, 12)], columns=2)
    assert [(row.basis, row.columns, row.issues) for row in rows] == [
        (Basis.RECORDED, ((1,), (12,)), (7,)),
        (Basis.ISSUE, ((2,), (11,)), (8,)),
        (Basis.ALONE, ((), (13,)), ()),
    ]


def test_correspondence_with_a_proposal_that_is_not_compared_is_passed_over() -> None:
    rows = align([Point(1, 0, 1), Point(2, 1, 1)], [(1, 99)], columns=2)
    assert [row.basis for row in rows] == [Basis.ALONE, Basis.ALONE]


@steady
@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 4), max_size=2, unique=True)), max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=8),
)
def test_every_provision_stands_in_one_row_under_its_proposal(
    drawn: list[tuple[int, list[int]]], links: list[tuple[int, int]]
) -> None:
    points = [Point(n, column, n + 1, tuple(issues)) for n, (column, issues) in enumerate(drawn)]
    rows = align(points, links, columns=3)
    placed = sorted((one, column) for row in rows for column, ids in enumerate(row.columns) for one in ids)
    assert placed == sorted((point.id, point.column) for point in points)
