"""Rights on the record as a whole, and what happened to accounts and in bulk."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone


class Record(models.Model):  # noqa: DJ008
    """No table: it carries the rights that belong to no single table of the record."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("view_record", "Can enter the admin and the desk"),
            ("merge_record", "Can merge duplicates and undo that"),
            ("revert_record", "Can revert changes"),
            ("import_record", "Can import files"),
        ]


class AuditEntry(models.Model):
    """Something that an administrator may have to answer for. Changes to the record have event rows of their own."""

    class Event(models.TextChoices):
        LOGGED_IN = "logged_in", "logged in"
        LOGGED_OUT = "logged_out", "logged out"
        LOG_IN_FAILED = "log_in_failed", "failed to log in"
        LOCKED_OUT = "locked_out", "locked out"
        SESSION_EXPIRED = "session_expired", "session expired"
        ACCOUNT_CHANGED = "account_changed", "account changed"
        RIGHTS_CHANGED = "rights_changed", "rights changed"
        SECOND_FACTOR = "second_factor", "second factor changed"
        EXPORTED = "exported", "exported"
        IMPORTED = "imported", "imported"
        MERGED = "merged", "merged"
        UNMERGED = "unmerged", "merge undone"
        REVERTED = "reverted", "reverted"

    at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=20, choices=Event)
    # No foreign key in the database: a deleted account must not change what is written here.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )
    username = models.CharField(max_length=150, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    about = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "audit log"
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at", "-id"], name="audit_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.username or 'somebody'} {self.get_event_display()} {self.about}".strip()
