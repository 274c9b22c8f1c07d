"""What is written as YAML is read back as it was, by either version of YAML."""

import datetime as dt
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from peacetracker.dataset.writing import WIDTH, Row, Text, to_yaml

# Anything that PostgreSQL can hold; with more of what YAML might take for something else.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
TRICKY = st.text("ab 1-:#,[]{}'\"|>&*!%@`?\\\n\r\t\u0085\u2028\ufeff\u00a0é😀~.0xeE_", min_size=1)
WORDS = st.lists(st.text("abéЖ-'“”:#", min_size=1, max_size=12), min_size=1, max_size=40).map(" ".join)
TEXTS = st.one_of(ANY_TEXT, TRICKY, WORDS)


def read(text: str) -> Any:
    """What ruamel (YAML 1.2, our reader) and PyYAML (1.1, most others') both make of it."""
    newer = YAML(typ="safe").load(text)
    assert yaml.safe_load(text) == newer
    return newer


@settings(max_examples=200, deadline=None)
@given(TEXTS)
@example("2025-11-21")
@example("1e3")
@example("0o14")
@example("012")
@example("12:30")
@example("null")
@example("No")
@example("- a")
@example("a: b")
@example("--- a")
@example("a\n\nb\n")
@example("a\n b")
@example("a \nb")
@example("\na")
@example("a\u0085b")
@example("x" * 200)
@example("word " * 50 + "word")
def test_any_text_survives_in_every_place(text: str) -> None:
    content = {
        "scalar": text,
        "block": Text(text),
        "list": [text, "b"],
        "row": Row(a=text, b=1),
        "items": [{"a": text, "b": Text(text), "c": [text]}, Row(a=text)],
        "last": text,
    }
    assert read(to_yaml(content)) == content


def test_dates_numbers_and_truth_keep_their_types() -> None:
    content = {"on": dt.date(2025, 11, 21), "n": 3, "yes": True, "row": Row(d=dt.date(2025, 1, 2), t=False)}
    text = to_yaml(content)
    assert "n: 3\n" in text
    assert YAML(typ="safe").load(text) == content


def test_a_list_or_row_that_fits_stands_on_one_line() -> None:
    assert to_yaml({"a": ["b", "c"]}) == "a: [b, c]\n"
    assert to_yaml({"a": [Row(b="c", d=1)]}) == "a:\n  - {b: c, d: 1}\n"
    assert to_yaml({"a": ["word " * 10 + "end"] * 3}).count("\n  - ") == 3


def test_long_words_fold_at_the_width_and_blocks_keep_their_lines() -> None:
    long = "peace " * 60 + "plan"
    folded = to_yaml({"summary": long}).splitlines()
    assert folded[0] == "summary: >-"
    assert max(map(len, folded)) <= WIDTH
    assert to_yaml({"text": Text(long)}) == f"text: |-\n  {long}\n"
    assert to_yaml({"url": "https://news.example/" + "x" * 150}).count("\n") == 1
