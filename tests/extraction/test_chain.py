"""The chain as a whole, on sentences of our own."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peacetracker.extraction import (
    Document,
    Gazetteer,
    UnsupportedLanguage,
    extractor,
)

PLAN = "US 28-point plan"


@pytest.mark.parametrize(
    ("sentence", "actor", "speaker", "target", "position"),
    [
        ("Kyiv rejected the 28-point plan.", "Ukraine", None, PLAN, "oppose"),
        ("The 28-point plan was rejected by Moscow.", "Russia", None, PLAN, "oppose"),
        ("Turkey has offered to host peace talks.", "Turkey", None, "peace talks", "support"),
        ("German Chancellor Friedrich Merz backed the 28-point plan.", "Germany", "Friedrich Merz", PLAN, "support"),
        (
            "Zelenskyy said that Ukraine would not cede any land.",
            "Ukraine",
            "Volodymyr Zelenskyy",
            "territorial concessions",
            "oppose",
        ),
        ("Merz demanded that Russia agree to a ceasefire.", "Germany", "Friedrich Merz", "ceasefire", "support"),
        ("According to Peskov, Russia is open to negotiations.", "Russia", "Dmitry Peskov", "peace talks", "support"),
        ("Paris is studying the 28-point plan.", "France", None, PLAN, "neutral"),
        (
            "“Russia must withdraw its troops,” Macron said.",
            "France",
            "Emmanuel Macron",
            "withdrawal of troops",
            "support",
        ),
        ("“We do not support a ceasefire,” Lavrov told reporters.", "Russia", "Sergey Lavrov", "ceasefire", "oppose"),
        ("Macron called the 28-point plan “a good basis for talks”.", "France", "Emmanuel Macron", PLAN, "support"),
        ("The US plan has the backing of Hungary.", "Hungary", None, PLAN, "support"),
        (
            "Zelenskyy's refusal to make territorial concessions is known.",
            "Ukraine",
            "Volodymyr Zelenskyy",
            "territorial concessions",
            "oppose",
        ),
    ],
)
def test_one_statement(read, sentence, actor, speaker, target, position):
    (found,) = read(sentence)
    assert (found.actor, found.speaker, found.target, found.position) == (actor, speaker, target, position)
    assert found.quote == sentence[found.start : found.end]


@pytest.mark.parametrize(
    ("sentence", "position", "condition"),
    [
        (
            "The Kremlin ruled out a ceasefire unless Ukraine withdraws its army.",
            "oppose_unless",
            "Ukraine withdraws its army",
        ),
        (
            "Kyiv accepted the 28-point plan, provided that its security is guaranteed.",
            "support_if",
            "its security is guaranteed",
        ),
        (
            "Zelenskyy is willing to accept a ceasefire if there are security guarantees.",
            "support_if",
            "there are security guarantees",
        ),
        (
            "Paris welcomed the 28-point plan but stressed that revisions are needed.",
            "support_if",
            "revisions are needed",
        ),
        (
            "“We cannot accept a ceasefire that rewards the attack,” Macron said.",
            "oppose_unless",
            "not rewards the attack",
        ),
    ],
)
def test_conditions(read, sentence, position, condition):
    (found,) = read(sentence)
    assert (found.position, found.condition) == (position, condition)


@pytest.mark.parametrize(
    "sentence",
    [
        "Does Washington support a ceasefire?",
        "The ceasefire was discussed in Paris.",
        "If Russia accepts the 28-point plan, the war may end.",
        "Russia might accept the 28-point plan.",
        "“Putin does not want peace talks,” an analyst said.",
        "The violation of the ceasefire was reported on Monday.",
    ],
)
def test_nothing_to_record(read, sentence):
    assert read(sentence) == []


def test_quotation_is_direct_and_without_marks(read):
    text = "“We support a ceasefire,” said Dmitry Peskov."
    (found,) = read(text)
    assert found.direct
    assert found.quote == "We support a ceasefire,"
    assert found.speaker == "Dmitry Peskov"


def test_he_added(read):
    text = "Macron visited Ankara. “We welcome the 28-point plan,” he said. “We also support a ceasefire,” he added."
    assert {(s.speaker, s.target) for s in read(text)} == {
        ("Emmanuel Macron", PLAN),
        ("Emmanuel Macron", "ceasefire"),
    }


def test_transcript_labels_tell_who_speaks(read):
    text = "Q Do you support a ceasefire?\nMR. PESKOV: Look. We do not support a ceasefire.\nQ Thank you."
    (found,) = read(text)
    assert (found.actor, found.speaker, found.position) == ("Russia", "Dmitry Peskov", "oppose")


def test_statement_of_a_bloc_speaks_as_we(read):
    (found,) = read("We call for an immediate ceasefire.", title="EU Statement on the war")
    assert (found.actor, found.target) == ("European Union", "ceasefire")


def test_said_twice_is_recorded_once(read):
    text = "Kyiv rejected the 28-point plan. On Friday Ukraine rejected the 28-point plan again."
    assert len(read(text)) == 1


def test_two_actors_share_a_span(read):
    found = read("Germany and France welcomed the 28-point plan.")
    assert {s.actor for s in found} == {"Germany", "France"}
    assert len({(s.start, s.end) for s in found}) == 1


def test_an_editor_understands_the_cues(read):
    (found,) = read("The Kremlin ruled out a ceasefire unless Kyiv disarms.")
    assert "“ruled out” → oppose_unless" in found.cues
    assert "“unless …” → condition" in found.cues


def test_warns_of_an_office_not_held(read):
    (found,) = read("German Chancellor Olaf Scholz welcomed the 28-point plan.")
    assert any("no longer chancellor" in warning for warning in found.warnings)


def test_warns_of_a_proposal_that_did_not_exist(read):
    (found,) = read("Turkey presented the Spring initiative.")
    assert any("tabled on 2026-03-01" in warning for warning in found.warnings)


def test_warns_of_an_actor_not_in_the_record(read):
    (found,) = read("European leaders rejected the 28-point plan.")
    assert found.actor == "European leaders"
    assert found.warnings == ("not in the record: European leaders",)


def test_office_beside_an_unknown_name(read):
    (found,) = read("Turkish Foreign Minister Hakan Fidan welcomed the 28-point plan.")
    assert (found.actor, found.speaker) == ("Turkey", "Hakan Fidan")


def test_said_on_a_weekday(read):
    (found,) = read("Kyiv rejected the 28-point plan on Monday.")
    assert found.said_on == date(2025, 11, 24)


def test_short_article(read):
    text = (
        "Kyiv’s allies met on Thursday to discuss the 28-point plan.\n\n"
        "French President Emmanuel Macron welcomed the plan, but said that security guarantees were needed. "
        "“A ceasefire must come first,” he told reporters in Paris.\n\n"
        "The Kremlin dismissed the idea of a ceasefire. Moscow was ready for peace talks, its spokesman said.\n"
    )
    found = read(text)
    assert [(s.actor, s.target, s.position) for s in found] == [
        ("France", PLAN, "support_if"),
        ("France", "ceasefire", "support"),
        ("Russia", "ceasefire", "oppose"),
        ("Russia", "peace talks", "support"),
    ]
    assert all(s.quote == text[s.start : s.end] for s in found)


def test_many_documents_keep_their_order(gazetteer):
    rules = extractor()
    texts = ["Kyiv rejected the 28-point plan.", "", "Moscow welcomed the 28-point plan.\n\nParis welcomed it.", " "]
    documents = [Document(text) for text in texts]
    many = list(rules.extract_many(documents, gazetteer))
    assert many == [rules.extract(document, gazetteer) for document in documents]
    assert [len(found) for found in many] == [1, 0, 2, 0]
    assert list(rules.extract_many([], gazetteer)) == []


def test_unknown_extractor_names_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown extractor 'magic'; known: .*rules"):
        extractor("magic")


def test_other_languages_are_refused(gazetteer):
    with pytest.raises(UnsupportedLanguage, match="'uk'"):
        extractor().extract(Document("Україна", language="uk"), gazetteer)


PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "“",
            "”",
            '"',
            "«",
            "\n",
            "\r\n",
            "Q ",
            "MR. PESKOV: ",
            " said Macron",
            "Kyiv rejected the 28-point plan.",
            " unless ",
            "We must have a ceasefire ",
            "🕊️",
            "\ud800",
            "\x00",
            "é",
            "- ",
            "The plan lacks ",
        ]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PIECES, max_size=8).map("".join))
def test_any_text_gives_exact_spans(gazetteer, text):
    for found in extractor().extract(Document(text, title=text[:20]), gazetteer):
        assert found.quote == text[found.start : found.end] != ""
        assert 0 <= found.confidence <= 1
        assert found.position in ("support", "support_if", "neutral", "oppose_unless", "oppose")


def test_empty_gazetteer_finds_nothing():
    assert extractor().extract(Document("Kyiv rejected the plan."), Gazetteer()) == []
