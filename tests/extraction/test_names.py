"""Names that no gazetteer has, by how they are written."""

import pytest

from peacetracker.extraction.names import names_in
from peacetracker.extraction.sentences import model


def found(text: str) -> tuple[set[str], set[str]]:
    """People, and what else is named."""
    names = list(names_in(model()(text)))
    people = {name.text for name in names if name.person}
    return people, {name.text for name in names} - people


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Emmanuel Macron rejected the plan.", {"Emmanuel Macron"}),
        ("Turkish President Recep Tayyip Erdogan rejected it.", {"Recep Tayyip Erdogan"}),
        ("US Secretary of State Marco Rubio agreed.", {"Marco Rubio"}),
        ("Ursula von der Leyen welcomed it.", {"Ursula von der Leyen"}),
        ("Abdel Fattah al-Burhan said no.", {"Abdel Fattah al-Burhan"}),
        ("Mr Fico said no.", {"Fico"}),
        ("The spokeswoman Zakharova said no.", {"Zakharova"}),
    ],
)
def test_a_person_is_known_by_a_title_or_by_several_names(text, people):
    assert found(text)[0] == people


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Portugal rejected the plan.", "Portugal"),
        ("Saudi Arabia welcomed the plan.", "Saudi Arabia"),
        ("The Democratic Unionist Party walked out.", "Democratic Unionist Party"),
        ("NATO said nothing.", "NATO"),
    ],
)
def test_states_and_bodies_are_no_people(text, name):
    people, others = found(text)
    assert not people
    assert name in others


def test_a_name_ends_with_its_sentence():
    assert found("They met in Geneva. Anna Berg was there.") == ({"Anna Berg"}, {"Geneva"})


def test_a_dash_parts_names():
    assert found("They spoke of Geneva - Oslo came later.") == (set(), {"Geneva", "Oslo"})


def test_a_row_of_dashes_does_no_harm():
    people, others = found("Geneva " + "- " * 3000 + "Oslo")
    assert {"Geneva", "Oslo"} <= people | others


def test_a_text_without_names_has_none():
    assert found("The plan was rejected by everybody.") == (set(), set())
