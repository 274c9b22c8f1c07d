"""Constructions of English reporting that the gold lacks or has once: short texts written for these tests.

They are never mixed into the scores of real texts.
"""

from __future__ import annotations

from datetime import date

import pytest

from peacetracker.extraction import ActorEntry, Document, Gazetteer, IssueEntry, PersonEntry, ProposalEntry, extractor
from peacetracker.extraction.rules import RuleExtractor

PLAN = "Lakeside plan"
TRUCE = "ceasefire"


@pytest.fixture(scope="module")
def names() -> Gazetteer:
    return Gazetteer(
        actors=[
            ActorEntry("Ukraine", "state", ("Kyiv", "Киев", "Київ")),
            ActorEntry("Russia", "state", ("Moscow", "the Kremlin", "Кремль")),
            ActorEntry("United States", "state", ("US", "U.S.", "Washington", "the White House")),
            ActorEntry("France", "state", ("Paris",)),
            ActorEntry("Egypt", "state", ("Cairo",)),
            ActorEntry("Norway", "state", ()),
            ActorEntry("G7", "bloc", ("Group of Seven",)),
            ActorEntry("Northern Front", "armed group", ("NF",)),
        ],
        people=[
            PersonEntry("Anna Berg", ("Berg",), "Norway", "foreign minister", date(2020, 1, 1)),
            PersonEntry("Paul Martin", ("Martin",), "France", "president", date(2010, 1, 1), date(2014, 1, 1)),
            PersonEntry("Paul Martin Jr", ("Martin",), "United States", "envoy", date(2024, 1, 1)),
            PersonEntry("Vladimir Putin", ("Putin", "Путин"), "Russia", "president", date(2012, 5, 7)),
        ],
        proposals=[
            ProposalEntry(PLAN, ("the Lakeside plan",), date(2025, 10, 1), ("Egypt",)),
            ProposalEntry("Harbour resolution", ("draft resolution",), date(2025, 9, 1), ("France",)),
        ],
        issues=[
            IssueEntry(TRUCE, (TRUCE, "truce")),
            IssueEntry("peace talks", ("peace talks", "negotiations")),
            IssueEntry("security guarantees", ("security guarantees",)),
            IssueEntry("return of children", ("return of children",)),
            IssueEntry("release of hostages", ("release of hostages",)),
            IssueEntry("humanitarian access", ("humanitarian access", "humanitarian aid")),
            IssueEntry("territorial concessions", ("territorial concessions",)),
            IssueEntry("peace settlement", ("peace deal", "settlement")),
        ],
    )


def told(names: Gazetteer, text: str, **fields: object) -> set[tuple[str, str, str]]:
    document = Document(text, **{"published_on": date(2025, 11, 28), **fields})  # type: ignore[arg-type]
    return {(s.actor, s.target, s.position) for s in extractor().extract(document, names)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # passive, participles, nouns
        ("The Lakeside plan, rejected by Moscow, was welcomed in Paris.", ("Russia", PLAN, "oppose")),
        ("Moscow's rejection of the Lakeside plan came late.", ("Russia", PLAN, "oppose")),
        ("A plan for talks was read out. Despite being blocked by Russia, the Lakeside plan survives.",
         ("Russia", PLAN, "oppose")),
        ("The Lakeside plan garnered support from Norway.", ("Norway", PLAN, "support")),
        ("The Lakeside plan, to which Ukraine had agreed, was published.", ("Ukraine", PLAN, "support")),
        # verbs that lean on another
        ("Ukraine insisted on a ceasefire, while also demanding security guarantees.",
         ("Ukraine", "security guarantees", "support")),
        ("Paris made clear that it would not accept the Lakeside plan.", ("France", PLAN, "oppose")),
        ("The Kremlin refused to accept a ceasefire.", ("Russia", TRUCE, "oppose")),
        ("Norway was the only country to reject the Lakeside plan.", ("Norway", PLAN, "oppose")),
        # lists of demands
        ("Paris called for a ceasefire, security guarantees and the return of children.",
         ("France", "return of children", "support")),
        ("The US underscored the need for humanitarian access.", ("United States", "humanitarian access", "support")),
        # the US is not us
        ("After the US vetoed the draft resolution, others protested.",
         ("United States", "Harbour resolution", "oppose")),
        # judgements
        ("Anna Berg found the Lakeside plan unacceptable.", ("Norway", PLAN, "oppose")),
        ("Anna Berg said the Lakeside plan would mean surrender.", ("Norway", PLAN, "oppose_unless")),
        ("“The release of hostages is one of the most important points,” Anna Berg said.",
         ("Norway", "release of hostages", "support")),
        # what is to be
        ("“There will be no ceasefire,” Putin said.", ("Russia", TRUCE, "oppose")),
        ("“What we want is a ceasefire,” Putin said.", ("Russia", TRUCE, "support")),
        ("“The only way forward is a ceasefire,” Putin said.", ("Russia", TRUCE, "support")),
        ("Putin said there would be no ceasefire unless Kyiv withdraws.", ("Russia", TRUCE, "oppose_unless")),
        ("“You cannot end the war without security guarantees,” Anna Berg said.",
         ("Norway", "security guarantees", "support")),
        # giving up a place
        ("Kyiv ruled out ceding Crimea.", ("Ukraine", "territorial concessions", "oppose")),
        # sponsors
        ("Cairo proposed that both sides withdraw for a month.", ("Egypt", PLAN, "support")),
        # editors' brackets
        ("“[We] welcome the Lakeside plan,” Anna Berg said.", ("Norway", PLAN, "support")),
        # not only
        ("Kyiv not only accepts the Lakeside plan but praises it.", ("Ukraine", PLAN, "support")),
    ],
)  # fmt: skip
def test_construction(names, text, expected):
    assert expected in told(names, text)


