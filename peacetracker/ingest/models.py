"""The pipeline's own notes: how long its steps took, and who of its processes is alive. No part of the record."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from peacetracker.ingest.querysets import StepRunQuerySet


class StepRun(models.Model):
    """One run of one step. Kept for some weeks (`KEEP`), so that percentiles are counted and not guessed."""

    KEEP = dt.timedelta(days=14)

    class Step(models.TextChoices):
        POLL = "poll", "poll a batch of feeds"
        FETCH = "fetch", "fetch"
        PARSE = "parse", "parse"
        EXTRACT = "extract", "extract"

    step = models.CharField(max_length=12, choices=Step)
    at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField()
    number = models.PositiveIntegerField(default=1, help_text="Of feeds in a poll; else one article.")
    ended_well = models.BooleanField()

    objects = StepRunQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["at", "step"], include=["seconds", "ended_well"], name="step_run_at")]

    def __str__(self) -> str:
        return f"{self.step} at {self.at:%Y-%m-%d %H:%M}: {self.seconds:.2f} s"


class Heartbeat(models.Model):
    """The last sign of life of a process: beat, or a worker by its name."""

    BEAT = "beat"
    SILENT_AFTER = dt.timedelta(seconds=90)

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
