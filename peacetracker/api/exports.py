"""The record as files: published stances and the accepted statements they rest on.

Two tables with documented columns. CSV is a folder of two files and `columns.csv`; JSON is one file that carries
the columns' meanings with the rows. Rows are streamed, so that a record of any size fits.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from django.db import transaction
from django.db.models import Prefetch

from peacetracker.database.revision import current_revision
from peacetracker.stances.models import Evidence, Position, Stance, Statement

Value = str | int | bool | None
Row = dict[str, Value]
CHUNK = 2000


class UnavailableError(Exception):
    """A format that cannot be written here; str() says why and what to do."""


@dataclass(frozen=True)
class Column:
    name: str
    meaning: str
    of: Callable[[Any], Value]


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[Column]
    rows_of: Callable[[], Iterable[Any]]

    def rows(self) -> Iterator[Row]:
        for item in self.rows_of():
            yield {column.name: column.of(item) for column in self.columns}


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _statements() -> Iterable[Statement]:
    return Statement.objects.accepted().for_display().order_by("pk").iterator(CHUNK)


def _stances() -> Iterable[Stance]:
    evidence = Prefetch("evidence", Evidence.objects.order_by("statement_id"))
    return Stance.objects.published().for_display().prefetch_related(evidence).order_by("pk").iterator(CHUNK)


_CELL = [
    Column("actor", "Slug of the actor whose position it is.", lambda item: item.actor.slug),
    Column("actor_name", "The actor's name.", lambda item: item.actor.name),
    Column(
        "actor_kind",
        "state, organisation, bloc, body, armed_group, political_party, person or think_tank.",
        lambda item: item.actor.kind,
    ),
    Column("actor_iso3", "ISO 3166-1 alpha-3; states only.", lambda item: item.actor.iso3 or None),
    Column("target", "Slug of what the position is about.", lambda item: item.target.slug),
    Column("target_name", "The target's name.", lambda item: item.target.name),
    Column("target_kind", "proposal, provision or issue.", lambda item: item.target.kind),
    Column(
        "proposal",
        "Slug of the proposal that a provision belongs to; the target itself where it is a proposal.",
        lambda item: (
            item.target.proposal.slug
            if item.target.proposal
            else item.target.slug
            if item.target.kind == "proposal"
            else None
        ),
    ),
    Column("position", "oppose, oppose_unless, neutral, support_if or support.", lambda item: item.position),
    Column(
        "value", "The position as a number, -2 (oppose) to +2 (support).", lambda item: Position(item.position).value_of
    ),
    Column("condition", "What would have to hold; conditional positions only.", lambda item: item.condition or None),
]

STANCES = Table(
    "stances",
    [
        Column("id", "Number of the stance in this record.", lambda stance: stance.pk),
        *_CELL,
        Column("starts", "First day on which it held.", lambda stance: _day(stance.period.lower)),
        Column(
            "ends",
            "First day on which it no longer held; empty while it lasts.",
            lambda stance: _day(stance.period.upper),
        ),
        Column("note", "The editor's note.", lambda stance: stance.note or None),
        Column(
            "evidence",
            "Ids of the statements it rests on, separated by spaces.",
            lambda stance: " ".join(str(link.statement_id) for link in stance.evidence.all()),
        ),
    ],
    _stances,
)

STATEMENTS = Table(
    "statements",
    [
        Column("id", "Number of the statement in this record.", lambda statement: statement.pk),
        Column("kind", "spoken, or vote: made in a roll call.", lambda statement: statement.kind),
        *_CELL,
        Column("said_on", "The day it was said.", lambda statement: _day(statement.said_on)),
        Column(
            "speaker",
            "Slug of who said it; empty where the actor itself speaks or the speaker is not in the record.",
            lambda statement: statement.speaker.slug if statement.speaker else None,
        ),
        Column(
            "speaker_name",
            "Name of who said it.",
            lambda statement: statement.speaker.name if statement.speaker else statement.speaker_name or None,
        ),
        Column("role", "The speaker's role as the article gives it.", lambda statement: statement.role or None),
        Column("quote", "Verbatim from the article.", lambda statement: statement.quote),
        Column("direct", "Whether these are the speaker's own words.", lambda statement: statement.direct),
        Column("credibility", "Of the statement: Admiralty code, 1 to 6.", lambda statement: statement.credibility),
        Column(
            "source",
            "Name of the publisher.",
            lambda statement: statement.article.source.name if statement.article.source else None,
        ),
        Column(
            "reliability",
            "Of the publisher: Admiralty code, A to F.",
            lambda statement: statement.article.source.reliability if statement.article.source else None,
        ),
        Column("article_title", "Title of the article.", lambda statement: statement.article.title or None),
        Column("article_url", "Address of the article.", lambda statement: statement.article.url),
        Column("article_published_on", "Day of publication.", lambda statement: _day(statement.article.published_on)),
    ],
    _statements,
)

TABLES = [STANCES, STATEMENTS]


@transaction.atomic
def export(format_name: str, path: Path) -> dict[str, int]:
    """Write the record to `path` in a format; answers how many rows each table has.

    One transaction that sees one state of the record: a stance never names a statement that the other file lacks.
    """
    writer = FORMATS[format_name]
    _one_state()
    return writer(path)


def _one_state() -> None:
    from django.db import connection

    # Within tests a transaction is open already, and its level cannot change.
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def write_csv(folder: Path) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    counts = {table.name: _write_table(folder / f"{table.name}.csv", table) for table in TABLES}
    with (folder / "columns.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["table", "column", "meaning"])
        rows.writerows([table.name, column.name, column.meaning] for table in TABLES for column in table.columns)
    return counts


def _write_table(path: Path, table: Table) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, [column.name for column in table.columns])
        rows.writeheader()
        for row in table.rows():
            rows.writerow(
                {name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()}
            )
            count += 1
    return count


def write_json(path: Path) -> dict[str, int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    meanings = {table.name: {column.name: column.meaning for column in table.columns} for table in TABLES}
    counts = {}
    with path.open("w", encoding="utf-8") as file:
        file.write(
            f'{{"revision": {current_revision()},\n"columns": {json.dumps(meanings, ensure_ascii=False, indent=1)}'
        )
        for table in TABLES:
            file.write(f',\n"{table.name}": [')
            counts[table.name] = _write_items(file, table)
            file.write("]")
        file.write("}\n")
    return counts


def _write_items(file: TextIO, table: Table) -> int:
    count = 0
    for count, row in enumerate(table.rows(), 1):
        file.write(",\n" if count > 1 else "\n")
        json.dump(row, file, ensure_ascii=False)
    return count


def _not_yet(format_name: str) -> Callable[[Path], dict[str, int]]:
    def refuse(path: Path) -> dict[str, int]:
        raise UnavailableError(f"{format_name} is not available yet: export csv or json instead.")

    return refuse


def write_parquet(path: Path) -> dict[str, int]:
    try:
        import pyarrow  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        raise UnavailableError("parquet needs pyarrow, which is not installed: export csv or json instead.") from error
    return _not_yet("parquet")(path)


FORMATS: dict[str, Callable[[Path], dict[str, int]]] = {
    "csv": write_csv,
    "json": write_json,
    "parquet": write_parquet,
    "graphml": _not_yet("graphml"),
}
