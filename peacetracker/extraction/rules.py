"""The default extractor: linguistic rules over a dependency parse. Runs offline on the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .gazetteer import Gazetteer
from .model import Document, ExtractedStatement, UnsupportedLanguage


class RuleExtractor:
    name = "rules"
    version = "0"

    def extract(self, document: Document, gazetteer: Gazetteer) -> list[ExtractedStatement]:
        return next(self.extract_many([document], gazetteer))

    def extract_many(
        self, documents: Iterable[Document], gazetteer: Gazetteer
    ) -> Iterator[list[ExtractedStatement]]:
        for document in documents:
            if document.language.split("-")[0].lower() != "en":
                raise UnsupportedLanguage(document.language)
            yield []
