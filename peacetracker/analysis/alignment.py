"""How far actors agree: from the positions they hold to a similarity of each pair, and an order that shows blocs.

The similarity of two actors is 1 − (the mean distance of their positions ÷ 4), over the targets on which both
hold a position. 1 is full agreement, 0 is full opposition on all of them. A pair with fewer common targets
than `min_overlap` has no similarity (NaN): missing beats wrong.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LOWEST, HIGHEST = -2, 2
SPAN = HIGHEST - LOWEST


@dataclass(frozen=True)
class Positions(Generic[Row, Column]):
    """Actors by targets, −2 to +2; NaN where no position is stated."""

    actors: list[Row]
    targets: list[Column]
    values: Floats


@dataclass(frozen=True)
class Pair(Generic[Row]):
    one: Row
    other: Row
    similarity: float
    overlap: int


def tabulate(cells: Iterable[tuple[Row, Column, int]]) -> Positions[Row, Column]:
    """A table from (actor, target, position) in the order in which actors and targets first come."""
    cells = list(cells)
    actors = {actor: row for row, actor in enumerate(dict.fromkeys(cell[0] for cell in cells))}
    targets = {target: column for column, target in enumerate(dict.fromkeys(cell[1] for cell in cells))}
    values = np.full((len(actors), len(targets)), np.nan)
    for actor, target, position in cells:
        values[actors[actor], targets[target]] = position
    return Positions(list(actors), list(targets), values)


def overlaps(values: Floats) -> Integers:
    """On how many targets each pair of actors both hold a position."""
    stated = (~np.isnan(values)).astype(np.int64)
    return stated @ stated.T


def similarities(values: Floats, min_overlap: int = 1) -> Floats:
    """The similarity of each pair of actors: symmetric, 1 on the diagonal, NaN where too little is in common.

    The distance |a − b| on a scale of whole steps is the number of thresholds that lie between a and b, so
    that all distances are four products of matrices and no actors × actors × targets array is needed.
    """
    stated = ~np.isnan(values)
    distance = np.zeros((len(values), len(values)))
    for threshold in range(LOWEST + 1, HIGHEST + 1):
        above = (stated & (values >= threshold)).astype(float)
        below = (stated & (values < threshold)).astype(float)
        distance += above @ below.T + below @ above.T
    common = overlaps(values)
    enough = common >= max(min_overlap, 1)
    result = np.full_like(distance, np.nan)
    np.divide(distance, SPAN * common, out=result, where=enough)
    result = 1 - result
    np.fill_diagonal(result, 1.0)
    return result


def pairs(positions: Positions[Row, Column], min_overlap: int = 1) -> list[Pair[Row]]:
    """Every pair with enough in common, nearest first; among equals, those with most in common first."""
    similarity = similarities(positions.values, min_overlap)
    common = overlaps(positions.values)
    one, other = np.triu_indices(len(similarity), k=1)
    found = [
        Pair(positions.actors[i], positions.actors[j], float(similarity[i, j]), int(common[i, j]))
        for i, j in zip(one.tolist(), other.tolist(), strict=True)
        if not np.isnan(similarity[i, j])
    ]
    return sorted(found, key=lambda pair: (-pair.similarity, -pair.overlap))


def seriation(similarity: Floats) -> list[int]:
    """An order of the actors in which those who agree stand side by side.

    Spectral seriation: sort by the eigenvector of the graph Laplacian with the second smallest eigenvalue.
    Pairs without a similarity count as the mean of the others, so that they pull nowhere.
    """
    if len(similarity) < 3:
        return list(range(len(similarity)))
    known = ~np.isnan(similarity)
    weights = np.where(known, similarity, similarity[known].mean())
    np.fill_diagonal(weights, 0)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    _, vectors = np.linalg.eigh(laplacian)
    # Rounding makes equal actors equal, so that the order given decides among them whatever the machine.
    ranking = np.round(vectors[:, 1], 9)
    heaviest = int(np.argmax(np.abs(ranking)))
    return [int(row) for row in np.argsort(ranking * np.sign(ranking[heaviest]), kind="stable")]
