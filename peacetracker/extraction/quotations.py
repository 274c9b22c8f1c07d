"""Words in quotation marks: where they begin and end. Works on plain text alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PAIRS = {"“": "”“", "„": "“”", "«": "»", "»": "«", "‹": "›", "「": "」"}
_OPEN_AFTER = frozenset(" \t\r\n([{-–—:;,/…\u00a0“‘„«")
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Quotation:
    """``start`` and ``end`` enclose the words without the marks."""

    start: int
    end: int
    opened: int
    closed: int
    ended: bool = True
    continues: bool = False

    def holds(self, offset: int) -> bool:
        return self.start <= offset < self.end


def find_quotations(text: str, paragraphs: Iterable[tuple[int, int]] | None = None) -> list[Quotation]:
    """Outermost quotations, in order. A quotation that is not closed ends with its paragraph; one that is opened
    again at the next paragraph continues it."""
    bounds = list(paragraphs) if paragraphs is not None else [(0, len(text))]
    found: list[Quotation] = []
    for start, end in bounds:
        before = found[-1] if found and not found[-1].ended else None
        for index, quotation in enumerate(_in_paragraph(text, start, end)):
            continues = index == 0 and before is not None and not text[start : quotation.opened].strip()
            found.append(
                Quotation(
                    quotation.start,
                    quotation.end,
                    quotation.opened,
                    quotation.closed,
                    quotation.ended,
                    continues,
                )
            )
    return found


def quotation_at(quotations: Sequence[Quotation], offset: int) -> Quotation | None:
    """That in which a character stands; they are in order."""
    before = bisect_right(quotations, offset, key=lambda q: q.start)
    found = quotations[before - 1] if before else None
    return found if found is not None and found.holds(offset) else None


def _in_paragraph(text: str, start: int, end: int) -> list[Quotation]:
    found: list[Quotation] = []
    at = start
    while at < end:
        mark = text[at]
        if mark in _PAIRS and (mark != "»" or _opens(text, at, start)):
            closed = _closing(text, at, end, _PAIRS[mark], mark)
        elif mark == '"' and _opens(text, at, start):
            closed = _closing_straight(text, at, end)
        elif mark == "‘" and _opens(text, at, start):
            closed = _closing_single(text, at, end)
            if closed < 0:
                at += 1
                continue
        else:
            at += 1
            continue
        ended = closed >= 0
        stop = closed if ended else end
        if stop - at > LONGEST:
            at += 1
            continue
        if stop > at + 1:
            found.append(Quotation(at + 1, stop, at, stop + (1 if ended else 0), ended))
        at = stop + 1
    return found


def _opens(text: str, at: int, start: int) -> bool:
    follows = text[at + 1] if at + 1 < len(text) else " "
    return (at == start or text[at - 1] in _OPEN_AFTER) and not follows.isspace()


def _closing(text: str, opened: int, end: int, closers: str, opener: str) -> int:
    """The mark that closes, counting marks nested inside."""
    depth = 1
    for at in range(opened + 1, end):
        mark = text[at]
        if mark in closers and not (mark == opener and mark == "“" and _opens(text, at, opened)):
            depth -= 1
            if depth == 0:
                return at
        elif mark == opener:
            depth += 1
    return -1


def _closing_straight(text: str, opened: int, end: int) -> int:
    """The next mark; where it opens anew after a full stop ("… no. "So this day …"), the quotation ends before it."""
    closed = text.find('"', opened + 1, end)
    if closed > 0 and _opens(text, closed, opened) and text[opened + 1 : closed].rstrip()[-1:] in (".", "!", "?"):
        return closed - 1
    return closed


def _closing_single(text: str, opened: int, end: int) -> int:
    """The ’ that closes ‘…’: one after a stop or comma, else the first before a break; the rest are apostrophes."""
    first = -1
    for at in range(opened + 1, min(end, opened + LONGEST)):
        if text[at] != "’" or (at + 1 < end and text[at + 1].isalnum()):
            continue
        if text[at - 1] in ".,!?…":
            return at
        first = at if first < 0 else first
    return first
