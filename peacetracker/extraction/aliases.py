"""An index of names: finds every known name in a text in time that does not grow with the number of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .text import Word, words

Payload = TypeVar("Payload")
_ARTICLES = frozenset({"the", "a", "an"})


@dataclass(frozen=True, slots=True)
class Hit(Generic[Payload]):
    start: int
    end: int
    first: int
    last: int
    payload: Payload


@dataclass(slots=True)
class _Node(Generic[Payload]):
    next: dict[str, _Node[Payload]] = field(default_factory=dict)
    ends: list[tuple[tuple[str, ...], Payload]] = field(default_factory=list)


class AliasIndex(Generic[Payload]):
    """A tree of words. ``the`` before a name is optional; capitals of a name are required of the text."""

    def __init__(self) -> None:
        self._root: _Node[Payload] = _Node()

    def add(self, alias: str, payload: Payload) -> None:
        parts = words(alias)
        while len(parts) > 1 and parts[0].key in _ARTICLES:
            parts = parts[1:]
        if not parts:
            return
        node = self._root
        for part in parts:
            node = node.next.setdefault(part.key, _Node())
        shapes = tuple(shape(part.raw) for part in parts)
        if (shapes, payload) not in node.ends:
            node.ends.append((shapes, payload))

    def find(self, text_words: Sequence[Word]) -> list[Hit[Payload]]:
        """All payloads of the longest name at each place; places do not overlap."""
        hits: list[Hit[Payload]] = []
        at = 0
        while at < len(text_words):
            node, best, ends = self._root, -1, list[Payload]()
            step = at
            while step < len(text_words) and (child := node.next.get(text_words[step].key)):
                node = child
                fitting = [
                    payload
                    for shapes, payload in node.ends
                    if all(fits(s, text_words[at + i].raw) for i, s in enumerate(shapes))
                ]
                if fitting:
                    best, ends = step, fitting
                step += 1
            if best < 0:
                at += 1
                continue
            hits.extend(Hit(text_words[at].start, text_words[best].end, at, best, payload) for payload in ends)
            at = best + 1
        return hits


def shape(raw: str) -> str:
    letters = raw.replace(".", "").lstrip("@")
    if len(letters) > 1 and letters.isupper():
        return "upper"
    return "title" if letters[:1].isupper() else "any"


def fits(wanted: str, raw: str) -> bool:
    """Has a word of the text the capitals that a name asks for?"""
    if wanted == "any":
        return True
    letters = raw.replace(".", "").lstrip("@")
    if wanted == "upper":
        return letters.isupper()
    return letters[:1].isupper() or raw.startswith("@")