@pytest.mark.parametrize(
    "text",
    [
        "Analysts discussed the Lakeside plan on Monday.",
        "Fighting went on in spite of the truce.",
        "The Lakeside plan calls for a ceasefire.",
        "Anna Berg arrived in Cairo for peace talks.",
        "“Does the Kremlin want a ceasefire?” a reporter asked.",
        "Critics of the ceasefire met in a hall.",
    ],
)
def test_nobody_takes_a_position(names, text):
    assert told(names, text) == set()


def test_the_ministers_are_those_of_the_bloc(names):
    text = "The G7 met on Friday. The ministers called for a ceasefire. They also welcomed the Lakeside plan."
    assert told(names, text) == {("G7", TRUCE, "support"), ("G7", PLAN, "support")}


def test_a_statement_speaks_for_those_who_issued_it(names):
    assert ("G7", TRUCE, "support") in told(names, "“We call for a ceasefire,” the G7 statement said.")


@pytest.mark.parametrize(
    ("publisher", "holders"),
    [("Ministry of Foreign Affairs of France", {"France"}), ("Voice of France", set()), ("Harbour Wire", set())],
)
def test_an_office_speaks_for_itself_where_a_paper_does_not(names, publisher, holders):
    text = "We call on all parties to accept an immediate ceasefire."
    assert {who for who, _, _ in told(names, text, title="Truce in Norland", publisher=publisher)} == holders


def test_both_sides_are_the_two_named_before(names):
    text = "Ukraine and Russia met in Oslo. Both sides agreed to a ceasefire."
    assert told(names, text) == {("Ukraine", TRUCE, "support"), ("Russia", TRUCE, "support")}


def test_rebels_are_the_armed_group_spoken_of_before(names):
    text = "The Northern Front met Norway's envoy. The rebels rejected the ceasefire."
    assert ("Northern Front", TRUCE, "oppose") in told(names, text)


def test_government_delegates_are_those_of_the_state_spoken_of_most(names):
    text = (
        "Norway met the Northern Front in Cairo. Norway wants peace. Government delegates said they accepted a truce."
    )
    assert ("Norway", TRUCE, "support") in told(names, text)


def test_a_stranger_speaks_for_whom_the_office_after_his_name_belongs_to(names):
    found = told(names, "Yousif Karim, the Northern Front's political adviser, rejected the Lakeside plan.")
    assert found == {("Northern Front", PLAN, "oppose")}


@pytest.mark.parametrize(
    ("office", "actor"), [("former army chief", "Norway"), ("former foreign minister", "Anna Berg")]
)
def test_a_former_office_does_not_end_another(names, office, actor):
    assert told(names, f"Norway's {office} Anna Berg rejected the Lakeside plan.") == {(actor, PLAN, "oppose")}


def test_its_allies_are_not_itself(names):
    document = Document("Its allies rejected the Lakeside plan.", published_on=date(2025, 11, 28))
    (candidates,) = RuleExtractor().candidates_many([document], names)
    assert {one.statement.actor for one in candidates} == {"Its allies"}


def test_the_plain_words_of_somebody_not_in_the_gazetteer_are_as_sure_as_any(names):
    (found,) = extractor().extract(Document("Emmanuel Palmer rejected the Lakeside plan."), names)
    assert (found.actor, found.speaker, found.position) == ("Emmanuel Palmer", "Emmanuel Palmer", "oppose")
    assert found.confidence > 0.5


def test_a_country_not_in_the_gazetteer_is_proposed_as_new(names):
    document = Document("Portugal rejected the Lakeside plan.", published_on=date(2025, 11, 28))
    (found,) = extractor().extract(document, names)
    assert found.actor == "Portugal"
    assert found.warnings == ("not in the record: Portugal",)


