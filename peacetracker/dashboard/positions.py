"""How a position looks: a symbol, a word and a colour class, always all three."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext

from peacetracker.stances.models import Position

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Mark:
    """Its words are in the reader's language whenever they are asked for."""

    position: str
    symbol: str
    word: StrOrPromise  # where there is little room
    verb: StrOrPromise  # in a sentence
    css: str  # colour class; the CSS knows p-1 (opposes) to p-5 (supports)

    def counted(self, number: int) -> str:
        """`2 oppose`."""
        match self.position:
            case Position.OPPOSE:
                words = ngettext("%(number)d opposes", "%(number)d oppose", number)
            case Position.OPPOSE_UNLESS:
                words = ngettext("%(number)d no, unless", "%(number)d no, unless", number)
            case Position.NEUTRAL:
                words = ngettext("%(number)d neutral", "%(number)d neutral", number)
            case Position.SUPPORT_IF:
                words = ngettext("%(number)d yes, if", "%(number)d yes, if", number)
            case _:
                words = ngettext("%(number)d supports", "%(number)d support", number)
        return words % {"number": number}


_LOOKS = {
    Position.OPPOSE: ("✕", gettext_lazy("opposes"), "p-1"),
    Position.OPPOSE_UNLESS: ("⊖", gettext_lazy("no, unless"), "p-2"),
    Position.NEUTRAL: ("○", gettext_lazy("neutral"), "p-3"),
    Position.SUPPORT_IF: ("⊕", gettext_lazy("yes, if"), "p-4"),
    Position.SUPPORT: ("✓", gettext_lazy("supports"), "p-5"),
}
MARKS: dict[str, Mark] = {
    position.value: Mark(position.value, symbol, word, position.label, css)
    for position, (symbol, word, css) in _LOOKS.items()
}

VALUES = {position.value: position.value_of for position in Position}  # -2 to +2


def badge(position: str | None, *, short: bool = False) -> SafeString:
    """The position as symbol, word and colour; without one, the words that say so."""
    if not position:
        return format_html('<span class="position p-0">{}</span>', gettext("no stated position"))
    mark = MARKS[position]
    return format_html(
        '<span class="position {}"><span class="symbol" aria-hidden="true">{}</span> {}</span>',
        mark.css,
        mark.symbol,
        mark.word if short else mark.verb,
    )


@dataclass(frozen=True)
class Tally:
    """How many actors hold each position on a target."""

    counts: Mapping[str, int]

    @classmethod
    def of(cls, positions: Iterable[str]) -> Tally:
        counts = dict.fromkeys(MARKS, 0)
        for position in positions:
            counts[position] += 1
        return cls(counts)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def rows(self) -> list[tuple[Mark, int]]:
        return [(mark, self.counts.get(position, 0)) for position, mark in MARKS.items()]

    @property
    def against(self) -> int:
        return self.counts.get("oppose", 0) + self.counts.get("oppose_unless", 0)

    @property
    def in_favour(self) -> int:
        return self.counts.get("support", 0) + self.counts.get("support_if", 0)

    @property
    def sentence(self) -> str:
        parts = [mark.counted(count) for mark, count in self.rows if count]
        return ", ".join(parts) or gettext("no stated positions")


def tally_bar(tally: Tally, scale: int = 0) -> SafeString:
    """A diverging bar: against to the left of the middle, in favour to the right, neutral astride.

    `scale` is the number of actors that half the bar stands for, so that bars side by side compare; without
    it the bar fills its width.
    """
    neutral = tally.counts.get("neutral", 0)
    widest = max(tally.against, tally.in_favour) + neutral / 2
    unit = 100 / max(scale, widest, 1)
    x = 100 - (tally.against + neutral / 2) * unit
    parts = []
    for mark, count in tally.rows:
        if count:
            width = count * unit
            seen = max(width - 0.5, 0.5)  # a hairline between neighbours tells them apart without colour
            parts.append(f'<rect class="{mark.css}" x="{x:.2f}" y="2" width="{seen:.2f}" height="12"/>')
            x += width
    return mark_safe(  # noqa: S308 - numbers and our own words only
        f'<svg class="tally-bar" viewBox="0 0 200 16" preserveAspectRatio="none" role="img" '
        f'aria-label="{tally.sentence}">{"".join(parts)}<path class="middle" d="M100 0V16"/></svg>'
    )
