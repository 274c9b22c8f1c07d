from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from peacetracker.extraction import (
    ActorEntry,
    Document,
    ExtractedStatement,
    Gazetteer,
    KnownQuote,
    PersonEntry,
    ProposalEntry,
    extractor,
    read,
)
from peacetracker.extraction.consistency import check, claims, same_office

DAY = date(2025, 11, 22)
UK, NATO = "United Kingdom", "NATO"
FOREIGN, GENERAL = "foreign secretary", "secretary general"
OTHERWISE = "any peace must be fair and durable, and no mere pause before the next attack"
NAMES = Gazetteer(
    actors=[ActorEntry("United Kingdom", "state", ("Britain",)), ActorEntry("NATO"), ActorEntry("Ukraine", "state")],
    people=[
        PersonEntry("David Cameron", ("Cameron",), UK, "prime minister", date(2010, 5, 11), date(2016, 7, 13)),
        PersonEntry("David Cameron", ("Cameron",), UK, FOREIGN, date(2023, 11, 13), date(2024, 7, 5)),
        PersonEntry("Yvette Cooper", ("Cooper",), UK, FOREIGN, date(2025, 9, 5)),
        PersonEntry("Jens Stoltenberg", ("Stoltenberg",), NATO, GENERAL, date(2014, 10, 1), date(2024, 9, 30)),
        PersonEntry("Mark Rutte", ("Rutte",), NATO, GENERAL, date(2024, 10, 1)),
        PersonEntry("Volodymyr Zelenskyy", ("Zelenskyy",), "Ukraine", "president", date(2019, 5, 20)),
        PersonEntry("Later President", ("the President",), "Ukraine", "president", date(2030, 5, 20)),
        PersonEntry("Kaja Undated", (), "Ukraine", "prime minister"),
    ],
    proposals=[ProposalEntry("US-Russia peace plan", ("peace plan",), date(2025, 11, 20))],
)  # fmt: skip
QUOTE = "any peace must be just and durable, not a pause before the next attack"


def statement(text: str, quote: str = "", **fields: object) -> ExtractedStatement:
    quote = quote or text
    given = {
        "start": text.index(quote), "end": text.index(quote) + len(quote), "quote": quote, "direct": True,
        "speaker": "David Cameron", "role": None, "actor": "United Kingdom", "target": "ceasefire",
        "target_kind": "issue", "position": "support", "condition": None, "said_on": DAY, "confidence": 0.8,
    }  # fmt: skip
    return ExtractedStatement(**{**given, **fields})  # type: ignore[arg-type]


def warnings(text: str, day: date | None = DAY, quotes: list[KnownQuote] | None = None, **fields: object) -> list[str]:
    (found,) = check(Document(text, published_on=day), [statement(text, **fields)], NAMES, quotes or [])
    return list(found.warnings)


def test_an_office_not_held_on_the_day_with_whoever_holds_it() -> None:
    assert warnings("British Foreign Secretary David Cameron welcomed it.") == [
        "the article calls David Cameron “British Foreign Secretary”; the record has David Cameron as foreign "
        "secretary from 13 November 2023 to 5 July 2024 and Yvette Cooper as foreign secretary since 5 September 2025"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The British foreign secretary, David Cameron, welcomed it.",
        "David Cameron, the British foreign secretary, welcomed it.",
        "Britain's Foreign Minister Cameron welcomed it.",
        "Foreign Secretary Cameron welcomed it.",
    ],
)
def test_however_the_office_is_given(text: str) -> None:
    (warning,) = warnings(text)
    assert "Yvette Cooper as foreign secretary since 5 September 2025" in warning


@pytest.mark.parametrize(
    "text",
    [
        "Former British Foreign Secretary David Cameron welcomed it.",
        "The then Foreign Secretary David Cameron welcomed it.",
        "David Cameron, a former prime minister, welcomed it.",
        "David Cameron welcomed it, and so did the British foreign secretary.",
        "Foreign Secretary Yvette Cooper welcomed it.",
        "Deputy Foreign Secretary Yvette Cooper welcomed it.",
        "Ukrainian President Volodymyr Zelenskyy welcomed it.",
        "Ukrainian Prime Minister Kaja Undated welcomed it.",
        "NATO's Mark Rutte welcomed it.",
        "NATO Secretary General Mark Rutte welcomed it.",
        "Ukrainian leader Volodymyr Zelenskyy welcomed it.",
        "The President welcomed it.",
        "Foreign Secretary John Cameron-Smith welcomed it.",
    ],
)
def test_what_the_record_does_not_contradict(text: str) -> None:
    assert warnings(text, speaker=None) == []


def test_in_the_year_in_which_it_was_true_nothing_is_wrong() -> None:
    assert warnings("British Foreign Secretary David Cameron welcomed it.", date(2024, 1, 10)) == []


