"""The encoder's file: whole numbers that read nearly as the floats they come from."""

from __future__ import annotations

import numpy as np
import pytest

from peacetracker.extraction.encoder import ACTOR, LINK, LONGEST, PLAIN, ROLES, TARGET, Encoder, of_pieces
from peacetracker.extraction.model import POSITIONS
from peacetracker.extraction.training.graph import _Graph, written

PIECES = ["[UNK]", "[CLS]", "[SEP]", *(f"w{n}" for n in range(97))]
WIDTH, WIDE, LAYERS = 48, 96, 2
SENTENCES = [[f"w{(n * step) % 97}" for n in range(20)] for step in range(1, 40)]
NAMED = [[(n * step) % ROLES for n in range(20)] for step in range(1, 40)]


@pytest.fixture(scope="module")
def weights():
    numbers = np.random.default_rng(1)

    def both(rows, columns):
        weight = numbers.normal(size=(rows, columns)) / np.sqrt(rows)
        return weight.astype(np.float32), numbers.normal(size=columns, scale=0.1).astype(np.float32)

    def norm():
        weight = np.ones(WIDTH, dtype=np.float32)
        weight[3] = 20  # an input much larger than the rest, as trained encoders have some
        return weight, np.zeros(WIDTH, dtype=np.float32)

    def layer():
        square = {part: both(WIDTH, WIDTH) for part in "qkvo"}
        return square | {"f1": both(WIDTH, WIDE), "f2": both(WIDE, WIDTH), "ln1": norm(), "ln2": norm()}

    sentence, bias = both(WIDTH, 1)
    return {
        "words": numbers.normal(size=(len(PIECES), WIDTH)).astype(np.float32),
        "places": numbers.normal(size=(LONGEST, WIDTH)).astype(np.float32),
        "roles": numbers.normal(size=(ROLES, WIDTH)).astype(np.float32),
        "norm": norm(),
        "layers": [layer() for _ in range(LAYERS)],
        "sentence": (sentence[:, 0], bias[0]),
        "word": both(WIDTH, 2 + len(POSITIONS)),
        "link": both(WIDTH, 4 * LINK),
    }


@pytest.fixture(scope="module")
def floats(weights):
    return Encoder(_Graph(weights).written(PIECES, None))


@pytest.fixture(scope="module")
def whole_numbers(weights, floats):
    cuts = [floats.pieces.cut(words) for words in SENTENCES]
    read = [(cut[0], of_pieces(cut, roles)) for cut, roles in zip(cuts, NAMED, strict=True)]
    return Encoder(written(weights, PIECES, read))


def test_whole_numbers_read_as_floats_do(floats, whole_numbers):
    exact, near = floats.read(SENTENCES, NAMED), whole_numbers.read(SENTENCES, NAMED)
    for part in ("inside", "holder", "positions"):
        before = np.concatenate([getattr(one, part).ravel() for one in exact])
        after = np.concatenate([getattr(one, part).ravel() for one in near])
        assert before.std() > 0.1
        assert np.corrcoef(before, after)[0, 1] > 0.98


def test_matrices_take_a_byte_a_number(weights, floats, whole_numbers):
    matrices = LAYERS * (4 * WIDTH * WIDTH + 2 * WIDTH * WIDE)
    sizes = [len(_Graph(weights).written(PIECES, None)), len(written(weights, PIECES, [([1, 5, 2], [0, 1, 0])]))]
    assert sizes[0] - sizes[1] > 2.5 * matrices


def test_a_sentence_reads_the_same_beside_others(whole_numbers):
    (alone,) = whole_numbers.read(SENTENCES[:1], NAMED[:1])
    beside = whole_numbers.read([*SENTENCES[5:9], SENTENCES[0]], [*NAMED[5:9], NAMED[0]])[-1]
    assert np.allclose(alone.inside, beside.inside, atol=1e-5)


def test_what_words_name_is_read(floats):
    plain, named = (floats.read(SENTENCES, roles) for roles in ([[PLAIN] * 20] * len(SENTENCES), NAMED))
    moved = [np.abs(one.inside - other.inside) for one, other in zip(plain, named, strict=True)]
    assert np.mean(moved) > 0.01


def test_all_pieces_of_a_word_have_its_role():
    assert of_pieces(([1, 7, 8, 9, 2], [1, 3]), [ACTOR, TARGET]) == [PLAIN, ACTOR, ACTOR, TARGET, PLAIN]
    assert of_pieces(([1, 7, 2], [1]), [TARGET, ACTOR]) == [PLAIN, TARGET, PLAIN], "what was too long is left out"


def test_the_vocabulary_is_in_the_file(whole_numbers):
    assert list(whole_numbers.pieces.numbers) == PIECES
