"""An extractor that asks a language model behind an OpenAI-compatible endpoint, and believes only what it can check.

The article is fenced off as data, the answer is held against a schema, and each quote must stand in the text. Where
no usable answer comes in time, the rules read the article, and the outcome says so.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..gazetteer import Gazetteer
from ..model import Document, ExtractedStatement, UnsupportedLanguage
from ..once import once_each
from ..outcome import Outcome, Unavailable, Usage
from ..quotations import find_quotations
from .answers import Checked, Checker, Unreadable, listed
from .endpoint import Chat, Endpoint, NoAnswer, Tally
from .names import KnownNames
from .prompt import SCHEMA, VERSION, messages

if TYPE_CHECKING:
    from .. import Extractor

__all__ = ["Endpoint", "LlmExtractor", "configured"]

PIECE = 12_000  # characters of an article in one request
MOST_PIECES = 6
_TO_A_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules)\b|\bsystem prompt\b|"
    r"\b(?:as|you are) an? (?:AI|language model)\b|<\|?(?:im_start|system|assistant)\|?>",
    re.IGNORECASE,
)
_AGAIN = {"role": "user", "content": 'That was not JSON. Answer with one JSON object {"statements": [...]} alone.'}


def configured() -> bool:
    """Does the environment name an endpoint and a model?"""
    return Endpoint.from_environment(os.environ) is not None


class LlmExtractor:
    name = "llm"

    def __init__(self, endpoint: Endpoint, fallback: Extractor) -> None:
        self.endpoint = endpoint
        self.fallback = fallback
        self.version = f"{VERSION} {endpoint.model}"[:40]
        self._chat = Chat(endpoint, SCHEMA)

    @classmethod
    def from_environment(cls, fallback: Extractor) -> LlmExtractor:
        endpoint = Endpoint.from_environment(os.environ)
        if endpoint is None:
            raise ValueError("the extractor llm needs LLM_BASE_URL and LLM_MODEL in the environment")
        return cls(endpoint, fallback)

    def extract(self, document: Document, gazetteer: Gazetteer) -> list[ExtractedStatement]:
        return self.read(document, gazetteer).statements

    def extract_many(self, documents: Iterable[Document], gazetteer: Gazetteer) -> Iterator[list[ExtractedStatement]]:
        for document in documents:
            yield self.extract(document, gazetteer)

    def read(self, document: Document, gazetteer: Gazetteer) -> Outcome:
        """Raises Unavailable where the model gives nothing and the fallback does not read the language either."""
        tally = Tally(self.endpoint)
        try:
            statements, note = self._ask_all(document, gazetteer, tally)
        except NoAnswer as problem:
            return self._fall_back(document, gazetteer, f"the language model gave no answer ({problem})", tally.usage)
        return Outcome(statements, self.name, self.version, note, tally.usage)

    def _fall_back(self, document: Document, gazetteer: Gazetteer, why: str, usage: Usage) -> Outcome:
        try:
            statements = self.fallback.extract(document, gazetteer)
        except UnsupportedLanguage as problem:
            raise Unavailable(why, usage) from problem
        name = self.fallback.name
        return Outcome(statements, name, self.fallback.version, f"read by {name}: {why}", usage)

    def _ask_all(self, document: Document, gazetteer: Gazetteer, tally: Tally) -> tuple[list[ExtractedStatement], str]:
        ends = time.monotonic() + self.endpoint.seconds
        text = document.text
        every = pieces(text)
        checker = Checker(document, KnownNames.of(gazetteer), find_quotations(text, _paragraphs(text)))
        whole, cut_off = Checked(), False
        for start, end in every[:MOST_PIECES]:
            asked = messages(document, text[start:end], gazetteer)
            entries, short = self._ask(asked, ends, tally)
            cut_off = cut_off or short
            checked = checker.check(entries, start, end)
            whole.statements += checked.statements
            whole.dropped += checked.dropped
        tally.dropped = whole.dropped.total()
        notes = [
            _dropped(whole.dropped),
            "the language model's answer was cut off" if cut_off else "",
            f"only its first {every[MOST_PIECES - 1][1]:,} characters were read" if len(every) > MOST_PIECES else "",
        ]
        return _warned(text, once_each(whole.statements)), "; ".join(filter(None, notes))

    def _ask(self, asked: list[dict[str, str]], ends: float, tally: Tally) -> tuple[list[object], bool]:
        """The entries of an answer, and whether it was cut off; asked once more where it was no list."""
        answer = self._chat.ask(asked, ends, tally)
        try:
            return listed(answer.text), answer.cut_off
        except Unreadable:
            answer = self._chat.ask([*asked, _AGAIN], ends, tally)
        try:
            return listed(answer.text), answer.cut_off
        except Unreadable as problem:
            raise NoAnswer(f"{problem}") from problem


def pieces(text: str, most: int = PIECE) -> list[tuple[int, int]]:
    """Spans that cover a text, none longer than ``most``, parted between paragraphs or else sentences."""
    found, start = [], 0
    while len(text) - start > most:
        cut = max(text.rfind("\n", start + most // 2, start + most), text.rfind(". ", start + most // 2, start + most))
        end = cut + 1 if cut > 0 else start + most
        found.append((start, end))
        start = end
    return [*found, (start, len(text))] if text[start:].strip() else found


def _paragraphs(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"[^\n]+", text)]


def _dropped(reasons: Counter[str]) -> str:
    if not reasons:
        return ""
    each = ", ".join(f"{number} × {reason}" for reason, number in reasons.most_common())
    return f"dropped of the language model's statements: {each}"


def _warned(text: str, statements: list[ExtractedStatement]) -> list[ExtractedStatement]:
    """An article that addresses machines is no ordinary one: its editor is told."""
    found = _TO_A_MACHINE.search(text)
    if found is None:
        return statements
    warning = f"the article has words addressed to a machine: “{' '.join(found.group().split())[:100]}”"
    return [replace(one, warnings=(*one.warnings, warning)) for one in statements]
