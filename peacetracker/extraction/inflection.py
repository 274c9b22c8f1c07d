"""Names in Ukrainian and Russian texts, where a name changes its ending with its case.

A crude stem, the same on both sides, is enough to tell which names a text may hold ("Зеленського" → "Зеленський");
it is never used to decide who is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

Payload = TypeVar("Payload")

LANGUAGES = frozenset({"uk", "ru", "be", "bg"})
_CYRILLIC = re.compile(r"[\u0400-\u04ff][\u0400-\u04ff'’ʼ]*")
_ENDINGS = sorted(
    {
        *("ий", "ій", "ый", "ого", "його", "ому", "йому", "им", "ім", "ым", "ої", "ою", "ую", "юю"),  # adjectives
        *("ая", "яя", "ое", "ее", "ые", "ие", "их", "іх", "ых", "ими", "іми", "ыми", "ой", "ей"),
        *("ія", "ії", "ію", "ією", "ия", "ии", "ию", "ией", "єю", "ею"),  # Росія, Россия
        *("ом", "ем", "єм", "ам", "ям", "ах", "ях", "ами", "ями"),
        *("а", "у", "о", "е", "є", "и", "і", "ї", "ы", "й", "ь", "ю", "я"),
    },
    key=len,
    reverse=True,
)
_SHORTEST = 3  # letters that must remain
_SHIFTING = re.compile(r"[іїоеє](?=[^аеєиіїоуюяыэ]$)")  # Київ, Києва; Харків, Харкова
LONGEST = 6  # words of a name


def stem(word: str) -> str:
    """
    >>> stem("Зеленського") == stem("Зеленський"), stem("Києва") == stem("Київ"), stem("Росією") == stem("Росія")
    (True, True, True)
    """
    word = re.sub("['’ʼ]", "", word.lower()).replace("ё", "е").replace("ґ", "г")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)]
            break
    return _SHIFTING.sub("*", word)


def stems(text: str) -> tuple[str, ...]:
    """Of the Cyrillic words of a text, in order."""
    return tuple(stem(word) for word in _CYRILLIC.findall(text))


class InflectedIndex(Generic[Payload]):
    """Which names a text may hold, whatever case they stand in."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, ...], list[Payload]] = {}

    def add(self, name: str, payload: Payload) -> None:
        key = stems(name)
        if key and len(key) <= LONGEST:
            self._names.setdefault(key, []).append(payload)

    def find(self, text: str) -> Iterable[Payload]:
        found = stems(text)
        for start in range(len(found)):
            for end in range(start + 1, min(start + LONGEST, len(found)) + 1):
                yield from self._names.get(found[start:end], ())
