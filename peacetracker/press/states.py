"""The states of an article and the ways between them, written down once; the database refuses every other way."""

from __future__ import annotations

import pgtrigger
from django.db import models

from peacetracker.database.triggers import refuse


class State(models.TextChoices):
    QUEUED = "queued", "queued"
    FETCHED = "fetched", "fetched"
    PARSED = "parsed", "parsed"
    EXTRACTED = "extracted", "extracted"
    WAITING = "waiting", "waiting for a language model"
    FAILED = "failed", "failed"
    PASSED_OVER = "passed_over", "passed over"


# A new state is a line above and its ways here. What is finished goes on only when somebody asks for it:
# an extracted article is fetched or read again, a failed one is retried.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.QUEUED: (State.FETCHED, State.FAILED, State.EXTRACTED),  # at once to the end: fetched again, and unchanged
    State.FETCHED: (State.PARSED, State.FAILED, State.EXTRACTED, State.PASSED_OVER),
    State.PARSED: (State.EXTRACTED, State.FAILED, State.WAITING),
    State.WAITING: (State.QUEUED, State.FETCHED, State.PARSED),  # taken up when a language model can be asked
    State.EXTRACTED: (State.QUEUED, State.FETCHED, State.PARSED),
    State.FAILED: (State.QUEUED, State.FETCHED, State.PARSED),
    State.PASSED_OVER: (State.QUEUED, State.FETCHED),  # an editor pulls it in
}
UNFINISHED = [State.QUEUED, State.FETCHED, State.PARSED]  # what the pipeline goes on with by itself
FINISHED = [state for state in State if state not in UNFINISHED]


def only_known_ways() -> pgtrigger.Trigger:
    """Refuses a change of state that TRANSITIONS does not name."""
    ways = ", ".join(f"('{before}', '{after}')" for before, afters in TRANSITIONS.items() for after in afters)
    return refuse(
        f"NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({ways})",
        "article_takes_a_known_way",
        "An article cannot go from that state to this one.",
        operation=pgtrigger.UpdateOf("state"),
    )
