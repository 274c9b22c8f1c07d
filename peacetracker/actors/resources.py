"""Actors as CSV and XLSX."""

from __future__ import annotations

from typing import Any

from import_export import fields

from peacetracker.actors.models import Actor, Alias
from peacetracker.database.exchange import ListWidget, RecordResource


class ActorResource(RecordResource):
    """One actor a row, known by its slug. Aliases are added, never removed."""

    aliases = fields.Field(column_name="aliases", readonly=True)

    class Meta(RecordResource.Meta):
        model = Actor
        import_id_fields = ["slug"]
        fields = ["slug", "name", "kind", "iso3", "summary", "aliases"]
        export_order = fields

    def dehydrate_aliases(self, actor: Actor) -> str:
        return ListWidget().render(actor.aliases.all() if actor.pk else [])

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        new = _new_aliases(instance, row) if instance.pk else row.get("aliases")
        return not new and super().skip_row(instance, original, row, import_validation_errors)

    def save_parts(self, instance: Any, row: Any) -> None:
        for text in _new_aliases(instance, row):
            Alias.objects.create(actor=instance, text=text)


def _new_aliases(actor: Actor, row: Any) -> list[str]:
    known = {alias.text.casefold() for alias in actor.aliases.all()}
    return [text for text in ListWidget().clean(row.get("aliases")) if text.casefold() not in known]
