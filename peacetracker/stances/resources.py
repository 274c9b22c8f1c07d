"""Stances as CSV and XLSX."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export import fields
from import_export.widgets import ForeignKeyWidget

from peacetracker.actors.models import Actor
from peacetracker.database.exchange import ListWidget, RecordResource, day_of
from peacetracker.database.fields import period
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Evidence, Stance, Statement


class StanceResource(RecordResource):
    """One stance a row, known by its id, which a new one lacks; actor and target by their slugs.

    Evidence is the ids of statements. It is added, never removed.
    """

    actor = fields.Field("actor", "actor", ForeignKeyWidget(Actor, "slug"))
    target = fields.Field("target", "target", ForeignKeyWidget(Target, "slug"))
    first = fields.Field(column_name="from", readonly=True)
    until = fields.Field(column_name="until", readonly=True)
    evidence = fields.Field(column_name="evidence", readonly=True)

    class Meta(RecordResource.Meta):
        model = Stance
        import_id_fields = ["id"]
        fields = [
            "id", "actor", "target", "first", "until", "position", "condition", "note", "published", "evidence",
        ]  # fmt: skip
        export_order = fields

    def dehydrate_first(self, stance: Stance) -> Any:
        return stance.period.lower if stance.period else None

    def dehydrate_until(self, stance: Stance) -> Any:
        return stance.period.upper if stance.period else None

    def dehydrate_evidence(self, stance: Stance) -> str:
        return ListWidget().render(sorted(_evidence(stance)))

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        first, until = day_of(row, "from"), day_of(row, "until")
        if first is None:
            raise ValidationError({"from": "A stance needs a first day."})
        if until is not None and until <= first:
            raise ValidationError({"until": "A stance ends after its first day: the last day is excluded."})
        instance.period = period(first, until)
        super().import_instance(instance, row, **kwargs)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        same = original is not None and instance.period == original.period and not _new_evidence(instance, row)
        return same and super().skip_row(instance, original, row, import_validation_errors)

    def save_parts(self, instance: Any, row: Any) -> None:
        for key in _new_evidence(instance, row):
            statement = Statement.objects.filter(pk=key).first() if key.isdigit() else None
            if statement is None:
                raise ValidationError({"evidence": f"There is no statement no. {key}."})
            Evidence.objects.create(stance=instance, statement=statement)


def _new_evidence(stance: Any, row: Any) -> list[str]:
    known = set(map(str, _evidence(stance)))
    return [key for key in ListWidget().clean(row.get("evidence")) if key not in known]


def _evidence(stance: Any) -> list[int]:
    """The numbers of the statements that a stance rests on."""
    return [evidence.statement_id for evidence in stance.evidence.all()] if stance.pk else []
