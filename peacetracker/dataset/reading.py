"""Read a folder of YAML into a `DataSet`, with the line of every entry and of every mistake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from peacetracker.dataset.roll_calls import spell_out
from peacetracker.dataset.schema import (
    ActorEntry,
    ArticleEntry,
    DataSet,
    Entry,
    IssueEntry,
    Place,
    ProcessEntry,
    ProposalEntry,
    RollCallEntry,
    SourceEntry,
    StanceEntry,
)

SECTIONS: dict[str, tuple[str, type[Entry]]] = {
    "process": ("processes", ProcessEntry),
    "issues": ("issues", IssueEntry),
    "actors": ("actors", ActorEntry),
    "proposals": ("proposals", ProposalEntry),
    "sources": ("sources", SourceEntry),
    "articles": ("articles", ArticleEntry),
    "roll_calls": ("roll_calls", RollCallEntry),
    "stances": ("stances", StanceEntry),
}


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in a data set, where, and what to do."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class BadDataSet(Exception):
    """A data set with mistakes; `problems` names each with its file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_data_set(path: Path) -> DataSet:
    """The data set in a folder (every *.yaml below it) or in one file. Raises BadDataSet.

    Its roll calls stand spelled out among the articles and stances.
    """
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    if not files or not files[0].exists():
        raise BadDataSet([Problem(Place(path, 0), "there is no YAML file here: give a folder that holds a data set")])
    data_set, problems = DataSet(), []
    for file in files:
        problems += _read_file(file, data_set)
    if problems:
        raise BadDataSet(problems)
    return spell_out(data_set)


class _Constructor(RoundTripConstructor):
    def construct_yaml_timestamp(self, node: Any, values: Any = None) -> Any:
        """A day that is in no calendar stays a text, so that its field can say so with its line."""
        try:
            return super().construct_yaml_timestamp(node, values)
        except ValueError:
            return node.value


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.construct_yaml_timestamp)


def _parse(text: str) -> Any:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    return yaml.load(text)


def _read_file(file: Path, data_set: DataSet) -> list[Problem]:
    text = ""
    try:
        text = file.read_text(encoding="utf-8")
        content = _parse(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [Problem(Place(file, line), f"is not YAML: {error.problem or error.context}")]
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return [Problem(Place(file, line), f"is not YAML: U+{error.character:04X} cannot stand in it: remove it")]
    except UnicodeDecodeError as error:
        return [Problem(Place(file, 1), f"is not UTF-8 (byte {error.start}): save it as UTF-8")]
    if content is None:
        return []
    if not isinstance(content, CommentedMap):
        return [Problem(Place(file, 1), f"must be a mapping with keys among: {', '.join(SECTIONS)}")]
    problems: list[Problem] = []
    for section, node in content.items():
        line = content.lc.key(section)[0] + 1
        if section not in SECTIONS:
            problems.append(Problem(Place(file, line), f"unknown key “{section}”: use {', '.join(SECTIONS)}"))
            continue
        name, kind = SECTIONS[section]
        entries = node if isinstance(node, CommentedSeq) else [node]
        for entry in entries:
            problems += _read_entry(file, line, entry, kind, getattr(data_set, name))
    return problems


def _read_entry(file: Path, line: int, node: Any, kind: type[Entry], entries: list[Any]) -> list[Problem]:
    try:
        entry = kind.model_validate(node)
    except ValidationError as error:
        return [
            Problem(Place(file, _line_of(node, detail["loc"], line)), _message(detail)) for detail in error.errors()
        ]
    _note_places(entry, node, file)
    entries.append(entry)
    return []


def _message(detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"] if not str(part).startswith("function-"))
    given = "" if detail["type"] == "missing" else f" (it is {detail['input']!r:.80})"
    match detail["type"]:
        case "extra_forbidden":
            remedy = "remove it or correct its name"
        case "value_error":
            remedy = str(detail["ctx"]["error"])
        case _:
            remedy = detail["msg"].lower()
    return f"{field or 'entry'}: {remedy}{given}"


def _line_of(node: Any, location: tuple[int | str, ...], line: int) -> int:
    """The line of the innermost node on the way to `location`; the files count from 1."""
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line, node = int(node.lc.key(part)[0]) + 1, node[part]
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line, node = int(node.lc.item(part)[0]) + 1, node[part]
        elif isinstance(node, CommentedMap):
            return int(node.lc.line) + 1
    return line


def _note_places(entry: Entry, node: Any, file: Path) -> None:
    if not isinstance(node, CommentedMap):
        return
    entry.stands_at(Place(file, node.lc.line + 1))
    for name, value in entry:
        children = node.get(name)
        if isinstance(value, list) and isinstance(children, CommentedSeq):
            for child, child_node in zip(value, children, strict=True):
                if isinstance(child, Entry):
                    _note_places(child, child_node, file)
