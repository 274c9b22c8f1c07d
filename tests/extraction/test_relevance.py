"""The gate before extraction: what is about a peace process passes, and what is about something else does not."""

from pathlib import Path

import pytest
import yaml

from peacetracker.extraction.gazetteer import ActorEntry, Gazetteer, IssueEntry, PersonEntry, ProposalEntry
from peacetracker.extraction.relevance import Gate

GOLD = Path(__file__).parent / "gold_sample"
RECORD = Gazetteer(
    actors=[
        ActorEntry("Russia", "state", ("Moscow", "the Kremlin")),
        ActorEntry("Ukraine", "state", ("Kyiv",)),
        ActorEntry("France", "state", ("Paris",)),
        ActorEntry("United States", "state", ("US", "Washington")),
    ],
    people=[PersonEntry("Emmanuel Macron", ("Macron",), "France")],
    proposals=[ProposalEntry("US 28-point plan", ("28-point plan", "the plan"))],
    issues=[
        IssueEntry("Ceasefire", ("ceasefire", "truce")),
        IssueEntry("Security guarantees", ("security guarantees",)),
        IssueEntry("Talks", ("negotiations",)),
    ],
)
GATE = Gate(RECORD, belligerents=["Russia", "Ukraine"])


@pytest.mark.parametrize("path", sorted(GOLD.glob("*.gold.yaml")), ids=lambda path: path.name)
def test_every_text_with_statements_passes(path: Path) -> None:
    statements = yaml.safe_load(path.read_text())
    text = path.with_name(path.name.replace(".gold.yaml", ".txt")).read_text()
    gate = Gate(Gazetteer.from_yaml(GOLD / "gazetteer.yaml"))
    assert gate.judge("", text).relevant == bool(statements)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Macron doubts the 28-point plan", "The war must end, he said."),
        ("", "Macron said a truce must come before any talks on Ukraine."),
        ("", "Ukrainian negotiators want security guarantees from their partners, a French diplomat said."),
        ("Kremlin: peace talks go on", "Moscow sees no reason to hurry."),
        ("Envoys meet", "Washington hopes that negotiations will end the war in Ukraine by spring."),
    ],
)
def test_passes(title: str, text: str) -> None:
    assert GATE.judge(title, text).relevant, GATE.judge(title, text).reason


OTHER = {
    "football": (
        "France beat Ukraine",
        "France won 2–1 in Paris. “We will negotiate a new contract after the season,” the striker said. Negotiations "
        "with his club in Russia have begun.",
    ),
    "weather": ("Snow over Kyiv", "Schools stay shut in Kyiv and Moscow. Recovery will take weeks, the mayor said."),
    "budget": (
        "Paris agrees a budget",
        "After all-night negotiations the parties in Paris reached a compromise. The opposition rejected the plan.",
    ),
    "trade": ("Tariffs", "Washington and Moscow resumed negotiations on tariffs. The US called the proposal a step."),
    "crime": (
        "Man held in Moscow",
        "Police in Moscow arrested a man. He will be held accountable, Russia's courts said.",
    ),
    "recipe": ("Borscht", "A soup that Ukraine, Russia and the United States love. Let it rest in peace and quiet."),
    "another war": (
        "Truce in Sudan",
        "A ceasefire took hold in Khartoum. The United States and France welcomed the truce and called for an end of "
        "the fighting between the two armies.",
    ),
    "history": ("The Somme", "Soldiers from France fell there in 1916. The armistice came two years later."),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", OTHER)
def test_passes_over(name: str) -> None:
    verdict = GATE.judge(*OTHER[name])
    assert not verdict.relevant
    assert verdict.reason


def test_what_was_found_or_missing_is_told() -> None:
    assert GATE.judge("", "The 28-point plan would end the war.").reason == "names “28-point plan”"
    assert GATE.judge(*OTHER["football"]).reason == "it speaks neither of war nor of peace"
    assert GATE.judge(*OTHER["another war"]).reason == "it names no proposal and no belligerent of a process"


def test_the_plan_may_be_anybodys() -> None:
    assert not GATE.judge("", "The soldiers of France followed the plan.").relevant


def test_actor_and_term_have_to_stand_near_each_other() -> None:
    far = "Ukraine won a prize. " + "Nothing of note happened on that day. " * 40 + "The war film shows a truce."
    assert not GATE.judge("", far).relevant


def test_a_record_without_belligerents_asks_for_none() -> None:
    assert Gate(RECORD).judge(*OTHER["another war"]).relevant
