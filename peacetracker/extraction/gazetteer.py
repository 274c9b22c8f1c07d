"""The names extraction knows: actors, people, proposals, provisions and issues."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml


class GazetteerError(ValueError):
    """A gazetteer file that cannot be read; the message names the file and the field."""


@dataclass(frozen=True, slots=True)
class ActorEntry:
    name: str
    kind: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person in one role; several roles over time are several entries of the same name."""

    name: str
    aliases: tuple[str, ...] = ()
    speaks_for: str | None = None
    title: str = ""
    start: date | None = None
    end: date | None = None

    def held_on(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class ProposalEntry:
    name: str
    aliases: tuple[str, ...] = ()
    tabled_on: date | None = None
    sponsors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProvisionEntry:
    name: str
    proposal: str
    number: int | str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueEntry:
    name: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Gazetteer:
    """Compared by identity, so that an index built for it can be kept as long as it lives.

    Do not change its lists after its first use; make a new one with ``merged_with``.
    """

    actors: list[ActorEntry] = field(default_factory=list)
    people: list[PersonEntry] = field(default_factory=list)
    proposals: list[ProposalEntry] = field(default_factory=list)
    provisions: list[ProvisionEntry] = field(default_factory=list)
    issues: list[IssueEntry] = field(default_factory=list)

    @classmethod
    def from_yaml(cls, path: str | Path) -> Gazetteer:
        """Read the gazetteer of a gold folder."""
        path = Path(path)
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise GazetteerError(f"{path}: cannot be read: {error}") from error
        except yaml.YAMLError as error:
            raise GazetteerError(f"{path}: not valid YAML: {error}") from error
        return cls.from_mapping({} if data is None else data, path)

    @classmethod
    def from_mapping(cls, data: object, source: Path | str) -> Gazetteer:
        """The same of what was parsed already; errors name ``source``."""
        return _Reader(source).gazetteer(data)

    def merged_with(self, other: Gazetteer) -> Gazetteer:
        """Both; an entry that is in both keeps our fields and gains the other's aliases."""
        return Gazetteer(
            actors=_merge(self.actors, other.actors, lambda e: e.name, "aliases"),
            people=_merge(self.people, other.people, lambda e: (e.name, e.speaks_for, e.start), "aliases"),
            proposals=_merge(self.proposals, other.proposals, lambda e: e.name, "aliases"),
            provisions=_merge(self.provisions, other.provisions, lambda e: (e.proposal, e.name), "aliases"),
            issues=_merge(self.issues, other.issues, lambda e: e.name, "terms"),
        )


Entry = TypeVar("Entry", bound=ActorEntry | PersonEntry | ProposalEntry | ProvisionEntry | IssueEntry)


def _with_names(entry: Entry, field_name: str, values: tuple[str, ...]) -> Entry:
    changed: dict[str, Any] = {field_name: values}
    return replace(entry, **changed)


def _merge(ours: Sequence[Entry], theirs: Sequence[Entry], key: Callable[[Entry], object], names: str) -> list[Entry]:
    merged: dict[object, Entry] = {}
    for entry in (*ours, *theirs):
        known = merged.get(key(entry))
        if known is None:
            merged[key(entry)] = entry
        else:
            both = tuple(dict.fromkeys((*getattr(known, names), *getattr(entry, names))))
            merged[key(entry)] = _with_names(known, names, both)
    return list(merged.values())


_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def partial_date(value: object, edge: Literal["first", "last"] = "first") -> date | None:
    """A date of which only the year or the month may be known: its first or last possible day.

    >>> partial_date("2022-02"), partial_date(2022, "last")
    (datetime.date(2022, 2, 1), datetime.date(2022, 12, 31))
    """
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    found = _PARTIAL.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"not a date (YYYY, YYYY-MM or YYYY-MM-DD): {value!r}")
    year = int(found[1])
    month, day = (int(part) if part else None for part in found.groups()[1:])
    if month is None:
        month = 1 if edge == "first" else 12
    if day is None:
        try:
            day = 1 if edge == "first" else calendar.monthrange(year, month)[1]
        except calendar.IllegalMonthError as error:
            raise ValueError(f"not a date: {value!r}") from error
    return date(year, month, day)


class _Reader:
    """Turns the mapping of a file into entries, and says where it does not fit."""

    def __init__(self, path: Path | str) -> None:
        self.path = path

    def gazetteer(self, data: object) -> Gazetteer:
        if not isinstance(data, dict):
            raise GazetteerError(f"{self.path}: expected a mapping with actors, people, proposals, issues")
        return Gazetteer(
            actors=[
                ActorEntry(self.name(e, w), str(e.get("kind") or ""), self.strings(e, "aliases", w))
                for e, w in self.rows(data, "actors")
            ],
            people=[
                PersonEntry(
                    name=self.name(e, w),
                    aliases=self.strings(e, "aliases", w),
                    speaks_for=e.get("speaks_for") or None,
                    title=str(e.get("title") or ""),
                    start=self.day(e, "from", w),
                    end=self.day(e, "to", w, "last"),
                )
                for e, w in self.rows(data, "people")
            ],
            proposals=[
                ProposalEntry(
                    name=self.name(e, w),
                    aliases=self.strings(e, "aliases", w),
                    tabled_on=self.day(e, "date", w),
                    sponsors=self.strings(e, "sponsors", w),
                )
                for e, w in self.rows(data, "proposals")
            ],
            provisions=[
                ProvisionEntry(
                    name=self.name(e, w),
                    proposal=str(e.get("proposal") or ""),
                    number=e.get("number") or "",
                    aliases=self.strings(e, "aliases", w),
                )
                for e, w in self.rows(data, "provisions")
            ],
            issues=[IssueEntry(self.name(e, w), self.strings(e, "terms", w)) for e, w in self.rows(data, "issues")],
        )

    def rows(self, data: dict[str, Any], key: str) -> Iterable[tuple[dict[str, Any], str]]:
        rows = data.get(key) or []
        if not isinstance(rows, list):
            raise GazetteerError(f"{self.path}: {key}: expected a list")
        for number, row in enumerate(rows, start=1):
            where = f"{key}[{number}]"
            if not isinstance(row, dict):
                raise GazetteerError(f"{self.path}: {where}: expected a mapping")
            yield row, where

    def name(self, row: dict[str, Any], where: str) -> str:
        name = row.get("name")
        if not isinstance(name, str) or not name.strip():
            raise GazetteerError(f"{self.path}: {where}.name: expected a name")
        return name.strip()

    def strings(self, row: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
        values = row.get(key) or []
        if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
            raise GazetteerError(f"{self.path}: {where}.{key}: expected a list of names")
        return tuple(str(value) for value in values)

    def day(self, row: dict[str, Any], key: str, where: str, edge: Literal["first", "last"] = "first") -> date | None:
        try:
            return partial_date(row.get(key), edge)
        except ValueError as error:
            raise GazetteerError(f"{self.path}: {where}.{key}: {error}") from error
