"""An article's text cut into pieces, so that each statement's span can be marked. Pure: offsets are code points."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Piece:
    """A run of text and the statements that quote it, by number; none where it is between quotes."""

    text: str
    statements: tuple[int, ...]
    opens: int | None = None  # a statement that begins here


def pieces(text: str, spans: Iterable[tuple[int, int, int]]) -> list[Piece]:
    """Cut `text` at every start and end of the spans (number, start, end), which may overlap."""
    marked = sorted(spans, key=lambda span: (span[1], span[2]))
    opening = {start: number for number, start, _ in reversed(marked)}
    cuts = sorted({0, len(text), *(edge for _, start, end in marked for edge in (start, end) if edge <= len(text))})
    return [
        Piece(
            text[start:end],
            tuple(number for number, first, last in marked if first <= start and end <= last),
            opening.get(start),
        )
        for start, end in pairwise(cuts)
    ]


def place(text: str, quote: str, near: int | None) -> tuple[int, int] | None:
    """Where a quote that came from a browser stands in the text, nearest to an offset; None where it does not.

    Browsers turn every kind of newline into one, so `near` counts from the text as a browser has it. White space
    around a selection is no part of the quote.
    """
    wanted = _plain(quote).strip()
    if not wanted:
        return None
    lead = len(_plain(quote)) - len(_plain(quote).lstrip())
    plain, places = _plain(text), []
    found = plain.find(wanted)
    while found >= 0:
        places.append(found)
        found = plain.find(wanted, found + 1)
    if not places:
        return None
    aim = (near or 0) + lead
    start = min(places, key=lambda place: abs(place - aim))
    return _original(text, start), _original(text, start + len(wanted))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _original(text: str, offset: int) -> int:
    """An offset in the plain text as an offset in the text with its own newlines."""
    for newline in re.finditer("\r\n", text):
        if newline.start() >= offset:
            break
        offset += 1
    return offset
