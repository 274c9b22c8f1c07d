"""Texts that were written for training, with their gold: a folder of YAML files such as ``data/training``.

A file is a list of texts; each has its own gazetteer, since each has a conflict of its own::

    - slug: harbour-plan
      publisher: Harbour Wire
      title: Norland accepts the Harbour Plan
      published_on: 2019-04-02
      body: |
        …
      gold: []
      again: []
      gazetteer: {actors: [{name: Norland, kind: state}]}

The fields of ``gold`` and ``gazetteer`` are those of a gold folder; ``again`` has the words that say once more what a
statement says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from ..evaluation import GoldError, GoldFile, GoldFolder, read_statements
from ..gazetteer import Gazetteer, GazetteerError, partial_date
from ..model import Document

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C reads ten times faster


def read_written(path: Path) -> list[GoldFolder]:
    """A gold folder of one file for each text, named ``NNNN-slug``.

    The number runs over the texts of all files, so that ten neighbours, which may share names, fall into one fold.
    """
    if not path.is_dir():
        raise GoldError(path, "folder", "no such folder")
    seen: dict[str, Path] = {}
    folders: list[GoldFolder] = []
    for file in sorted(path.glob("*.yaml")):
        for number, row in enumerate(_rows(file), start=1):
            text = _Text(file, f"text {number}", row)
            slug = text.required("slug")
            if slug in seen:
                raise text.error("slug", f"{slug!r} is taken by a text of {seen[slug].name}")
            seen[slug] = file
            folders.append(text.read(f"{len(folders) + 1:04d}-{slug}"))
    if not folders:
        raise GoldError(path, "folder", "holds no written texts (*.yaml)")
    return folders


def _rows(file: Path) -> list[object]:
    rows = read_yaml(file)
    if not isinstance(rows, list):
        raise GoldError(file, "file", "expected a list of texts")
    return rows


def read_yaml(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - both are safe
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(file, "file", f"cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise GoldError(file, "file", f"not valid YAML: {error}") from error


class _Text:
    """One text of a file; what is wrong with it is said with the file, the text and the field."""

    def __init__(self, file: Path, where: str, row: object) -> None:
        if not isinstance(row, Mapping):
            raise GoldError(file, where, "expected a mapping")
        slug = row.get("slug")
        self.file, self.row = file, row
        self.where = f"{where} ({slug})" if isinstance(slug, str) and slug else where

    def error(self, field: str, problem: str) -> GoldError:
        return GoldError(self.file, f"{self.where}, {field}", problem)

    def required(self, field: str) -> str:
        value = self.row.get(field)
        if not isinstance(value, str) or not value.strip():
            raise self.error(field, "missing" if value is None else f"expected text, found {value!r}")
        return value

    def read(self, name: str) -> GoldFolder:
        document = Document(
            text=self.required("body"),
            title=self.required("title"),
            published_on=self.day("published_on"),
            language="en",
            publisher=self.required("publisher"),
        )
        if "gold" not in self.row:
            raise self.error("gold", "missing ([] where nobody takes a position)")
        statements = read_statements(self.row["gold"], document, self.file, "the text", within=self.where)
        return GoldFolder((GoldFile(name, document, statements, self.again(document.text)),), self.gazetteer())

    def again(self, body: str) -> tuple[tuple[int, int], ...]:
        found = []
        for span in self.row.get("again") or ():
            if not isinstance(span, str) or body.count(span) != 1:
                raise self.error("again", f"stands {body.count(str(span))} times in the body, not once: {span!r}")
            found.append((body.index(span), body.index(span) + len(span)))
        return tuple(found)

    def day(self, field: str) -> date | None:
        try:
            return partial_date(self.row.get(field))
        except ValueError as error:
            raise self.error(field, str(error)) from error

    def gazetteer(self) -> Gazetteer:
        if self.row.get("gazetteer") is None:
            raise self.error("gazetteer", "missing")
        try:
            return Gazetteer.from_mapping(self.row["gazetteer"], self.file)
        except GazetteerError as error:
            raise self.error("gazetteer", str(error)) from error
