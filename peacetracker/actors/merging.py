"""What stays of an actor that was merged into another: its name, as an alias."""

from __future__ import annotations

from typing import Any

from peacetracker.actors.models import Alias
from peacetracker.database.merging import Moves


def keep_the_name(moves: Moves, kept: Any, gone: Any) -> None:
    known = Alias.objects.filter(text__iexact=gone.name, language="en")
    if gone.name.casefold() != kept.name.casefold() and not known.exists():
        moves.insert(Alias(actor=kept, text=gone.name, language="en", kind=Alias.Kind.NAME))
