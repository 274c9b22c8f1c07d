"""How likely each word belongs to a statement; and words cut into the pieces that the encoder knows."""

from __future__ import annotations

import numpy as np
import pytest

from peacetracker.extraction import Document
from peacetracker.extraction.encoder import ACTOR, LINK, LONGEST, PLAIN, TARGET, Pieces, encoder, shipped, use
from peacetracker.extraction.model import POSITIONS
from peacetracker.extraction.rules import RuleExtractor

REFUSAL = ["The", "government", "flatly", "turned", "down", "the", "ceasefire", "proposal", "."]
WEATHER = ["Rain", "fell", "on", "the", "harbour", "for", "most", "of", "the", "day", "."]


@pytest.fixture
def pieces():
    return Pieces(["[UNK]", "[CLS]", "[SEP]", "truce", "talk", "##s", "un", "##fair", "-", "e"])


def test_words_are_cut_into_the_longest_known_pieces(pieces):
    assert pieces.of("Talks") == (4, 5)
    assert pieces.of("unfair") == (6, 7)


def test_accents_are_dropped_and_signs_stand_alone(pieces):
    assert pieces.of("É") == (9,)
    assert pieces.of("truce-talks") == (3, 8, 4, 5)


def test_what_cannot_be_cut_is_unknown(pieces):
    assert pieces.of("xyz") == (0,)
    assert pieces.of("\u00ad") == (0,)


def test_each_word_is_found_again(pieces):
    assert pieces.cut(["Unfair", "talks"]) == ([1, 6, 7, 4, 5, 2], [1, 3])


def read(sentences):
    """Impressions of sentences in which these are names of the gazetteer."""
    actors, targets = ("France", "Norland"), ("truce", "exchange", "ceasefire", "proposal")
    names = dict.fromkeys(actors, ACTOR) | dict.fromkeys(targets, TARGET)
    return encoder().read(sentences, [[names.get(word, PLAIN) for word in words] for words in sentences])


def test_one_figure_a_word():
    (one,) = read([REFUSAL])
    assert one.inside.shape == one.holder.shape == (len(REFUSAL),)
    assert one.positions.shape == (len(REFUSAL), len(POSITIONS))
    assert np.allclose(one.positions.sum(1), 1, atol=1e-5)
    assert 0 <= one.statement <= 1


def test_a_refusal_reads_more_like_a_statement_than_the_weather():
    refusal, weather = read([REFUSAL, WEATHER])
    assert refusal.statement > 0.5 > weather.statement
    assert refusal.inside.mean() > 0.5 > weather.inside.mean()
    against = refusal.positions.mean(0)
    assert against[POSITIONS.index("oppose")] > against[POSITIONS.index("support")]


def test_a_statement_goes_with_who_makes_it_and_not_with_whoever_is_named():
    words = "France told envoys in Norland on Monday that it backs the truce .".split()  # noqa: SIM905
    (one,) = read([words])
    holds = one.holds(range(words.index("backs"), words.index("truce") + 1))
    assert holds[words.index("France") + 1] > 0.5 > holds[words.index("Norland") + 1]


def test_a_statement_goes_with_a_target_and_not_with_a_place():
    words = "France told envoys in Norland on Monday that it backs the truce .".split()  # noqa: SIM905
    (one,) = read([words])
    aims = one.aims(range(words.index("backs"), words.index("truce") + 1))
    assert aims[words.index("truce") + 1] > 0.5 > aims[words.index("Norland") + 1]


def test_a_sentence_may_name_nobody_who_makes_the_statement():
    ours, theirs = read([["We", "reject", "the", "truce", "."], ["Norland", "rejects", "the", "truce", "."]])
    assert ours.holds(range(4))[0] > 0.5 > theirs.holds(range(4))[0]


def test_a_sentence_reads_the_same_beside_others():
    (alone,) = read([REFUSAL])
    beside = read([WEATHER, REFUSAL, ["Peace", "."], REFUSAL * 5])[1]
    assert np.allclose(alone.inside, beside.inside, atol=1e-3)


def test_words_beyond_the_longest_count_as_outside():
    (one,) = read([["truce"] * (LONGEST + 50)])
    assert one.inside.shape == (LONGEST + 50,)
    assert not one.inside[LONGEST:].any()


def test_nothing_to_read():
    assert read([]) == []


def test_another_encoder_can_be_chosen():
    class Deaf:
        def read(self, sentences, roles):
            return [type(shipped().read([["a"]], [[PLAIN]])[0])(0.0, *_nothing(len(words))) for words in sentences]

    try:
        use(Deaf())
        assert read([REFUSAL])[0].statement == 0.0
    finally:
        use(None)
    assert encoder() is shipped()


def _nothing(words):
    positions = np.full((words, len(POSITIONS)), 1 / len(POSITIONS))
    return np.zeros(words), np.zeros(words), positions, np.zeros((words + 1, 4 * LINK))


# --- candidates without a known cue ------------------------------------------------------------------------------


def candidates(text, gazetteer):
    (found,) = RuleExtractor().candidates_many([Document(text)], gazetteer)
    return [c for c in found if "open" in c.signs]


def test_words_without_a_known_cue_are_proposed_for_whoever_has_the_floor(gazetteer):
    text = "“We can live with most of the 28-point plan,” said Emmanuel Macron."
    found = candidates(text, gazetteer)
    assert {(c.statement.actor, c.statement.target) for c in found} >= {("France", "US 28-point plan")}
    assert all(c.statement.quote == text[c.statement.start : c.statement.end] for c in found)


def test_sentences_that_speak_of_no_target_are_not_read(gazetteer):
    assert candidates("Emmanuel Macron flatly turned down the invitation to dinner.", gazetteer) == []
