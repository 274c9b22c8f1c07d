"""Where a quote stands in a text that may hold its words more than once."""

from itertools import count


def nth_start(text: str, quote: str, occurrence: int) -> int:
    """The offset of the `occurrence`-th place (from 1) where `quote` stands; -1 where there are fewer."""
    start = -1
    for _ in range(occurrence):
        start = text.find(quote, start + 1)
        if start == -1:
            break
    return start


def occurrence_at(text: str, quote: str, start: int) -> int:
    """Which of the places where `quote` stands in `text` (from 1) begins at `start`."""
    return next(n for n in count(1) if nth_start(text, quote, n) >= start)
