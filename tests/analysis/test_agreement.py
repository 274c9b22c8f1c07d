import pytest
from hypothesis import given
from hypothesis import strategies as st

from peacetracker.analysis.agreement import Reach, outlook


@pytest.mark.parametrize(
    ("one", "other", "reach"),
    [
        (2, 2, Reach.ACCEPTED),
        (2, 1, Reach.CONDITIONAL),
        (2, -1, Reach.CONDITIONAL),
        (0, 0, Reach.CONDITIONAL),
        (2, None, Reach.OPEN),
        (-1, None, Reach.OPEN),
        (None, None, Reach.OPEN),
        (2, -2, Reach.BLOCKED),
        (-2, None, Reach.BLOCKED),
        (-2, -1, Reach.REJECTED),
        (-1, -1, Reach.REJECTED),
    ],
)
def test_how_near_two_parties_are(one: int | None, other: int | None, reach: Reach) -> None:
    assert outlook({"one": one, "other": other}).reach == reach
    assert outlook({"one": other, "other": one}).reach == reach


@given(st.dictionaries(st.integers(), st.sampled_from([None, -2, -1, 0, 1, 2])))
def test_each_party_stands_in_one_place(positions: dict[int, int | None]) -> None:
    found = outlook(positions)
    assert sorted([*found.accept, *found.conditional, *found.refuse, *found.silent]) == sorted(positions)


@given(st.dictionaries(st.integers(), st.sampled_from([None, -2, -1, 0, 1, 2]), min_size=1))
def test_silence_is_not_consent(positions: dict[int, int | None]) -> None:
    reach = outlook({**positions, "silent": None}).reach
    assert reach not in (Reach.ACCEPTED, Reach.CONDITIONAL)
