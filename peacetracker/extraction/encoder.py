"""How likely each word of a sentence belongs to a statement: a small transformer, run in NumPy.

The lowest layers of MiniLM (Wang et al. 2020, arXiv:2002.10957), trained further on gold files and on texts written
for it by ``python -m peacetracker.extraction.training`` and kept in ``weights/encoder.npz`` as whole numbers of eight
bits with a scale a row. What it reads are the words of one sentence as the parser cut them; it knows nothing of the
gazetteer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import POSITIONS

Floats = NDArray[np.float32]

LONGEST = 128  # pieces of words that are read of a sentence
BATCH = 1024  # pieces read at once
HEADS = 12
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Impression:
    """What the encoder makes of one sentence. ``inside`` and ``holder`` have a probability a word: that it belongs to
    a statement, and that it names who makes one; ``positions`` a row a word, its columns ordered as POSITIONS."""

    statement: float
    inside: Floats
    holder: Floats
    positions: Floats


@dataclass(frozen=True, slots=True)
class Layer:
    """Weight and bias of each step; ``attending`` makes queries, keys and values at once."""

    attending: tuple[Floats, Floats]
    mixing: tuple[Floats, Floats]
    after_attention: tuple[Floats, Floats]
    widening: tuple[Floats, Floats]
    narrowing: tuple[Floats, Floats]
    after_all: tuple[Floats, Floats]


class Encoder:
    """Weights are those of a BERT of any depth with 12 heads."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self.pieces = Pieces([str(piece) for piece in weights["vocabulary"]])
        self.rows, self.row_scales = weights["words"], weights["words.scale"]
        self.places = _restored(weights, "places")
        self.first_norm = _restored(weights, "norm.weight"), _restored(weights, "norm.bias")
        depth = sum(name.endswith(".q.weight") for name in weights)
        self.layers = [_layer(weights, str(n)) for n in range(depth)]
        self.of_sentence = _restored(weights, "sentence.weight"), _restored(weights, "sentence.bias")
        self.of_word = _restored(weights, "word.weight"), _restored(weights, "word.bias")

    def read(self, sentences: Sequence[Sequence[str]]) -> list[Impression]:
        """One impression a sentence; words beyond the longest that can be read count as not in a statement."""
        cut = [self.pieces.cut(words) for words in sentences]
        found: dict[int, Impression] = {}
        order = sorted(range(len(cut)), key=lambda i: len(cut[i][0]))
        for _, group in groupby(order, key=lambda i: len(cut[i][0]) // 8):
            batch = list(group)
            size = max(1, BATCH // max(len(cut[batch[-1]][0]), 1))
            for at in range(0, len(batch), size):
                some = batch[at : at + size]
                for i, one in zip(some, self._impressions([cut[i] for i in some]), strict=True):
                    found[i] = _padded(one, len(sentences[i]))
        return [found[i] for i in range(len(sentences))]

    def _impressions(self, batch: Sequence[tuple[list[int], list[int]]]) -> list[Impression]:
        longest = max(len(ids) for ids, _ in batch)
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.float32)
        for row, (pieces, _) in enumerate(batch):
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        states = self._states(ids, mask)
        pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        sentence = _sigmoid(pooled @ self.of_sentence[0] + self.of_sentence[1])
        words = states @ self.of_word[0] + self.of_word[1]
        found = []
        for row, (_, firsts) in enumerate(batch):
            own = words[row, firsts]
            positions = _softmax(own[:, 2 : 2 + len(POSITIONS)])
            found.append(Impression(float(sentence[row]), _sigmoid(own[:, 0]), _sigmoid(own[:, 1]), positions))
        return found

    def _states(self, ids: NDArray[np.int64], mask: Floats) -> Floats:
        states = self.rows[ids].astype(np.float32) * self.row_scales[ids][..., None] + self.places[: ids.shape[1]]
        states = _normed(states, self.first_norm)
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in self.layers:
            states = _normed(states + _attention(states, layer, hidden), layer.after_attention)
            inner = _gelu(states @ layer.widening[0] + layer.widening[1])
            states = _normed(states + (inner @ layer.narrowing[0] + layer.narrowing[1]), layer.after_all)
        return states


class Pieces:
    """Words into WordPieces: the longest of the vocabulary from the left (Devlin et al. 2019, arXiv:1810.04805)."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.numbers = {piece: i for i, piece in enumerate(vocabulary)}
        self.of = lru_cache(maxsize=100_000)(self._of)

    def cut(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """Numbers of a sentence's pieces, and at which of them each word begins; as many words as can be read."""
        ids, firsts = [self.numbers["[CLS]"]], []
        for word in words:
            pieces = self.of(word)
            if len(ids) + len(pieces) >= LONGEST:
                break
            firsts.append(len(ids))
            ids.extend(pieces)
        return [*ids, self.numbers["[SEP]"]], firsts

    def _of(self, word: str) -> tuple[int, ...]:
        plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
        found = [number for part in _PARTS.findall(plain) for number in self._of_part(part)]
        return tuple(found) or (self.numbers["[UNK]"],)

    def _of_part(self, part: str) -> list[int]:
        found = []
        start = 0
        while start < len(part):
            ends = range(len(part), start, -1)
            known = ((end, self.numbers.get(("##" if start else "") + part[start:end])) for end in ends)
            end, number = next(((end, n) for end, n in known if n is not None), (0, None))
            if number is None:
                return [self.numbers["[UNK]"]]
            found.append(number)
            start = end
        return found


_PARTS = re.compile(r"[^\W_]+|[^\w\s]|_")  # letters and figures together, every other sign by itself


def _restored(weights: dict[str, Any], name: str) -> Floats:
    """Numbers as they were before they were cut to eight bits."""
    values = weights[name]
    if values.dtype != np.int8:
        return np.asarray(values, dtype=np.float32)
    return np.asarray(values.astype(np.float32) * weights[f"{name}.scale"][:, None])


def _layer(weights: dict[str, Any], name: str) -> Layer:
    def both(part: str) -> tuple[Floats, Floats]:
        return _restored(weights, f"{name}.{part}.weight"), _restored(weights, f"{name}.{part}.bias")

    heads = [both(part) for part in "qkv"]
    attending = np.hstack([w for w, _ in heads]), np.hstack([b for _, b in heads])
    return Layer(attending, both("o"), both("ln1"), both("f1"), both("f2"), both("ln2"))


def _padded(one: Impression, words: int) -> Impression:
    left = words - len(one.inside)
    if not left:
        return one
    positions = np.vstack([one.positions, np.full((left, len(POSITIONS)), 1 / len(POSITIONS), dtype=np.float32)])
    return Impression(one.statement, np.pad(one.inside, (0, left)), np.pad(one.holder, (0, left)), positions)


def _normed(states: Floats, norm: tuple[Floats, Floats]) -> Floats:
    mean = states.mean(-1, keepdims=True)
    spread = np.sqrt(((states - mean) ** 2).mean(-1, keepdims=True) + np.float32(_EPSILON))
    return np.asarray((states - mean) / spread * norm[0] + norm[1], dtype=np.float32)


def _gelu(values: Floats) -> Floats:
    """In place, with the hyperbolic tangent (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""
    scale = np.float32(np.sqrt(2 / np.pi))
    inner = values * values
    inner *= np.float32(0.044715) * scale
    inner += scale
    inner *= values
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= values
    inner *= np.float32(0.5)
    return inner


def _attention(states: Floats, layer: Layer, hidden: Floats) -> Floats:
    rows, length, width = states.shape
    mixed = (states @ layer.attending[0] + layer.attending[1]).reshape(rows, length, 3, HEADS, -1)
    query, key, value = mixed.transpose(2, 0, 3, 1, 4)
    shares = _softmax(query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // HEADS)) + hidden)
    heard = (shares @ value).transpose(0, 2, 1, 3).reshape(rows, length, width)
    return np.asarray(heard @ layer.mixing[0] + layer.mixing[1], dtype=np.float32)


def _softmax(values: Floats) -> Floats:
    powers = np.exp(values - values.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), dtype=np.float32)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)


_chosen: list[Encoder] = []


def encoder() -> Encoder:
    """The one in use: the shipped one unless another was chosen."""
    return _chosen[-1] if _chosen else shipped()


def use(chosen: Encoder | None) -> None:
    """Read by another encoder from now on, in this process; None for the shipped one."""
    _chosen[:] = [chosen] if chosen else []


@cache
def shipped() -> Encoder:
    """Loaded once per process at its first use."""
    with (files(__package__) / "weights" / "encoder.npz").open("rb") as file, np.load(file) as weights:
        return Encoder(dict(weights))
