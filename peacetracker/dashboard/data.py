"""Every page is also data: the rows behind it as CSV and JSON, at its own address with `format=`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, JsonResponse

from peacetracker.api.exports import STANCES, STATEMENTS, Column
from peacetracker.stances.models import Evidence, Stance, Statement

FORMATS = ("csv", "json")
Value = str | int | float | bool | None
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Data:
    """A table: its columns with their meanings, and its rows, which nobody makes who only reads the page."""

    name: str  # of the file, without its ending
    columns: Mapping[str, str]
    rows: Callable[[], Iterable[Row]]


def of_stances(name: str, stances: QuerySet[Stance]) -> Data:
    """The columns that the exports give of stances."""
    evidence = Prefetch("evidence", Evidence.objects.order_by("statement_id"))
    found = stances.select_related("actor", "target__proposal").prefetch_related(evidence)
    return Data(name, _meanings(STANCES.columns), lambda: (_row(STANCES.columns, stance) for stance in found))


def of_statements(name: str, statements: QuerySet[Statement]) -> Data:
    """The columns that the exports give of statements."""
    found = statements.select_related("actor", "speaker", "target__proposal", "article__source")
    return Data(name, _meanings(STATEMENTS.columns), lambda: (_row(STATEMENTS.columns, each) for each in found))


def _meanings(columns: Iterable[Column]) -> dict[str, str]:
    return {column.name: column.meaning for column in columns}


def _row(columns: Iterable[Column], item: Stance | Statement) -> Row:
    return {column.name: column.of(item) for column in columns}


def as_csv(data: Data) -> HttpResponse:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(data.columns))
    writer.writeheader()
    for row in data.rows():
        writer.writerow({name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()})
    return HttpResponse(
        file.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{data.name}.csv"'},
    )


def as_json(data: Data, **about: str | int) -> JsonResponse:
    """The rows with what they are about: the page's address, its day and the data revision."""
    content = {**about, "columns": data.columns, "rows": list(data.rows())}
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 1})
