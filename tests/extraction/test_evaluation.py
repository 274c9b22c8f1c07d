from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from peacetracker.extraction import ExtractedStatement, extractor
from peacetracker.extraction.evaluation import GoldError, GoldStatement, evaluate, match, read_gold

SAMPLE = Path(__file__).parent / "gold_sample"


def gold(start, end, actor="Norland", target="Harbour Plan"):
    return GoldStatement(start, end, "x" * (end - start), False, None, None, actor, target, "proposal", "support", None)


def found(start, end, actor="Norland", target="Harbour Plan"):
    return ExtractedStatement(
        start, end, "x" * (end - start), False, None, None, actor, target, "proposal", "support", None, None, 0.5
    )


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SAMPLE, tmp_path / "gold"))


def change(folder, **fields):
    path = folder / "01-harbour.gold.yaml"
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows[0].update(fields)
    path.write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")


def test_reads_header_body_and_statements():
    sample = read_gold(SAMPLE)
    first, second = sample.files
    assert first.document.title == "Norland welcomes the Harbour Plan"
    assert first.document.text.startswith("Norland’s")
    assert all(first.document.text[s.start : s.end] == s.span for s in first.statements)
    assert second.statements == ()


def test_evaluates_the_sample():
    result = evaluate(SAMPLE, extractor())
    figures = result.as_dict()
    assert figures["detection"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "gold": 3, "found": 3}
    for key in ("speaker", "actor", "target", "position_5", "position_3"):
        assert figures[key] == 1.0
    assert [file["name"] for file in figures["files"]] == ["01-harbour", "02-weather"]
    assert "position, five-way" in result.table()
    assert result.only(["02-weather"]).detection.gold == 0
    assert sum(row["statements"] for row in figures["reliability"]) == 3
    assert "reliability of confidence" in result.table()
    assert result.errors(20) == []


class Fixed:
    """Finds what it is told to find in the first document."""

    def __init__(self, *statements):
        self.statements = list(statements)

    def extract_many(self, documents, gazetteer):
        yield self.statements
        for _ in list(documents)[1:]:
            yield []


def test_reliability_holds_confidence_against_what_was_right():
    (right, *_), _ = (file.statements for file in read_gold(SAMPLE).files)
    statements = [
        replace(found(right.start, right.end, right.actor, right.target), confidence=0.85),
        replace(found(0, 3, "Nobody"), confidence=0.82),
        replace(found(0, 3, "Somebody"), confidence=0.31),
    ]
    result = evaluate(SAMPLE, Fixed(*statements))
    low, high = result.reliability
    assert (low.least, low.count, low.right) == (0.3, 1, 0.0)
    assert (high.least, high.count, high.right) == (0.8, 2, 0.5)


def test_errors_begin_with_the_surest_and_end_with_what_was_missed():
    statements = [replace(found(0, 3, f"Nobody {i}"), confidence=i / 10) for i in range(1, 5)]
    errors = evaluate(SAMPLE, Fixed(*statements)).errors(4)
    assert [error.confidence for error in errors] == [0.4, 0.3, 0.0, 0.0]
    assert errors[-1].why.startswith("missed")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"span": "not in there"}, r"01-harbour\.gold\.yaml: statement 1, span: not in the body"),
        ({"span": None}, "statement 1, span: missing"),
        ({"position": "maybe"}, "statement 1, position: 'maybe' is none of"),
        ({"target_kind": "thing"}, "statement 1, target_kind"),
        ({"actor": ""}, "statement 1, actor"),
        ({"direct": "yes"}, "statement 1, direct"),
        ({"speaker": 5}, "statement 1, speaker"),
    ],
)
def test_malformed_statements_are_named(folder, fields, message):
    change(folder, **fields)
    with pytest.raises(GoldError, match=message):
        read_gold(folder)


def test_malformed_files_are_named(folder):
    (folder / "03-lone.txt").write_text("title: x\n\nbody")
    with pytest.raises(GoldError, match=r"03-lone\.txt: file: has no 03-lone\.gold\.yaml"):
        read_gold(folder)
    (folder / "03-lone.gold.yaml").write_text("key: value")
    with pytest.raises(GoldError, match="expected a list of statements"):
        read_gold(folder)
    (folder / "03-lone.gold.yaml").write_text("[]")
    (folder / "03-lone.txt").write_text("title: x\npublished_on: soon\n\nbody")
    with pytest.raises(GoldError, match=r"03-lone\.txt: published_on"):
        read_gold(folder)
    (folder / "03-lone.txt").write_text("no header at all")
    with pytest.raises(GoldError, match="header"):
        read_gold(folder)


def test_missing_gazetteer_and_folder(folder, tmp_path):
    (folder / "gazetteer.yaml").unlink()
    with pytest.raises(GoldError, match="gazetteer"):
        read_gold(folder)
    with pytest.raises(GoldError, match="no such folder"):
        read_gold(tmp_path / "nowhere")


def test_half_of_the_shorter_span_must_be_shared():
    assert match([gold(0, 10)], [found(5, 40)], same_actor=True)
    assert not match([gold(0, 10)], [found(6, 40)], same_actor=True)
    assert match([gold(0, 100)], [found(90, 100)], same_actor=True)


def test_actor_must_agree_unless_by_span_alone():
    assert not match([gold(0, 10)], [found(0, 10, "Sudria")], same_actor=True)
    assert match([gold(0, 10)], [found(0, 10, "Sudria")], same_actor=False)


def test_each_matches_at_most_one():
    assert len(match([gold(0, 10), gold(0, 10)], [found(0, 10)], same_actor=True)) == 1


def test_no_pair_is_lost_to_the_order():
    # The first gold fits both, the second only the better one.
    pairs = match([gold(0, 20), gold(0, 9)], [found(0, 10), found(8, 26)], same_actor=True)
    assert len(pairs) == 2


def test_same_span_pairs_by_target():
    one, two = found(0, 10, target="ceasefire"), found(0, 10)
    pairs = match([gold(0, 10), gold(0, 10, target="ceasefire")], [one, two], same_actor=True)
    assert all(g.target == f.target for g, f in pairs)
