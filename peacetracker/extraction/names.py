"""Names that the gazetteer does not have, by how they are written: proper nouns in a row.

The parser's own recognition of names takes nearly half of its time and made no difference to what is found, so it is
left out (docs/decisions/0015-names-by-their-spelling.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spacy.tokens import Doc, Span, Token

from .lexicon import lexicon

_MOST = 5  # words of a person's name
_JOINTS = frozenset({"-", "‑"})
_BETWEEN = 4  # words from the first that joins two parts of a name to the second part, both counted


@dataclass(frozen=True, slots=True)
class Written:
    """Proper nouns in a row, without the title before a person's name; token indexes."""

    first: int
    last: int
    text: str
    person: bool


def names_in(doc: Doc) -> Iterator[Written]:
    """Every name of a text, in order."""
    first: int | None = None
    for token in doc:
        goes_on = _begins(token) or (first is not None and _goes_on(token))
        if first is not None and (not goes_on or token.is_sent_start):
            yield from _without_title(doc, first, token.i - 1)
            first = None
        if goes_on and first is None:
            first = token.i
    if first is not None:
        yield from _without_title(doc, first, len(doc) - 1)


def _begins(token: Token) -> bool:
    return token.pos_ == "PROPN" and token.text[:1].isupper()


def _goes_on(token: Token) -> bool:
    """ "Abdel Fattah al-Burhan", "Ursula von der Leyen", "Al-Shabaab"; not "Norland - Sudland"."""
    for one in token.doc[token.i : token.i + _BETWEEN]:
        if not (_joins(one) or one.lower_ in lexicon().people.particles):
            return one.i > token.i and _begins(one)
    return False


def _joins(token: Token) -> bool:
    return token.text in _JOINTS and token.i > 0 and not token.nbor(-1).whitespace_


def _without_title(doc: Doc, first: int, last: int) -> Iterator[Written]:
    """ "Turkish President Recep Tayyip Erdogan" is Recep Tayyip Erdogan."""
    words = lexicon().people
    titles = [t.i for t in doc[first:last] if t.lower_.rstrip(".") in words.titles or t.lemma_.lower() in words.offices]
    before = doc[first - 1] if first else None
    titled = bool(titles) or (before is not None and before.lemma_.lower() in words.officers)
    first = titles[-1] + 1 if titles else first
    if first <= last:
        name = doc[first : last + 1]
        text = name.text.removesuffix("'s").removesuffix("’s").strip()
        yield Written(first, last, text, _is_person(name, text, titled=titled))


def _is_person(words: Span, text: str, *, titled: bool) -> bool:
    """Of two words and more unless a title stands before it, and none that names a body or a place."""
    known = lexicon()
    if len(words) > _MOST or any(t.lower_ in known.people.bodies or t.like_num for t in words):
        return False
    if words[-1].lemma_.lower() in known.people.offices or text in known.countries.peoples:
        return False
    if all(t.is_upper and len(t.text) > 1 for t in words):
        return False
    return titled or any(t.whitespace_ for t in words[:-1])
