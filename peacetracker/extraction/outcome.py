"""What an extractor made of a document, and what that took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .consistency import KnownQuote, check
from .gazetteer import Gazetteer
from .model import Document, ExtractedStatement

if TYPE_CHECKING:
    from . import Extractor


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model was asked for. ``cost`` is in the currency of its prices; None where they are unknown."""

    model: str = ""
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    dropped: int = 0  # statements of its that did not pass the checks


@dataclass(frozen=True, slots=True)
class Outcome:
    """``extractor`` is whoever made the statements in the end, and ``note`` says so where another was asked first."""

    statements: list[ExtractedStatement]
    extractor: str
    version: str
    note: str = ""
    usage: Usage | None = None


class Unavailable(RuntimeError):
    """The language model gave no answer that can be used, and nothing else reads the document's language."""

    def __init__(self, why: str, usage: Usage | None = None) -> None:
        self.usage = usage
        super().__init__(why)


def read(
    reader: Extractor,
    document: Document,
    gazetteer: Gazetteer,
    quotes: Callable[[list[ExtractedStatement]], Sequence[KnownQuote]] | None = None,
) -> Outcome:
    """Extract, with all that is to be known of it, and with what contradicts the record among the warnings.

    ``quotes`` gives what the record has that resembles the statements' quotations. Raises UnsupportedLanguage and
    Unavailable.
    """
    in_full: Callable[[Document, Gazetteer], Outcome] | None = getattr(reader, "read", None)
    if in_full is not None:
        outcome = in_full(document, gazetteer)
    else:
        outcome = Outcome(reader.extract(document, gazetteer), reader.name, reader.version)
    known = quotes(outcome.statements) if quotes else ()
    return replace(outcome, statements=check(document, outcome.statements, gazetteer, known))
