"""What the desk remembers: who works on which article, what was decided and how to undo it, blind codings."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from peacetracker.actors.models import Actor
from peacetracker.press.models import Article
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Position, Statement

CLAIM_LASTS = dt.timedelta(minutes=10)
UNDO_LASTS = dt.timedelta(days=7)


class Claim(models.Model):
    """An editor has an article open. Others are told, and the queue leads them elsewhere; nobody is kept out."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="claim")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.editor} on {self.article_id}"

    @property
    def running(self) -> bool:
        return self.seen_at > timezone.now() - CLAIM_LASTS


class Assignment(models.Model):
    """An article that somebody is to see to."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="assignment")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.article_id} → {self.editor}"


class Decision(models.Model):
    """What an editor did at the desk, with all rows that it changed, before and after: so it can be undone."""

    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="desk_decisions"
    )
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=20)
    words = models.CharField(max_length=500, help_text="What was done, for the list of decisions.")
    statement = models.ForeignKey(Statement, on_delete=models.SET_NULL, null=True, related_name="desk_decisions")
    changes = models.JSONField(help_text="Rows as `undo.Change` keeps them.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["editor", "-at"], name="decision_of_an_editor")]

    def __str__(self) -> str:
        return self.words

    @property
    def can_be_undone(self) -> bool:
        return self.undone_at is None and self.at > timezone.now() - UNDO_LASTS


class Coding(models.Model):
    """What one of two editors, each blind to the other, finds in a candidate of a double-coded article."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="codings")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="codings")
    at = models.DateTimeField(default=timezone.now)
    accepted = models.BooleanField(help_text="It counts as evidence.")
    reason = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    target = models.ForeignKey(Target, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.CharField(max_length=20, choices=Position)
    condition = models.CharField(max_length=500, blank=True)
    settled = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint("statement", "editor", name="editor_codes_a_statement_once"),
            models.CheckConstraint(
                condition=Q(position__in=Position.values), name="coding_takes_one_of_five_positions"
            ),
        ]
        indexes = [models.Index(fields=["statement"], condition=Q(settled=False), name="coding_to_settle")]

    def __str__(self) -> str:
        return f"{self.editor} on {self.statement_id}"
