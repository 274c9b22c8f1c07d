"""Proposals as CSV and XLSX."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export import fields
from import_export.widgets import ForeignKeyWidget

from peacetracker.actors.models import Actor
from peacetracker.database.exchange import ListWidget, RecordResource
from peacetracker.proposals.models import Process, Proposal, Sponsorship


class ProposalResource(RecordResource):
    """One proposal a row, known by its slug; process and sponsors by theirs. Sponsors are added, never removed."""

    process = fields.Field("process", "process", ForeignKeyWidget(Process, "slug"))
    terms = fields.Field("terms", "terms", ListWidget())
    sponsors = fields.Field(column_name="sponsors", readonly=True)

    class Meta(RecordResource.Meta):
        model = Proposal
        import_id_fields = ["slug"]
        fields = ["slug", "process", "name", "tabled_on", "status", "summary", "terms", "sponsors"]
        export_order = fields

    def dehydrate_sponsors(self, proposal: Proposal) -> str:
        return ListWidget().render([actor.slug for actor in proposal.sponsors.all()] if proposal.pk else [])

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        new = _new_sponsors(instance, row) if instance.pk else row.get("sponsors")
        return not new and super().skip_row(instance, original, row, import_validation_errors)

    def save_parts(self, instance: Any, row: Any) -> None:
        for slug in _new_sponsors(instance, row):
            actor = Actor.objects.filter(slug=slug).first()
            if actor is None:
                raise ValidationError({"sponsors": f"There is no actor “{slug}”: import the actors first."})
            Sponsorship.objects.create(proposal=instance, actor=actor)


def _new_sponsors(proposal: Proposal, row: Any) -> list[str]:
    known = {actor.slug for actor in proposal.sponsors.all()}
    return [slug for slug in ListWidget().clean(row.get("sponsors")) if slug not in known]
