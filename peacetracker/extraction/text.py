"""Small tools on plain text. Nothing here changes the length of a text, so offsets stay true."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\t": " ",
        "\r": " ",
        "\n": " ",
        "\x00": " ",
        "‑": "-",
        "[": " ",
        "]": " ",
    }
)
_UNREADABLE = re.compile(r"[\ud800-\udfff\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def plain(text: str) -> str:
    """The text as the parser likes it, of the same length: plain apostrophes and spaces, no lone surrogates, none of
    the brackets that editors put into quotations ("[We] welcome")."""
    return _UNREADABLE.sub(" ", text.translate(_PLAIN))


@dataclass(frozen=True, slots=True)
class Word:
    start: int
    end: int
    raw: str
    key: str


_CAMEL = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|@?[^\W_]+")


def words(text: str) -> list[Word]:
    """The words of a text with a key for comparison: no case, no accents, no plural or verb ending."""
    found = []
    for match in _WORD.finditer(text):
        raw = match.group()
        if raw[0] == "@" and (parts := _CAMEL.findall(raw)):
            # a handle: @realDonaldTrump
            at = match.start() + 1
            for part in parts:
                found.append(Word(at, at + len(part), part, key(part)))
                at += len(part)
            continue
        found.append(Word(match.start(), match.end(), raw, key(raw)))
    return found


@lru_cache(maxsize=100_000)
def key(raw: str) -> str:
    return stem(fold(raw.replace(".", "").lstrip("@")))


@lru_cache(maxsize=100_000)
def fold(raw: str) -> str:
    if raw.isascii():
        return raw.lower()
    decomposed = unicodedata.normalize("NFKD", raw)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


_ENDINGS = (
    ("ations", "at"),
    ("ation", "at"),
    ("ions", ""),
    ("ion", ""),
    ("ies", "y"),
    ("als", ""),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("al", ""),
    ("s", ""),
    ("e", ""),
)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A crude stem: only used to compare words that went through it on both sides.

    >>> stem("withdrawal") == stem("withdraws"), stem("guarantees") == stem("guarantee")
    (True, True)
    """
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith(("ss", "us", "is")) and not word.endswith("ings"):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            rest = word[: len(word) - len(ending)] + instead
            if len(rest) >= (5 if ending in ("al", "als") else 3):
                if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "sle":
                    rest = rest[:-1]
                return rest.removesuffix("e") if len(rest) > 3 else rest
    return word


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
