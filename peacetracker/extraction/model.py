"""What goes into extraction and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, get_args

Position = Literal["support", "support_if", "neutral", "oppose_unless", "oppose"]
TargetKind = Literal["proposal", "provision", "issue"]

POSITIONS: tuple[Position, ...] = get_args(Position)
TARGET_KINDS: tuple[TargetKind, ...] = get_args(TargetKind)


class UnsupportedLanguage(ValueError):
    """The document is in a language that this extractor does not read."""

    def __init__(self, language: str, supported: tuple[str, ...] = ("en",)) -> None:
        self.language = language
        self.supported = supported
        super().__init__(f"cannot read a text in language {language!r}; this extractor reads: {', '.join(supported)}")


class Span(Protocol):
    """A stretch of a text; offsets count code points, the end is not included."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def overlaps(one: Span, other: Span) -> bool:
    """Do they share at least half of the shorter one?"""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0 and 2 * shared >= min(one.end - one.start, other.end - other.start)


@dataclass(frozen=True, slots=True)
class Document:
    """A text to read, and what its page says about it."""

    text: str
    title: str = ""
    published_on: date | None = None
    language: str = "en"
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class ExtractedStatement:
    """What one actor said about one target, at a span of the text.

    ``quote`` is exactly ``text[start:end]``; offsets count code points.
    """

    start: int
    end: int
    quote: str
    direct: bool
    speaker: str | None
    role: str | None
    actor: str
    target: str
    target_kind: TargetKind
    position: Position
    condition: str | None
    said_on: date | None
    confidence: float
    cues: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
