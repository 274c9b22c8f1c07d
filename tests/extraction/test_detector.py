"""Which candidates are statements, and which of several places is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from peacetracker.extraction import Document, ExtractedStatement
from peacetracker.extraction.candidates import Candidate
from peacetracker.extraction.detector import Detector, detector, in_context
from peacetracker.extraction.evaluation import read_gold
from peacetracker.extraction.once import once_each
from peacetracker.extraction.rules import RuleExtractor
from peacetracker.extraction.training import __main__ as training
from peacetracker.extraction.training.__main__ import examples, learn, with_strangers

SAMPLE = Path(__file__).parent / "gold_sample"
KNOWN = Detector.from_json(
    json.dumps({"intercept": 0.0, "least": 0.5, "weights": {"sure": 2.0, "unsure": -2.0}, "calibration": []})
)


def statement(start=0, end=10, target="plan", position="support", condition=None, confidence=0.8, direct=False):
    return ExtractedStatement(
        start, end, "x" * (end - start), direct, None, None, "Norland", target, "proposal", position, condition, None,
        confidence,
    )  # fmt: skip


def test_only_those_sure_enough_are_shown():
    candidates = [Candidate(statement(), {"sure": 1.0}), Candidate(statement(20, 30), {"unsure": 1.0})]
    (kept,) = KNOWN.judge(candidates)
    assert kept.start == 0
    assert 0.8 < kept.confidence < 0.9


def test_calibration_runs_straight_between_its_steps():
    judge = Detector(0.0, {}, ((0.0, 0.1), (0.5, 0.4), (1.0, 0.9)), 0.0)
    assert judge.raw({}) == 0.5
    assert judge.confidence({}) == 0.4
    assert Detector(9.0, {}, judge.steps, 0.0).confidence({}) <= 0.9


def test_neighbours_give_signs():
    near = Candidate(statement(), {"target by near": 1.0})
    scope = Candidate(statement(5, 12), {"target by scope": 1.0})
    first, second = in_context([near, scope])
    assert "better placed elsewhere" in first
    assert "said before" in second


def test_kept_weights_name_signs_that_candidates_have(gazetteer):
    text = "Kyiv rejected the 28-point plan. “We need a ceasefire,” Macron said. He is open to negotiations."
    (candidates,) = RuleExtractor().candidates_many([Document(text)], gazetteer)
    known = set(detector().weights)
    assert all(signs.keys() <= known for signs in in_context(candidates))


def test_learns_from_gold_files():
    (first, second) = examples(read_gold(SAMPLE))
    assert 1.0 in first.labels
    assert second.labels == []
    told_apart = replace(first, labels=[float(i % 2) for i, _ in enumerate(first.labels)])
    judge = learn([told_apart])
    assert set(judge.weights) <= {name for signs in first.signs for name in signs}


def test_kept_calibration_only_rises():
    data = json.loads((files("peacetracker.extraction") / "weights" / "detector.json").read_text(encoding="utf-8"))
    shares = [share for _, share in data["calibration"]]
    assert shares == sorted(shares)


def test_those_whom_no_gazetteer_has_are_learnt_from_as_well(monkeypatch):
    monkeypatch.setattr(training, "HIDDEN", 1)  # every name
    found = with_strangers(read_gold(SAMPLE))
    signs = [sign for example in found for sign in example.signs]
    assert signs
    assert all("holder unknown" in sign for sign in signs)
    assert 1.0 in {label for example in found for label in example.labels}


def test_the_first_of_two_equally_clear_places_is_kept():
    (kept,) = once_each([statement(50, 60, confidence=0.81), statement(0, 10, confidence=0.8)])
    assert kept.start == 0


def test_a_much_clearer_place_is_kept_though_it_is_later():
    (kept,) = once_each([statement(0, 10, confidence=0.5), statement(50, 60, confidence=0.9)])
    assert kept.start == 50


@pytest.mark.parametrize(("sure", "direct"), [(0.75, True), (0.6, False)])
def test_the_holders_own_words_are_preferred_unless_much_less_sure(sure, direct):
    told, quoted = statement(0, 10, confidence=0.9), statement(50, 60, direct=True, confidence=sure)
    (kept,) = once_each([told, quoted])
    assert kept.direct == direct


def test_one_with_its_condition_is_kept():
    (kept,) = once_each([statement(), statement(50, 60, position="support_if", condition="it is fair")])
    assert kept.condition == "it is fair"


def test_one_with_its_condition_is_not_kept_where_it_is_much_less_sure():
    unsure = statement(50, 60, position="support_if", condition="it is fair", confidence=0.5)
    (kept,) = once_each([statement(confidence=0.9), unsure])
    assert kept.condition is None


def test_one_place_cannot_say_yes_and_no():
    (kept,) = once_each([statement(confidence=0.9), statement(position="oppose", confidence=0.6)])
    assert kept.position == "support"


def test_positions_that_differ_at_two_places_are_both_kept():
    assert len(once_each([statement(), statement(50, 60, position="oppose")])) == 2
