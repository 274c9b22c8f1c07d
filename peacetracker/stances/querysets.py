from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q, Window
from django.db.models.functions import Lag

if TYPE_CHECKING:
    pass


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
        cell = {"partition_by": [F("actor"), F("target")], "order_by": F("period").asc()}
        return self.published().annotate(
            previous_position=Window(Lag("position"), **cell),
            previous_condition=Window(Lag("condition"), **cell),
        )

    def shifts(self) -> StanceQuerySet:
        """Published stances that changed their actor's position on their target, newest first."""
        return (
            self.with_previous()
            .filter(previous_position__isnull=False)
            .filter(~Q(previous_position=F("position")))
            .order_by("-period", "actor__name")
        )

    def for_display(self) -> StanceQuerySet:
        return self.select_related("actor", "target__proposal")
