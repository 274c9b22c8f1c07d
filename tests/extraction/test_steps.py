"""The steps one by one."""

from __future__ import annotations

import time
from datetime import date

import pytest

from peacetracker.extraction import ActorEntry, Gazetteer, GazetteerError, PersonEntry
from peacetracker.extraction.actors import Cast, actor_names
from peacetracker.extraction.aliases import AliasIndex
from peacetracker.extraction.detector import detector
from peacetracker.extraction.gazetteer import partial_date
from peacetracker.extraction.lexicon import lexicon
from peacetracker.extraction.positions import find_cues, turns
from peacetracker.extraction.quotations import find_quotations
from peacetracker.extraction.reporting import governor, subject_of
from peacetracker.extraction.sentences import model, paragraphs, passages
from peacetracker.extraction.text import plain, stem, words


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("He said “we agree” today.", ["we agree"]),
        ('He said "we agree" and "we go".', ["we agree", "we go"]),
        ("Er sagte „wir sind dafür“ und ging.", ["wir sind dafür"]),
        ("Il a dit « oui » hier.", [" oui "]),
        ("“He told me ‘no’ and “never” twice,” she said.", ["He told me ‘no’ and “never” twice,"]),
        ("“It goes on", ["It goes on"]),
        ("‘We agree,’ he said, ‘with our allies’ plan.’", ["We agree,", "with our allies’ plan."]),
        ("The allies’ plan and the ’90s", []),
        ("«Nous “acceptons” ce plan», dit-il.", ["Nous “acceptons” ce plan"]),
        ("»Wir sind dafür«, sagte er.", ["Wir sind dafür"]),
        ("‹ici› et «là»", ["ici", "là"]),
        ("“We agree,” he said, “but not yet.”", ["We agree,", "but not yet."]),
        ('"We agree," he said, "but not yet', ["We agree,", "but not yet"]),
        ("“One “two” three”", ["One “two” three"]),
        ('5" of rain fell', []),
        ("no marks at all ”", []),
    ],
)
def test_quotations(text, quoted):
    assert [text[q.start : q.end] for q in find_quotations(text)] == quoted


def test_quotation_over_two_paragraphs():
    text = "“First part.\n“Second part,” he said."
    parts = [(p.start, p.end) for p in paragraphs(text)]
    first, second = find_quotations(text, parts)
    assert not first.ended
    assert second.continues


def test_quotation_over_three_paragraphs_is_closed_once():
    text = "“First.\n“Second.\n“Third,” he said."
    parts = [(p.start, p.end) for p in paragraphs(text)]
    quotations = find_quotations(text, parts)
    assert [q.ended for q in quotations] == [False, False, True]
    assert [q.continues for q in quotations] == [False, True, True]


def test_paragraphs_drop_bullets_and_join_hard_breaks():
    text = "– First point\n\nA line that was cut by a hard break in the middle\nof its sentence.\nNext."
    assert [text[p.start : p.end] for p in paragraphs(text)] == [
        "First point",
        "A line that was cut by a hard break in the middle\nof its sentence.",
        "Next.",
    ]


def test_very_long_paragraphs_are_cut():
    assert all(p.end - p.start <= 20_000 for p in paragraphs("word " * 20_000))


def test_passages_know_where_they_are():
    text = "One.\n\n  Two words."
    (_, second) = passages(text)
    token = second.doc[1]
    assert text[second.offset(token) : second.end_of(token)] == "words"


def test_plain_keeps_the_length():
    text = "a’b\u00a0c\ud800\r\n"
    assert len(plain(text)) == len(text)


def test_stems_meet():
    assert stem("guarantees") == stem("guarantee")
    assert stem("withdrawal") == stem("withdraws")
    assert [w.raw for w in words("@realDonaldTrump U.S. 28-point")] == [
        "real",
        "Donald",
        "Trump",
        "U.S.",
        "28",
        "point",
    ]


def test_alias_index_takes_the_longest_name_and_heeds_capitals():
    index: AliasIndex[str] = AliasIndex()
    for alias in ("US", "US Congress", "the Kremlin", "Price"):
        index.add(alias, alias)
    hits = index.find(words("The US Congress told us the price; U.S. and Kremlin aides met Price."))
    assert [hit.payload for hit in hits] == ["US Congress", "US", "the Kremlin", "Price"]


def test_fifty_thousand_aliases_stay_cheap():
    index: AliasIndex[int] = AliasIndex()
    for i in range(50_000):
        index.add(f"Name{i} Surname{i % 977}", i)
    text_words = words("Name41 Surname41 met others. " * 500)
    began = time.perf_counter()
    assert len(index.find(text_words)) == 500
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("sentence", "verb", "subject"),
    [
        ("Macron welcomed the plan and rejected the truce.", "rejected", "Macron"),
        ("The plan was rejected by Israel.", "rejected", "Israel"),
        ("The countries that demanded a truce met.", "demanded", "countries"),
        ("Zelenskyy spoke, emphasizing that it works.", "emphasizing", "Zelenskyy"),
        ("Merz urged Russia to accept.", "accept", "Russia"),
    ],
)
def test_subjects(sentence, verb, subject):
    doc = model()(sentence)
    token = next(t for t in doc if t.text == verb)
    found = subject_of(token)
    assert found is not None
    assert found.text == subject


