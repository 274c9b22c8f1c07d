"""Where the wording of two short texts differs, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Texts that have less of their words in common than this are different texts: marks would only be noise.
LEAST_ALIKE = 0.55
# A common word as short as this between two differences is chance: marking around it would only be confetti.
SHORT_WORD = 3

_TOKEN = re.compile(r"\w+(?:[.,’'-]\w+)*|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `differs` where the other text has not got it."""

    text: str
    differs: bool = False


@dataclass(frozen=True)
class Wording:
    """Both texts in pieces, which put together give each text again."""

    one: tuple[Piece, ...]
    other: tuple[Piece, ...]


def differences(one: str, other: str, least_alike: float = LEAST_ALIKE) -> Wording:
    """Compare two texts by words (Ratcliff and Obershelp's matching, as `difflib` has it).

    Texts whose ratio of common words is below `least_alike`, 0 to 1, come back whole and unmarked.
    """
    left, right = _TOKEN.findall(one), _TOKEN.findall(other)
    words = SequenceMatcher(None, _words(left), _words(right), autojunk=False)
    if words.ratio() < least_alike:
        return Wording((Piece(one),), (Piece(other),))
    matcher = SequenceMatcher(str.isspace, left, right, autojunk=False)
    ones: list[Piece] = []
    others: list[Piece] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        ones.append(Piece("".join(left[start:end]), kind != "equal"))
        others.append(Piece("".join(right[other_start:other_end]), kind != "equal"))
    return Wording(_joined(ones), _joined(others))


def _words(tokens: Sequence[str]) -> list[str]:
    return [token.lower() for token in tokens if not token.isspace()]


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Differing pieces that white space or one short word parts become one, and empty pieces go."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if len(found) > 1 and piece.differs and found[-2].differs and len(found[-1].text.strip()) <= SHORT_WORD:
            between = found.pop()
            before = found.pop()
            found.append(Piece(before.text + between.text + piece.text, differs=True))
        elif found and found[-1].differs == piece.differs:
            found.append(Piece(found.pop().text + piece.text, piece.differs))
        else:
            found.append(piece)
    return tuple(found)