def test_an_organisation_that_somebody_spoke_for_once() -> None:
    (warning,) = warnings("NATO’s Jens Stoltenberg cautioned.", speaker="Jens Stoltenberg")
    assert warning.startswith(
        "the article has Jens Stoltenberg speak for NATO; the record has Jens Stoltenberg as secre"
    )
    assert warning.endswith("and Mark Rutte as secretary general since 1 October 2024")


def test_a_stranger_in_an_office_of_which_the_record_has_the_holder() -> None:
    text = "“We welcome it,” John Doe said."
    (warning,) = warnings(text, speaker="John Doe", role="British Foreign Secretary")
    assert warning == (
        "the article calls John Doe “British Foreign Secretary”; the record has Yvette Cooper as foreign secretary "
        "since 5 September 2025"
    )
    assert warnings(text, speaker="John Doe", role="British Foreign Secretary for Africa") == []


def test_the_rest_of_the_article_counts_for_each_candidate() -> None:
    text = "Foreign Secretary David Cameron spoke. Volodymyr Zelenskyy welcomed it."
    (warning,) = warnings(text, speaker="Volodymyr Zelenskyy", actor="Ukraine")
    assert warning.startswith("elsewhere it calls David Cameron “Foreign Secretary”;")


def test_a_proposal_before_its_day() -> None:
    plan = {"target": "US-Russia peace plan", "target_kind": "proposal", "speaker": None}
    (warning,) = warnings("They welcomed the plan.", date(2025, 11, 1), **plan)
    assert warning == "US-Russia peace plan was tabled on 2025-11-20, after the article of 2025-11-01"
    assert warnings("They welcomed the plan.", date(2025, 11, 20), **plan) == []


def test_a_past_year_as_if_it_lay_ahead() -> None:
    text = "With Ukraine preparing a 2024 counteroffensive, officials urge a revised plan."
    assert warnings(text, speaker=None) == [
        "the article speaks of 2024 as ahead (“preparing a 2024 counteroffensive”), and is of 22 November 2025"
    ]
    assert warnings(text, date(2024, 2, 1), speaker=None) == []


def test_an_article_without_a_day_of_which_no_day_fits() -> None:
    plan = {"target": "US-Russia peace plan", "target_kind": "proposal"}
    assert warnings("British Foreign Secretary David Cameron welcomed it.", None, **plan) == [
        "no day fits what the article says: David Cameron was foreign secretary until 5 July 2024, and US-Russia peace "
        "plan was tabled on 20 November 2025"
    ]


def known(words: str = QUOTE, **fields: object) -> KnownQuote:
    given = {
        "speaker": "David Cameron",
        "actor": "United Kingdom",
        "said_on": DAY,
        "where": "The Times, 21 November 2025",
    }
    return KnownQuote(words, **{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stands", "warning"),
    [
        (known(), None),
        (known(speaker="Yvette Cooper"), "the same words are Yvette Cooper’s in The Times, 21 November 2025"),
        (known(speaker=None, actor="Ukraine"), "the same words are Ukraine’s in The Times, 21 November 2025"),
        (known("any peace must be just and durable, not a pause"), None),
        (
            known(OTHERWISE),
            f"quoted with other words in The Times, 21 November 2025: “{OTHERWISE}”",
        ),
        (known(OTHERWISE, said_on=date(2024, 1, 1)), None),
        (known("the weather in Kyiv was fine all week and nobody complained of it"), None),
        (known("any peace"), None),
    ],
)  # fmt: skip
def test_a_quotation_that_stands_elsewhere(stands: KnownQuote, warning: str | None) -> None:
    assert warnings(f"He said: “{QUOTE}.”", quotes=[stands], quote=QUOTE) == ([warning] if warning else [])


def test_reported_speech_is_nobodys_wording() -> None:
    assert warnings(QUOTE, quotes=[known(speaker="Yvette Cooper")], direct=False) == []


def test_reading_says_it_once_and_asks_for_the_quotations(gazetteer: Gazetteer) -> None:
    text = "German Chancellor Olaf Scholz welcomed the 28-point plan."
    asked = []
    outcome = read(extractor("rules"), Document(text, published_on=DAY), gazetteer, lambda s: asked.append(s) or [])
    (found,) = outcome.statements
    (warning,) = [w for w in found.warnings if "Scholz" in w]
    assert "Friedrich Merz as chancellor since 6 May 2025" in warning
    assert len(asked) == 1


def test_claims_of_a_text_in_time_that_grows_with_it_alone() -> None:
    crowd = replace(NAMES, people=[*NAMES.people, *(PersonEntry(f"Person Number{n}") for n in range(5000))])
    text = "British Foreign Secretary David Cameron spoke. " * 500
    assert [c.office for c in claims(text, crowd)] == ["British Foreign Secretary"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("British Foreign Secretary", "foreign minister", True),
        ("Premier", "prime minister", True),
        ("President", "vice president", False),
        ("Prime Minister", "foreign minister", False),
        ("Secretary-General", "secretary general", True),
        ("leader", "president", False),
    ],
)
def test_titles_of_one_office(one: str, other: str, same: bool) -> None:
    assert same_office(one, other) is same
