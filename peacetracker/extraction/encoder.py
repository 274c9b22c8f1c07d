"""How likely each word of a sentence belongs to a statement: a small transformer, run by ONNX Runtime.

MiniLM (Wang et al. 2020, arXiv:2002.10957), trained further on texts written for it, on gold files and on real news by
``python -m peacetracker.extraction.training``, which keeps it in ``weights/encoder.onnx.gz``. What it reads
are the words of one sentence as the parser cut them, and which of them name an actor or a target of the gazetteer;
whose names they are it does not know.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions

from .model import POSITIONS

Floats = NDArray[np.float32]

LONGEST = 128  # pieces of words that are read of a sentence
BATCH = 1024  # pieces read at once
LINK = 32  # numbers by which a statement and a name find each other
PLAIN, ACTOR, TARGET = range(3)  # what a word names
ROLES = 3
_OUTPUTS = ("statement", "inside", "holder", "positions", "links")


@dataclass(frozen=True, slots=True)
class Impression:
    """What the encoder makes of one sentence. ``inside`` and ``holder`` have a probability a word: that it belongs to
    a statement, and that it names who makes one; ``positions`` a row a word, its columns ordered as POSITIONS;
    ``links`` a row for the sentence and one a word, for ``holds`` and ``aims``."""

    statement: float
    inside: Floats
    holder: Floats
    positions: Floats
    links: Floats

    def holds(self, rows: Sequence[int]) -> Floats:
        """How likely each word names who makes the statement of these words; first, how likely none does."""
        return self._linked(rows, 0)

    def aims(self, rows: Sequence[int]) -> Floats:
        """How likely each word names the target of the statement of these words; first, how likely none does."""
        return self._linked(rows, 2 * LINK)

    def _linked(self, rows: Sequence[int], at: int) -> Floats:
        asks = self.links[1:, at : at + LINK][list(rows)].mean(0)
        answers = self.links[:, at + LINK : at + 2 * LINK]
        return np.asarray(1 / (1 + np.exp(-(answers @ asks) / np.sqrt(LINK))), dtype=np.float32)


class Encoder:
    """Runs a graph as ``training/graph.py`` writes it, on one thread: it is workers that share processors."""

    def __init__(self, graph: bytes) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.pieces = Pieces(self.session.get_modelmeta().custom_metadata_map["vocabulary"].split("\n"))

    def read(self, sentences: Sequence[Sequence[str]], roles: Sequence[Sequence[int]]) -> list[Impression]:
        """One impression a sentence; ``roles`` are what its words name. Words beyond the longest that can be read count
        as not in a statement."""
        cut = [self.pieces.cut(words) for words in sentences]
        known = [of_pieces(*each) for each in zip(cut, roles, strict=True)]
        found: dict[int, Impression] = {}
        for batch in _batches([len(ids) for ids, _ in cut]):
            inputs = {"pieces": np.array([cut[i][0] for i in batch]), "roles": np.array([known[i] for i in batch])}
            outputs = self.session.run(_OUTPUTS, inputs)
            for i, statement, *outs in zip(batch, *outputs, strict=True):
                inside, holder, positions = (rows[cut[i][1]] for rows in outs[:-1])
                links = outs[-1][[0, *cut[i][1]]]
                found[i] = _padded(Impression(float(statement), inside, holder, positions, links), len(sentences[i]))
        return [found[i] for i in range(len(sentences))]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of sentences of the same length, so that none has to be filled up."""
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for number, length in enumerate(lengths):
        alike[length].append(number)
    for length, numbers in alike.items():
        size = BATCH // length
        for at in range(0, len(numbers), size):
            yield numbers[at : at + size]


def of_pieces(cut: tuple[list[int], list[int]], roles: Sequence[int]) -> list[int]:
    """The role of each piece of a sentence: that of its word."""
    ids, firsts = cut
    found = [PLAIN] * len(ids)
    for role, first, end in zip(roles, firsts, [*firsts[1:], len(ids) - 1], strict=False):
        found[first:end] = [role] * (end - first)
    return found


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


def _padded(one: Impression, words: int) -> Impression:
    left = words - len(one.inside)
    if not left:
        return one
    positions = np.vstack([one.positions, np.full((left, len(POSITIONS)), 1 / len(POSITIONS), dtype=np.float32)])
    links = np.pad(one.links, ((0, left), (0, 0)))
    return Impression(one.statement, np.pad(one.inside, (0, left)), np.pad(one.holder, (0, left)), positions, links)


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
    return Encoder(gzip.decompress((files(__package__) / "weights" / "encoder.onnx.gz").read_bytes()))
