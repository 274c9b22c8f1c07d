"""Tables as CSV and XLSX: out, and back in by way of a dry run. Every rule of the record holds for a file as well."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pghistory
from diff_match_patch import diff_match_patch
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from import_export import resources
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm
from import_export.resources import Diff
from import_export.widgets import Widget

from peacetracker.accounts import audit
from peacetracker.accounts.roles import IMPORT
from peacetracker.database.refusals import Refused, checked, words_of_constraints

# A spreadsheet takes a cell that begins so for a formula, and what the world wrote must not run in one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def unguarded(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and value.startswith("'") and value[1:].startswith(FORMULA) else value


def _from_cell(value: Any) -> Any:
    """A cell as a column takes it: spreadsheets know no empty text, and give days a time."""
    if value is None:
        return ""
    return value.date() if isinstance(value, dt.datetime) else unguarded(value)


class PlainDiff(Diff):
    """Differences as <ins> and <del>; the library's own carry style attributes, which our policy refuses."""

    TAGS = {1: "ins", -1: "del", 0: "span"}

    def as_html(self) -> list[SafeString]:
        return [_marked(str(old), str(new)) for old, new in zip(self.left, self.right, strict=True)]


def _marked(old: str, new: str) -> SafeString:
    differ = diff_match_patch()
    parts = differ.diff_main(old, new)
    differ.diff_cleanupSemantic(parts)
    return format_html_join("", "<{0}>{1}</{0}>", ((PlainDiff.TAGS[kind], text) for kind, text in parts))


class ListWidget(Widget):
    """Several short texts in one cell, with bars between them."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        return [part.strip() for part in str(value or "").split("|") if part.strip()]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return " | ".join(str(part) for part in value or [])


class RecordResource(resources.ModelResource):
    """A table of the record as a file. A row that breaks a rule is told by its number, and then nothing is saved."""

    class Meta:
        use_transactions = True
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return PlainDiff

    def export_field(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(super().export_field(*args, **kwargs))

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for column, value in row.items():
            row[column] = _from_cell(value)

    def validate_instance(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().validate_instance(instance, *args, **kwargs)
        except ValidationError as error:
            words = words_of_constraints(instance)
            told = {
                name: [words.get(message, message) for message in found] for name, found in error.message_dict.items()
            }
            raise ValidationError(told) from error

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        try:
            with checked():
                super().save_instance(instance, is_create, row, **kwargs)
                self.save_parts(instance, row)
        except Refused as refusal:
            raise ValidationError({NON_FIELD_ERRORS: [str(refusal)]}) from refusal

    def save_parts(self, instance: Any, row: Any) -> None:
        """Save what stands in other tables, once the row itself is there."""

    def import_data(self, *args: Any, **kwargs: Any) -> Any:
        name = kwargs.get("file_name") or "a file"
        with pghistory.context(reason=f"imported {name}"):
            return super().import_data(*args, rollback_on_validation_errors=True, **kwargs)


def day_of(row: Any, column: str) -> dt.date | None:
    """A day as a spreadsheet or a person writes it (year-month-day), or nothing."""
    value = row.get(column)
    if isinstance(value, dt.date) or not value:
        return value or None
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError as error:
        raise ValidationError({column: f"“{value}” is not a day: write it as 2025-11-21."}) from error


class ExchangeAdmin(ImportExportMixin):
    """Adds import and export to an admin: whoever sees a table may take it along, chief editors import."""

    formats = [CSV, XLSX]
    export_form_class = ExportForm  # the one with boxes for columns needs inline scripts
    import_error_display = ("message",)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(IMPORT)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        counts = {kind: number for kind, number in result.totals.items() if number}
        audit.note(audit.Event.IMPORTED, self.model._meta.verbose_name_plural, **counts)
        return super().process_result(result, request)

    def _do_file_export(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> HttpResponse:
        kind = file_format.get_extension()
        audit.note(
            audit.Event.EXPORTED,
            self.model._meta.verbose_name_plural,
            rows=queryset.count(),
            kind=kind,
        )
        return super()._do_file_export(file_format, request, queryset, **kwargs)
