from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from peacetracker.extraction import (
    ActorEntry,
    Document,
    ExtractedStatement,
    Gazetteer,
    IssueEntry,
    PersonEntry,
    ProposalEntry,
    extractor,
)

DAY = date(2025, 11, 28)


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer(
        actors=[
            ActorEntry("Ukraine", "state", ("Kyiv",)),
            ActorEntry("Russia", "state", ("Moscow", "the Kremlin")),
            ActorEntry("United States", "state", ("US", "Washington", "the White House")),
            ActorEntry("France", "state", ("Paris",)),
            ActorEntry("Germany", "state", ()),
            ActorEntry("Turkey", "state", ("Ankara",)),
            ActorEntry("European Union", "bloc", ("EU",)),
            ActorEntry("Hungary", "state", ()),
        ],
        people=[
            PersonEntry("Volodymyr Zelenskyy", ("Zelenskyy",), "Ukraine", "president", date(2019, 5, 20)),
            PersonEntry("Emmanuel Macron", ("Macron",), "France", "president", date(2017, 5, 14)),
            PersonEntry("Dmitry Peskov", ("Peskov",), "Russia", "Kremlin spokesman"),
            PersonEntry("Sergey Lavrov", ("Lavrov",), "Russia", "foreign minister", date(2004, 3, 9)),
            PersonEntry("Friedrich Merz", ("Merz",), "Germany", "chancellor", date(2025, 5, 6)),
            PersonEntry("Olaf Scholz", ("Scholz",), "Germany", "chancellor", date(2021, 12, 8), date(2025, 5, 6)),
            PersonEntry("Donald Trump", ("Trump",), "United States", "president", date(2025, 1, 20)),
        ],
        proposals=[
            ProposalEntry("US 28-point plan", ("28-point plan",), date(2025, 11, 20), ("United States",)),
            ProposalEntry("Spring initiative", (), date(2026, 3, 1), ("Turkey",)),
        ],
        issues=[
            IssueEntry("ceasefire", ("ceasefire",)),
            IssueEntry("peace talks", ("peace talks", "negotiations")),
            IssueEntry("security guarantees", ("security guarantees",)),
            IssueEntry("territorial concessions", ("territorial concessions",)),
            IssueEntry("withdrawal of troops", ("withdrawal of troops",)),
        ],
    )


Read = Callable[..., list[ExtractedStatement]]


@pytest.fixture(scope="session")
def read(gazetteer: Gazetteer) -> Read:
    """Extract from a short text."""

    def run(text: str, **fields: object) -> list[ExtractedStatement]:
        return extractor().extract(Document(text, **{"published_on": DAY, **fields}), gazetteer)  # type: ignore[arg-type]

    return run
