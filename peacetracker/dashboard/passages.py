"""Parts of an article's text with its statements marked in place.

Offsets count code points and the cutting happens here: a browser's UTF-16 offsets differ.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

AROUND = 280  # code points of context on either side of a quote
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Span:
    """Where a statement stands. `id` is the statement's."""

    id: int
    start: int
    end: int


@dataclass(frozen=True)
class Segment:
    """A stretch of text inside the same statements throughout; none where it is plain text."""

    text: str
    statements: tuple[int, ...] = ()
    first_of: tuple[int, ...] = ()  # statements that begin here: the anchor that links point to


@dataclass(frozen=True)
class Passage:
    segments: tuple[Segment, ...]
    statements: tuple[int, ...]
    cut_before: bool
    cut_after: bool


def marked(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> tuple[Segment, ...]:
    """The text from `start` to `end`, cut wherever a statement begins or ends. Statements may overlap."""
    end = len(text) if end is None else end
    inside = [span for span in spans if span.start < end and span.end > start]
    edges = {start, end} | {edge for span in inside for edge in (span.start, span.end) if start < edge < end}
    cuts = sorted(edges)
    return tuple(
        Segment(
            text[left:right],
            tuple(span.id for span in inside if span.start <= left and right <= span.end),
            tuple(span.id for span in inside if max(span.start, start) == left),
        )
        for left, right in pairwise(cuts)
    )


def passages(text: str, spans: Sequence[Span], around: int = AROUND) -> list[Passage]:
    """The text around each statement; those whose surroundings touch share a passage."""
    windows: list[tuple[int, int, list[Span]]] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        start = min(_back(text, span.start - around), span.start)
        end = max(_forward(text, span.end + around), span.end)
        if windows and start <= windows[-1][1]:
            start, reached, held = windows.pop()
            windows.append((start, max(reached, end), [*held, span]))
        else:
            windows.append((start, end, [span]))
    return [
        Passage(
            marked(text, held, start, end),
            tuple(span.id for span in held),
            cut_before=bool(text[:start].strip()),
            cut_after=bool(text[end:].strip()),
        )
        for start, end, held in windows
    ]


def ragged(before: str, after: str, *, cut_before: bool, cut_after: bool) -> tuple[str, str]:
    """What stands around a quote, trimmed to whole words, with dots where the text goes on."""
    if cut_before:
        before = "… " + (before.partition(" ")[2] or before)
    if cut_after:
        after = (after.rpartition(" ")[0] or after) + " …"
    return before, after


def _back(text: str, offset: int) -> int:
    """The start of the word at `offset`, or of the text."""
    if offset <= 0:
        return 0
    found = _SPACE.search(text, offset)
    return found.end() if found else offset


def _forward(text: str, offset: int) -> int:
    """The end of the last whole word before `offset`, or of the text."""
    if offset >= len(text):
        return len(text)
    while offset > 0 and not text[offset].isspace():
        offset -= 1
    return offset
