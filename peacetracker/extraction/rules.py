"""The default extractor: linguistic rules over a dependency parse. Runs offline on the CPU.

One article goes through named steps, each a module: sentences, quotations, reporting, speakers, actors, targets
(``reading``); holders, about, positions, conditions, spans (``candidates``); detector, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc

from . import sentences
from .candidates import Candidate
from .detector import detector
from .gazetteer import Gazetteer
from .model import Document, ExtractedStatement, UnsupportedLanguage
from .once import once_each
from .reading import Prepared, Reading, impress

TOGETHER = 200  # sentences that the encoder is given at once, if several articles are at hand


class RuleExtractor:
    name = "rules"
    version = "2"

    def extract(self, document: Document, gazetteer: Gazetteer) -> list[ExtractedStatement]:
        return next(self.extract_many([document], gazetteer))

    def extract_many(self, documents: Iterable[Document], gazetteer: Gazetteer) -> Iterator[list[ExtractedStatement]]:
        """One list a document, in order; texts are parsed in batches across documents."""
        for candidates in self.candidates_many(documents, gazetteer):
            yield once_each(detector().judge(candidates))

    def candidates_many(self, documents: Iterable[Document], gazetteer: Gazetteer) -> Iterator[list[Candidate]]:
        """All that may be statements, before the detector judges; what it learns from."""
        together: list[Reading] = []
        for reading in _readings(documents, gazetteer):
            together.append(reading)
            if sum(len(one.sentences) for one in together) >= TOGETHER:
                yield from _candidates(together)
                together = []
        yield from _candidates(together)


def _candidates(readings: list[Reading]) -> Iterator[list[Candidate]]:
    impress(readings)
    for reading in readings:
        yield reading.candidates()


def _readings(documents: Iterable[Document], gazetteer: Gazetteer) -> Iterator[Reading]:
    """Each document with its pieces parsed, in order."""
    waiting: list[Prepared] = []
    parsed: list[Doc] = []
    for doc, _ in sentences.parse(_pieces(documents, gazetteer, waiting)):
        parsed.append(doc)
        while waiting and len(parsed) >= len(waiting[0].pieces):
            # A document without a single piece has nothing to wait for.
            count = len(waiting[0].pieces)
            if count == 0 and len(waiting) == 1:
                break
            mine, parsed = parsed[:count], parsed[count:]
            yield Reading(waiting.pop(0), mine)
    for prepared in waiting:
        count = len(prepared.pieces)
        mine, parsed = parsed[:count], parsed[count:]
        yield Reading(prepared, mine)


def _pieces(documents: Iterable[Document], gazetteer: Gazetteer, waiting: list[Prepared]) -> Iterator[tuple[str, int]]:
    """The pieces of each document for the parser; ``waiting`` gains the documents as they are read."""
    for document in documents:
        if document.language.replace("_", "-").split("-")[0].lower() not in ("en", "eng", ""):
            raise UnsupportedLanguage(document.language)
        prepared = Prepared.of(document, gazetteer)
        waiting.append(prepared)
        for start, end in prepared.pieces:
            yield document.text[start:end], start
