"""Which provisions of two or three proposals stand beside one another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """Why provisions stand in one row."""

    RECORDED = "recorded"  # editors recorded that they are about the same thing
    ISSUE = "issue"  # no record, but they settle the same issue
    ALONE = "alone"  # no other proposal has anything beside it


@dataclass(frozen=True)
class Point:
    """A provision as the comparison sees it. `column` is the place of its proposal."""

    id: int
    column: int
    number: int
    issues: tuple[int, ...] = ()


@dataclass(frozen=True)
class Row:
    basis: Basis
    columns: tuple[tuple[int, ...], ...]  # the ids of provisions, by proposal
    issues: tuple[int, ...]  # those that all of its provisions share, else those of any


def align(points: Sequence[Point], correspondences: Iterable[tuple[int, int]], columns: int) -> list[Row]:
    """Rows in the order of the first proposal's numbers; what it lacks follows in the order of the second's."""
    by_id = {point.id: point for point in points}
    groups = _connected(list(by_id), [pair for pair in correspondences if pair[0] in by_id and pair[1] in by_id])
    matched = [[by_id[one] for one in group] for group in groups if len(group) > 1]
    alone = [by_id[group[0]] for group in groups if len(group) == 1]
    by_issue, alone = _share_an_issue(alone)
    rows = [
        *(_row(Basis.RECORDED, group, columns) for group in matched),
        *(_row(Basis.ISSUE, group, columns) for group in by_issue),
        *(_row(Basis.ALONE, [point], columns) for point in alone),
    ]
    return sorted(rows, key=lambda row: _place(row, by_id))


def _connected(ids: list[int], links: list[tuple[int, int]]) -> list[list[int]]:
    """The groups into which links join ids (union–find)."""
    parent = {one: one for one in ids}

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in links:
        parent[root(other)] = root(one)
    groups: dict[int, list[int]] = {}
    for one in ids:
        groups.setdefault(root(one), []).append(one)
    return list(groups.values())


def _share_an_issue(points: list[Point]) -> tuple[list[list[Point]], list[Point]]:
    """Groups of points of different proposals that have their first common issue in common; and the rest."""
    groups: list[list[Point]] = []
    left = list(points)
    for issue in dict.fromkeys(issue for point in points for issue in point.issues):
        group = [point for point in left if issue in point.issues]
        if len({point.column for point in group}) > 1:
            groups.append(group)
            left = [point for point in left if point not in group]
    return groups, left


def _row(basis: Basis, group: list[Point], columns: int) -> Row:
    ordered = sorted(group, key=lambda point: (point.column, point.number))
    shared = [issue for issue in ordered[0].issues if all(issue in point.issues for point in ordered)]
    issues = shared or list(dict.fromkeys(issue for point in ordered for issue in point.issues))
    cells = tuple(tuple(point.id for point in ordered if point.column == column) for column in range(columns))
    return Row(basis, cells, tuple(issues))


def _place(row: Row, by_id: dict[int, Point]) -> tuple[int, int]:
    first = next(column for column, ids in enumerate(row.columns) if ids)
    return first, min(by_id[one].number for one in row.columns[first])
