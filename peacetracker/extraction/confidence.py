"""How sure a statement is: from how plainly it is said and how firmly its parts were found."""

from __future__ import annotations

from dataclasses import dataclass

LEAST = 0.35  # what is less sure is left out: missing beats wrong

_FORMS = {
    "verb": 0.85,
    "passive": 0.8,
    "participle": 0.75,
    "adjective": 0.75,
    "noun": 0.75,
    "duty": 0.7,
    "verdict": 0.7,
    "merit": 0.7,
    "aim": 0.65,
    "fragment": 0.6,
    "need": 0.7,
    "shortcoming": 0.65,
    "intent": 0.65,
}


@dataclass(frozen=True, slots=True)
class Signs:
    form: str
    holder_sure: float = 1.0
    known_actor: bool = True
    loose_target: bool = False
    pointed_target: bool = False
    previous_target: bool = False
    distance: int = 0
    doubtful_words: bool = False


def confidence(signs: Signs) -> float:
    value = _FORMS.get(signs.form, 0.6) * signs.holder_sure
    if not signs.known_actor:
        value *= 0.85
    if signs.loose_target:
        value *= 0.9
    if signs.pointed_target:
        value *= 0.95
    if signs.previous_target:
        value *= 0.75
    if signs.distance > 12:
        value *= 0.85
    if signs.doubtful_words:
        value *= 0.8
    return round(max(0.0, min(1.0, value)), 3)
