"""Provisions of two proposals that are about the same thing: suggestions, and keeping what an editor chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

from peacetracker.database.refusals import checked
from peacetracker.proposals.models import Correspondence, Target

MOST_SUGGESTIONS = 3
LEAST_LIKENESS = 55  # of 100: what shares less is named by a shared issue only


@dataclass(frozen=True)
class Suggestion:
    """A provision of the other proposal, and what speaks for it."""

    provision: Target
    linked: bool
    issues: tuple[str, ...]
    likeness: int  # of the wording, 0 to 100

    @property
    def weight(self) -> float:
        return 1000 * self.linked + 40 * len(self.issues) + self.likeness


def suggestions(left: Iterable[Target], right: Iterable[Target]) -> list[tuple[Target, list[Suggestion]]]:
    """For each provision on the left, those on the right that correspond to it or seem to. One query."""
    left, right = list(left), list(right)
    linked = linked_pairs(left, right)
    return [(one, _of_one(one, right, linked)) for one in left]


def _of_one(one: Target, right: list[Target], linked: set[tuple[int, int]]) -> list[Suggestion]:
    found = [_weighed(one, other, pair_of(one.pk, other.pk) in linked) for other in right]
    likely = [s for s in found if s.linked or s.issues or s.likeness >= LEAST_LIKENESS]
    likely.sort(key=lambda suggestion: -suggestion.weight)
    number = max(MOST_SUGGESTIONS, sum(suggestion.linked for suggestion in likely))
    return likely[:number]


def _weighed(one: Target, other: Target, linked: bool) -> Suggestion:
    shared = {issue.name for issue in one.issues.all()} & {issue.name for issue in other.issues.all()}
    wording = fuzz.token_set_ratio(f"{one.name} {one.summary}", f"{other.name} {other.summary}")
    return Suggestion(other, linked, tuple(sorted(shared)), round(wording))


def pair_of(one: int, other: int) -> tuple[int, int]:
    """Two provisions as the record keeps them, the smaller id first."""
    return (one, other) if one < other else (other, one)


def linked_pairs(left: Iterable[Target], right: Iterable[Target]) -> set[tuple[int, int]]:
    keys = [[row.pk for row in rows] for rows in (left, right)]
    pairs = Correspondence.objects.filter(one__in=keys[0] + keys[1], other__in=keys[0] + keys[1])
    return set(pairs.values_list("one_id", "other_id"))


def link(shown: set[tuple[int, int]], chosen: set[tuple[int, int]]) -> tuple[int, int]:
    """Keep exactly the chosen ones among the pairs that were shown: how many were linked and unlinked."""
    with checked():
        standing = {
            (c.one_id, c.other_id): c for c in Correspondence.objects.filter(one__in=[one for one, _ in shown | chosen])
        }
        gone = [standing[pair] for pair in shown - chosen if pair in standing]
        new = [pair for pair in chosen if pair not in standing]
        for correspondence in gone:
            correspondence.delete()
        for one, other in new:
            Correspondence.objects.create(one_id=one, other_id=other)
    return len(new), len(gone)
