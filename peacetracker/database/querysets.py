from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from peacetracker.database.models import Merger  # noqa: F401


class MergerQuerySet(models.QuerySet["Merger"]):
    def standing(self) -> MergerQuerySet:
        return self.filter(undone_at=None)

    def kept_instead_of(self, table: str, **gone: Any) -> int | None:
        """The number of the row that stands for one that was merged away, by its `gone_slug`, `gone_pk` or so."""
        found = self.standing().filter(table=table, **gone).first()
        kept = found.kept_pk if found else None
        while found := self.standing().filter(table=table, gone_pk=kept).first() if kept else None:
            kept = found.kept_pk
        return kept