def test_counted_countries_stay_a_collective(names):
    assert ("Thirteen countries", PLAN, "support") in told(names, "Thirteen countries endorsed the Lakeside plan.")


@pytest.mark.parametrize(("year", "actor"), [(2012, "France"), (2025, "United States")])
def test_two_people_of_one_name_are_told_apart_by_the_date(names, year, actor):
    text = "Martin called for a ceasefire."
    assert told(names, text, published_on=date(year, 6, 1)) == {(actor, TRUCE, "support")}


def test_names_in_cyrillic(names):
    text = "Кремль rejected the Lakeside plan. Київ accepted a ceasefire."
    assert ("Russia", PLAN, "oppose") in told(names, text)


def test_he_is_nobody_after_an_unnamed_source(names):
    text = "Anna Berg was in Oslo. A diplomat spoke to reporters. “We reject the Lakeside plan,” he said."
    assert all(actor != "Norway" for actor, _, _ in told(names, text))


def test_datelines_are_not_read(names):
    assert told(names, "PARIS (Agency) — Norway rejected the Lakeside plan.") == {("Norway", PLAN, "oppose")}


def test_a_heading_names_who_is_quoted_below(names):
    text = "Foreign Minister Anna Berg on the morning show\n– “We need a ceasefire.”\n– “We reject the Lakeside plan.”"
    assert told(names, text) == {("Norway", TRUCE, "support"), ("Norway", PLAN, "oppose")}


def test_a_treaty_of_another_name_is_not_the_plan(names):
    text = "Cairo presented the Lakeside plan. Norway rejected the 1947 Rio Treaty."
    assert ("Norway", PLAN, "oppose") not in told(names, text)


def test_her_country_is_that_of_the_one_who_speaks(names):
    text = "France was silent. The Norwegian representative has said her country wants a ceasefire."
    assert told(names, text) == {("Norway", TRUCE, "support")}


def test_a_government_is_that_of_its_seat(names):
    text = "Norway was silent. The president in Paris keeps saying that he rejects the Lakeside plan."
    assert told(names, text) == {("France", PLAN, "oppose")}


def test_what_is_clear_is_clear_to_the_one_who_speaks(names):
    text = "Remarks by Anna Berg\nRussia was there.\nAnna Berg: It is clear that there can be no lasting ceasefire."
    assert all(actor != "Russia" for actor, _, _ in told(names, text))


@pytest.mark.parametrize(
    ("asking", "again"), [("Interviewer:", ""), ("Radio Fjord:", "\nRadio Fjord: And the Lakeside plan?")]
)
def test_what_an_interviewer_tells_of_others_is_not_said_by_his_guest(names, asking, again):
    text = f"{asking} The farmers' union says it rejects the truce. Do you?\nAnna Berg: We welcome the truce.{again}"
    assert told(names, text) == {("Norway", TRUCE, "support")}


def test_who_is_asked_does_not_say_what_the_question_tells(names):
    text = "QUESTION: Minister Berg, France rejected the truce yesterday. Why?\nAnna Berg: We welcome the truce."
    assert told(names, text) == {("France", TRUCE, "oppose"), ("Norway", TRUCE, "support")}


def test_what_somebody_unknown_says_is_not_said_by_the_one_who_tells_it(names):
    assert told(names, "Anna Berg: The farmers' union said that it rejects the truce.") == set()


def test_an_owner_and_what_is_owned_may_stand_together(names):
    text = "The Northern Front and its government, their movement and their allies said their side accepts a ceasefire."
    assert ("Northern Front", TRUCE, "support") in told(names, text)


@pytest.mark.parametrize("reply", ["Paris welcomed the move.", "Paris welcomed the decision by Kyiv."])
def test_a_move_is_about_what_was_spoken_of_before(names, reply):
    assert ("France", TRUCE, "support") in told(names, f"Ukraine agreed to a ceasefire. {reply}")


def test_a_decision_that_says_itself_what_it_is_about_is_no_such_move(names):
    found = told(names, "Ukraine agreed to a ceasefire. Paris welcomed the decision to open a bridge.")
    assert not any(actor == "France" for actor, _, _ in found)


SYRIA = IssueEntry("withdrawal of US troops from Syria", ("withdrawal of troops", "troop withdrawal"))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Paris demanded the withdrawal of troops. Syrian officials agreed.", True),
        ("Paris demanded the withdrawal of troops from Norway.", False),
    ],
)
def test_an_issue_that_names_a_place_is_taken_only_where_the_text_speaks_of_the_place(names, text, taken):
    found = told(names.merged_with(Gazetteer(issues=[SYRIA])), text)
    assert (("France", SYRIA.name, "support") in found) == taken