@pytest.mark.parametrize(
    ("sentence", "word", "governed"),
    [
        ("Paris made clear that it would accept.", "accept", "made"),
        ("The minister is adamant that talks must begin.", "begin", "is"),
        ("Kyiv accepts the plan.", "accepts", None),
    ],
)
def test_verbs_and_adjectives_of_saying(sentence, word, governed):
    found = governor(next(t for t in model()(sentence) if t.text == word))
    assert (found.text if found is not None else None) == governed


def test_governor():
    doc = model()("Zelenskyy insisted that any deal must ensure peace.")
    found = governor(next(t for t in doc if t.text == "ensure"))
    assert found is not None
    assert found.text == "insisted"


@pytest.mark.parametrize(
    ("sentence", "word", "times"),
    [
        ("We will never accept it.", "accept", 1),
        ("They refuse to accept it.", "accept", 1),
        ("They accept it.", "accept", 0),
        ("We do not believe that a truce is right.", "right", 1),
        ("No state accepted it.", "accepted", 1),
    ],
)
def test_negation(sentence, word, times):
    doc = model()(sentence)
    assert turns(next(t for t in doc if t.text == word)) == times


def test_cues_of_phrases():
    cues = {(c.words, c.attitude) for c in find_cues(model()("They voted overwhelmingly against the resolution."))}
    assert ("vote against", "oppose") in cues


def test_a_person_speaks_for_the_office_of_the_day():
    gazetteer = Gazetteer(
        actors=[ActorEntry("Poland", "state"), ActorEntry("European Union", "bloc")],
        people=[
            PersonEntry(
                "Donald Tusk",
                ("Tusk",),
                "European Union",
                "president of the European Council",
                date(2014, 12, 1),
                date(2019, 11, 30),
            ),
            PersonEntry("Donald Tusk", ("Tusk",), "Poland", "prime minister", date(2023, 12, 13)),
        ],
    )
    names = actor_names(gazetteer)
    assert Cast(names, date(2016, 1, 1)).person("Donald Tusk").actor == "European Union"
    assert Cast(names, date(2025, 1, 1)).person("Donald Tusk").actor == "Poland"
    assert Cast(names, date(2021, 1, 1)).person("Donald Tusk").actor == "Donald Tusk"


def test_confidence_falls_with_every_doubt():
    judge = detector()
    plain_words = {"form verb": 1.0, "attitude support": 1.0, "holder by subject": 1.0, "target by scope": 1.0}
    unsure = {**plain_words, "holder unsure": 0.5, "target by scope": 0.0, "target by near": 1.0}
    assert 0 <= judge.confidence(unsure) < judge.confidence(plain_words) <= 1


def test_patterns_are_read():
    patterns = lexicon()
    assert "welcome" in patterns.stances.verbs
    assert "no" in patterns.stances.negations
    assert patterns.countries.peoples["Norway"] == ("Norwegian", "Norwegians")


# --- gazetteer -----------------------------------------------------------------------------------------------------


def test_partial_dates():
    assert partial_date("2022-02") == date(2022, 2, 1)
    assert partial_date("2022-02", "last") == date(2022, 2, 28)
    assert partial_date(2022, "last") == date(2022, 12, 31)
    assert partial_date(None) is None
    with pytest.raises(ValueError, match="not a date"):
        partial_date("soon")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("actors: {}\n", None),
        ("actors: [{aliases: [x]}]\n", r"actors\[1\]\.name"),
        ("people: [{name: A, from: soon}]\n", r"people\[1\]\.from"),
        ("issues: [{name: A, terms: ceasefire}]\n", r"issues\[1\]\.terms"),
        ("- a list\n", "expected a mapping"),
        ("actors: [\n", "not valid YAML"),
    ],
)
def test_gazetteer_errors_name_the_field(tmp_path, content, message):
    path = tmp_path / "gazetteer.yaml"
    path.write_text(content)
    if message is None:
        assert Gazetteer.from_yaml(path).actors == []
        return
    with pytest.raises(GazetteerError, match=message) as caught:
        Gazetteer.from_yaml(path)
    assert str(path) in str(caught.value)


def test_merged_gazetteers_keep_all_names():
    one = Gazetteer(actors=[ActorEntry("Russia", "state", ("Moscow",))])
    two = Gazetteer(actors=[ActorEntry("Russia", "state", ("the Kremlin",)), ActorEntry("Peru", "state")])
    merged = one.merged_with(two)
    assert [actor.name for actor in merged.actors] == ["Russia", "Peru"]
    assert merged.actors[0].aliases == ("Moscow", "the Kremlin")
