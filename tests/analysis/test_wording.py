from hypothesis import given
from hypothesis import strategies as st

from peacetracker.analysis.wording import Piece, Wording, differences


def marked(one: str, other: str) -> tuple[str, str]:
    """Both texts with what differs in brackets."""

    def show(pieces: tuple[Piece, ...]) -> str:
        return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)

    wording = differences(one, other)
    return show(wording.one), show(wording.other)


def test_words_that_differ_are_marked_on_either_side() -> None:
    assert marked("Army limited to 600,000", "Army limited to 800,000 in peacetime") == (
        "Army limited to [600,000]",
        "Army limited to [800,000 in peacetime]",
    )


def test_what_one_text_leaves_out_is_marked_in_the_other() -> None:
    assert marked("Ukraine holds elections in 100 days.", "Ukraine holds elections.") == (
        "Ukraine holds elections[ in 100 days].",
        "Ukraine holds elections.",
    )


def test_neighbouring_differences_are_one() -> None:
    assert marked("The plant restarts under watch of the agency", "The plant restarts in care of the agency")[0] == (
        "The plant restarts [under watch] of the agency"
    )


def test_a_short_word_in_common_parts_no_difference() -> None:
    one, other = "Kyiv keeps the army of peacetime it has", "Kyiv keeps the force of wartime it has"
    assert marked(one, other)[0] == "Kyiv keeps the [army of peacetime] it has"


def test_different_texts_carry_no_marks() -> None:
    one, other = "Grain may leave the ports.", "Prisoners are exchanged all for all."
    assert differences(one, other) == Wording((Piece(one),), (Piece(other),))


def test_equal_texts_carry_no_marks() -> None:
    assert marked("Word for word.", "Word for word.") == ("Word for word.", "Word for word.")


@given(st.text(), st.text())
def test_the_pieces_are_the_texts(one: str, other: str) -> None:
    wording = differences(one, other, least_alike=0)
    assert "".join(piece.text for piece in wording.one) == one
    assert "".join(piece.text for piece in wording.other) == other
