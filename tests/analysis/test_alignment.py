import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from peacetracker.analysis.alignment import overlaps, pairs, seriation, similarities, tabulate

# Speed is the machine's, not ours to test here.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

positions = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, np.nan]),
)


@steady
@given(positions, st.integers(1, 4))
def test_similarity_is_symmetric_bounded_and_one_with_oneself(values: np.ndarray, min_overlap: int) -> None:
    similarity = similarities(values, min_overlap)
    assert np.array_equal(similarity, similarity.T, equal_nan=True)
    assert (np.diag(similarity) == 1).all()
    known = similarity[~np.isnan(similarity)]
    assert ((known >= 0) & (known <= 1)).all()


@steady
@given(positions, st.integers(1, 4))
def test_a_pair_has_a_similarity_exactly_if_enough_is_in_common(values: np.ndarray, min_overlap: int) -> None:
    known = ~np.isnan(similarities(values, min_overlap))
    enough = overlaps(values) >= min_overlap
    np.fill_diagonal(enough, val=True)
    assert np.array_equal(known, enough)


@steady
@given(positions)
def test_similarity_is_what_the_definition_says(values: np.ndarray) -> None:
    similarity = similarities(values)
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            both = ~np.isnan(one) & ~np.isnan(other)
            if i != j and both.any():
                assert similarity[i, j] == pytest.approx(1 - np.abs(one - other)[both].mean() / 4)


@steady
@given(positions)
def test_seriation_is_an_order_of_all_actors(values: np.ndarray) -> None:
    assert sorted(seriation(similarities(values))) == list(range(len(values)))


def test_pairs_come_nearest_first_and_know_their_overlap() -> None:
    table = tabulate(
        [
            ("a", 1, 2),
            ("a", 2, 2),
            ("b", 1, 2),
            ("b", 2, 1),
            ("c", 1, -2),
            ("c", 2, -2),
            ("d", 1, 2),
        ]
    )
    found = pairs(table, min_overlap=2)
    assert [(pair.one, pair.other, pair.similarity, pair.overlap) for pair in found] == [
        ("a", "b", 0.875, 2),
        ("b", "c", 0.125, 2),
        ("a", "c", 0.0, 2),
    ]


def test_seriation_puts_blocs_side_by_side() -> None:
    values = np.array([[2, 2, 1], [-2, -2, -2], [2, 1, 2], [-2, -2, -1], [2, 2, 2], [-2, -1, -2]], dtype=float)
    order = seriation(similarities(values))
    west = [actor % 2 == 0 for actor in order]
    assert west in ([True] * 3 + [False] * 3, [False] * 3 + [True] * 3)


def test_no_positions_make_no_pairs() -> None:
    table = tabulate([])
    assert pairs(table) == []
    assert seriation(similarities(table.values)) == []
