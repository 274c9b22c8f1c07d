"""Text in, candidate statements out. Pure Python: no Django, no database; no network but for the extractor `llm`.

>>> from peacetracker.extraction import Document, Gazetteer, extractor
>>> rules = extractor("rules")
>>> statements = rules.extract(Document(text="…"), Gazetteer())
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Protocol

from .consistency import KnownQuote
from .gazetteer import (
    ActorEntry,
    Gazetteer,
    GazetteerError,
    IssueEntry,
    PersonEntry,
    ProposalEntry,
    ProvisionEntry,
)
from .model import Document, ExtractedStatement, Position, TargetKind, UnsupportedLanguage
from .outcome import Outcome, Unavailable, Usage, read

__all__ = [
    "ActorEntry",
    "Document",
    "ExtractedStatement",
    "Extractor",
    "Gazetteer",
    "GazetteerError",
    "IssueEntry",
    "KnownQuote",
    "Outcome",
    "PersonEntry",
    "Position",
    "ProposalEntry",
    "ProvisionEntry",
    "TargetKind",
    "Unavailable",
    "UnsupportedLanguage",
    "Usage",
    "extractor",
    "extractor_names",
    "read",
]


class Extractor(Protocol):
    """Anything that finds statements in documents."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def extract(self, document: Document, gazetteer: Gazetteer) -> list[ExtractedStatement]: ...

    def extract_many(
        self, documents: Iterable[Document], gazetteer: Gazetteer
    ) -> Iterator[list[ExtractedStatement]]: ...


def _rules() -> Extractor:
    from .rules import RuleExtractor

    return RuleExtractor()


def _llm() -> Extractor:
    from .llm import LlmExtractor

    return LlmExtractor.from_environment(fallback=extractor("rules"))


_EXTRACTORS: dict[str, Callable[[], Extractor]] = {"rules": _rules, "llm": _llm}


def extractor_names() -> list[str]:
    return sorted(_EXTRACTORS)


@cache
def extractor(name: str = "rules") -> Extractor:
    """The extractor of that name, made once per process."""
    if name not in _EXTRACTORS:
        raise ValueError(f"unknown extractor {name!r}; known: {', '.join(extractor_names())}")
    return _EXTRACTORS[name]()
