"""Offsets between a text and what a browser has of it."""

from hypothesis import given
from hypothesis import strategies as st

from peacetracker.desk.marking import pieces, place

TEXTS = st.text(alphabet="ab 🕊️é\r\n", min_size=1, max_size=60)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_the_pieces_are_the_text_and_each_span_is_whole(text: str, ends: list[tuple[int, int]]) -> None:
    spans = [(n, *sorted(e % (len(text) + 1) for e in both)) for n, both in enumerate(ends, 1)]
    spans = [(number, start, end) for number, start, end in spans if start < end]
    cut = pieces(text, spans)
    assert "".join(piece.text for piece in cut) == text
    for number, start, end in spans:
        assert "".join(piece.text for piece in cut if number in piece.statements) == text[start:end]


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_what_is_selected_in_a_browser_is_found_in_the_text(text: str, one: int, other: int) -> None:
    browsers = text.replace("\r\n", "\n").replace("\r", "\n")
    start, end = sorted(edge % (len(browsers) + 1) for edge in (one, other))
    selected = browsers[start:end]
    found = place(text, selected, start)
    if not selected.strip():
        assert found is None
        return
    assert found is not None
    quote = text[found[0] : found[1]]
    assert quote.replace("\r\n", "\n").replace("\r", "\n").strip() == selected.strip()
    before = text[: found[0]].replace("\r\n", "\n").replace("\r", "\n")
    assert len(before) == start + len(selected) - len(selected.lstrip())


def test_the_nearest_of_several_places_is_meant() -> None:
    assert place("yes, yes, yes", "yes", 6) == (5, 8)
    assert place("yes", "no", 0) is None
