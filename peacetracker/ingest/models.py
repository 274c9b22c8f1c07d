"""The pipeline's own notes: how long its steps took, and who of its processes is alive. No part of the record."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from peacetracker.ingest.querysets import ModelUseQuerySet, StepRunQuerySet
from peacetracker.press.models import Article


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


class ModelUse(models.Model):
    """What a language model was asked about one article, and what that took. Kept, to be held against a bill."""

    article = models.ForeignKey(Article, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    model = models.CharField(max_length=100)
    requests = models.PositiveIntegerField()
    prompt_tokens = models.PositiveIntegerField()
    completion_tokens = models.PositiveIntegerField()
    cost = models.FloatField(null=True, help_text="In the currency of its prices; empty where they are unknown.")
    answered = models.BooleanField(help_text="Whether it gave an answer that could be used.")
    dropped = models.PositiveIntegerField(default=0, help_text="Statements that did not pass the checks.")

    objects = ModelUseQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="model_use_at")]

    def __str__(self) -> str:
        return f"{self.model} at {self.at:%Y-%m-%d %H:%M}: {self.prompt_tokens} + {self.completion_tokens} tokens"


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
