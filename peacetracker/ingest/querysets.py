from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Aggregate, Count, F, FloatField, Q
from django.utils import timezone

if TYPE_CHECKING:
    from peacetracker.ingest.models import ModelUse, StepRun  # noqa: F401


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: the value that a share of all do not exceed, in the column's own unit."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, share: float) -> None:
        super().__init__(expression, share=share)


class StepRunQuerySet(models.QuerySet["StepRun"]):
    def since(self, span: dt.timedelta) -> StepRunQuerySet:
        return self.filter(at__gte=timezone.now() - span)

    def by_step(self) -> list[dict[str, Any]]:
        """Of each step: how many runs, how many of them failed, and percentiles of their seconds."""
        return list(
            self.values("step")
            .annotate(
                runs=Count("pk"),
                items=models.Sum("number"),
                failed=Count("pk", filter=Q(ended_well=False)),
                total=models.Sum("seconds"),
                median=Percentile("seconds", 0.5),
                p95=Percentile("seconds", 0.95),
                p99=Percentile("seconds", 0.99),
                longest=models.Max(F("seconds")),
            )
            .order_by("step")
        )


class ModelUseQuerySet(models.QuerySet["ModelUse"]):
    def since(self, span: dt.timedelta) -> ModelUseQuerySet:
        return self.filter(at__gte=timezone.now() - span)

    def by_model(self) -> list[dict[str, Any]]:
        """Of each model: how many articles, how many without an answer, requests, tokens and cost."""
        return list(
            self.values("model")
            .annotate(
                articles=Count("pk"),
                unanswered=Count("pk", filter=Q(answered=False)),
                asked=models.Sum("requests"),
                read=models.Sum("prompt_tokens"),
                written=models.Sum("completion_tokens"),
                spent=models.Sum("cost"),
                not_believed=models.Sum("dropped"),
            )
            .order_by("model")
        )
