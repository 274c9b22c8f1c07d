from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q, Window
from django.db.models.functions import Lag

if TYPE_CHECKING:
    from peacetracker.stances.models import Stance, Statement  # noqa: F401


class StatementQuerySet(models.QuerySet["Statement"]):
    def accepted(self) -> StatementQuerySet:
        return self.filter(state="accepted")

    def candidates(self) -> StatementQuerySet:
        return self.filter(state="candidate")

    def said_by(self, day: dt.date) -> StatementQuerySet:
        """Statements made on a day or before it."""
        return self.filter(said_on__lte=day)

    def for_display(self) -> StatementQuerySet:
        """With all that one line about a statement shows."""
        return self.select_related("actor", "speaker", "target__proposal", "article__source")


def _before(field: str) -> Window:
    """What the actor's previous stance on the target has in a field."""
    return Window(Lag(field), partition_by=[F("actor"), F("target")], order_by=F("period").asc())


class StanceQuerySet(models.QuerySet["Stance"]):
    def published(self) -> StanceQuerySet:
        return self.filter(published=True)

    def on(self, day: dt.date) -> StanceQuerySet:
        """Published stances held on a day."""
        return self.published().filter(period__contains=day)

    def begun_by(self, day: dt.date) -> StanceQuerySet:
        return self.published().filter(period__startswith__lte=day)

    def with_previous(self) -> StanceQuerySet:
        """Published stances with `previous_position` and `previous_condition`, of the same actor on the same target."""
        return self.published().annotate(previous_position=_before("position"), previous_condition=_before("condition"))

    def shifts(self) -> StanceQuerySet:
        """Published stances that changed their actor's position on their target, newest first."""
        changed: StanceQuerySet = self.with_previous().filter(
            Q(previous_position__isnull=False) & ~Q(previous_position=F("position"))
        )
        return changed.order_by("-period", "actor__name")

    def for_display(self) -> StanceQuerySet:
        return self.select_related("actor", "target__proposal")
