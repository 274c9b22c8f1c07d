"""From an answer to statements: nothing is believed that cannot be checked against the text and the gazetteer."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from rapidfuzz import fuzz

from ..inflection import stems
from ..model import POSITIONS, TARGET_KINDS, Document, ExtractedStatement, Position, TargetKind
from ..quotations import Quotation
from ..text import plain, trim
from .names import KnownNames

MOST_STATEMENTS = 100  # in one answer
LONGEST_QUOTE = 1500
SHORTEST_QUOTE = 8
LONGEST_NAME = 150
LONGEST_WORDS = 300
LONGEST_AGO = timedelta(days=366)
UNLISTED = 0.7  # what is left of the confidence for each name that is not in the record
_CONTEXT = 80
_MARKS = '“”„"«»‹›「」'
_SAME_MARKS = str.maketrans(dict.fromkeys(_MARKS, '"') | {"—": "-", "–": "-", "…": "."})
_CONDITIONAL = ("support_if", "oppose_unless")
_DECODER = json.JSONDecoder()


class Unreadable(ValueError):
    """An answer that holds no list of statements."""


@dataclass(slots=True)
class Checked:
    statements: list[ExtractedStatement] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


class _Drop(Exception):
    """Why a statement is not believed."""


def listed(answer: str) -> list[Any]:
    """What an answer lists under "statements". Words around the JSON do no harm, and of a list that was cut off the
    whole entries count. Raises Unreadable."""
    at = answer.rfind('"statements"')
    # A model that thinks aloud may name the list before it gives it: the last one counts.
    while at >= 0:
        found = re.compile(r'"statements"\s*:\s*\[').match(answer, at)
        if found:
            return _entries(answer, found.end())
        at = answer.rfind('"statements"', 0, at)
    raise Unreadable("no list of statements in it")


def _entries(answer: str, at: int) -> list[Any]:
    entries: list[Any] = []
    while len(entries) < MOST_STATEMENTS:
        at = _skip(answer, at)
        if at >= len(answer) or answer[at] == "]":
            break
        try:
            entry, at = _DECODER.raw_decode(answer, at)
        except (ValueError, RecursionError):
            break
        entries.append(entry)
    return entries


def _skip(answer: str, at: int) -> int:
    while at < len(answer) and (answer[at].isspace() or answer[at] == ","):
        at += 1
    return at


class Checker:
    """Checks the entries of answers about one document."""

    def __init__(self, document: Document, names: KnownNames, quotations: list[Quotation]) -> None:
        self.document = document
        self.names = names
        self.quotations = quotations
        self._comparable = comparable(document.text)
        self._words = f" {' '.join(_flat(document.text))} "
        self._stems = f" {' '.join(stems(document.text))} "

    def check(self, entries: list[Any], start: int, end: int) -> Checked:
        """``start`` and ``end``: the piece of the text that was asked about."""
        checked = Checked()
        for entry in entries:
            try:
                checked.statements.append(self._statement(entry, start, end))
            except _Drop as reason:
                checked.dropped[str(reason)] += 1
        return checked

    def _statement(self, entry: Any, piece_start: int, piece_end: int) -> ExtractedStatement:
        if not isinstance(entry, dict):
            raise _Drop("not an entry of the form asked for")
        position, kind = entry.get("position"), entry.get("target_kind")
        if position not in POSITIONS:
            raise _Drop("unknown position")
        if kind not in TARGET_KINDS:
            raise _Drop("unknown kind of target")
        span = find_span(self._comparable, entry.get("quote"), entry.get("before"), piece_start, piece_end)
        if span is None:
            raise _Drop("quote not in the text")
        start, end = trim_marks(self.document.text, *span)
        actor, known_actor = self._actor(entry.get("actor"))
        speaker, known_speaker = self._actor(entry["speaker"]) if entry.get("speaker") else (None, True)
        target, known_target = self._target(kind, entry.get("target"))
        strangers = [
            name
            for name, known in ((actor, known_actor), (speaker, known_speaker), (target, known_target))
            if not known
        ]
        strangers = list(dict.fromkeys(name for name in strangers if name))
        return ExtractedStatement(
            start=start,
            end=end,
            quote=self.document.text[start:end],
            direct=any(q.start <= start and end <= q.end for q in self.quotations),
            speaker=speaker,
            role=self._role(entry.get("role")),
            actor=actor,
            target=target,
            target_kind=cast(TargetKind, kind),
            position=cast(Position, position),
            condition=_line(entry.get("condition"), LONGEST_WORDS) if position in _CONDITIONAL else None,
            said_on=self._said_on(entry.get("said_on")),
            confidence=round(_share(entry.get("confidence")) * UNLISTED ** len(strangers), 3),
            cues=(f"the language model: {why}",) if (why := _line(entry.get("why"), LONGEST_WORDS)) else (),
            warnings=tuple(f"not in the record: {name}" for name in strangers),
        )

    def _actor(self, name: object) -> tuple[str, bool]:
        given = _line(name, LONGEST_NAME)
        if given is None:
            raise _Drop("no actor")
        known = self.names.actor(given)
        if known is None and not self._stands_in_text(given):
            raise _Drop("a name that neither the record nor the text has")
        return known or given, known is not None

    def _target(self, kind: str, name: object) -> tuple[str, bool]:
        given = _line(name, LONGEST_NAME)
        if given is None:
            raise _Drop("no target")
        known = self.names.target(kind, given)
        if known is None and not self._stands_in_text(given):
            raise _Drop("a name that neither the record nor the text has")
        return known or given, known is not None

    def _role(self, role: object) -> str | None:
        given = _line(role, LONGEST_NAME)
        return given if given and self._stands_in_text(given) else None

    def _stands_in_text(self, name: str) -> bool:
        flat = _flat(name)
        if flat and f" {' '.join(flat)} " in self._words:
            return True
        inflected = stems(name)
        return bool(inflected) and f" {' '.join(inflected)} " in self._stems

    def _said_on(self, value: object) -> date | None:
        """A day that the article can tell of; else its own."""
        published = self.document.published_on
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or published is None:
            return published
        return day if published - LONGEST_AGO <= day <= published else published


def _flat(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _line(value: object, longest: int) -> str | None:
    """One line of words, of a length that a page can show."""
    if not isinstance(value, str):
        return None
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return line[:longest].strip() or None


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return 0.5
    return min(max(float(value), 0.05), 0.95)


def comparable(text: str) -> str:
    """Of the same length: one kind of quotation mark, apostrophe, dash and space."""
    return plain(text).translate(_SAME_MARKS)


def find_span(text: str, quote: object, before: object, start: int, end: int) -> tuple[int, int] | None:
    """Where a quote stands in a comparable text, between two offsets. Of several places the one whose words before
    are most like those given, else the first. None where it does not stand there."""
    if not isinstance(quote, str) or not SHORTEST_QUOTE <= len(quote.strip()) <= LONGEST_QUOTE:
        return None
    parts = comparable(quote).strip().strip('"').split()
    if not parts:
        return None
    places = [m.span() for m in re.compile(r"\s+".join(map(re.escape, parts))).finditer(text, start, end)]
    if len(places) > 1 and isinstance(before, str) and before.strip():
        wanted = " ".join(comparable(before[-_CONTEXT:]).split())
        return max(places, key=lambda place: _likeness(text, place[0], wanted))
    return places[0] if places else None


def _likeness(text: str, at: int, wanted: str) -> float:
    stands = " ".join(text[max(at - len(wanted) - 5, 0) : at].split())
    return float(fuzz.ratio(stands[-len(wanted) :], wanted))


def trim_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends, nor marks around the whole of it."""
    start, end = trim(text, start, end)
    if end - start > 2 and text[start] in _MARKS and text[end - 1] in _MARKS:
        return trim(text, start + 1, end - 1)
    return start, end
