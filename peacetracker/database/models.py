"""What all tables of the record share: the data revision, and what was merged."""

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.utils import timezone

from peacetracker.database.querysets import MergerQuerySet


class XidField(models.Field):
    """PostgreSQL's 64-bit transaction id (`xid8`)."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class CurrentTransaction(models.Func):
    function = "pg_current_xact_id"
    output_field = XidField()


class RevisionLog(models.Model):
    """One row for each transaction that changed what readers see; triggers write it.

    A sequence would show before the data do, and a counter row makes writers wait for one another:
    a row a transaction is invisible until its data are visible, and nobody waits.
    """

    xid = XidField(primary_key=True, db_default=CurrentTransaction())
    at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        db_table = "revision_log"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.xid)


class RevisionBase(models.Model):
    """The revisions already folded out of the log: a single row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    count = models.BigIntegerField(default=0)

    class Meta:
        db_table = "revision_base"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="revision_base_has_one_row"),
        ]

    def __str__(self) -> str:
        return str(self.count)


class Merger(models.Model):
    """Two rows that were found to be one: what went where, so that old addresses lead on and all can be taken back."""

    table = models.CharField(max_length=60, help_text="As app.model.")
    kept_pk = models.BigIntegerField()
    kept_name = models.CharField(max_length=300)
    gone_pk = models.BigIntegerField()
    gone_slug = models.CharField(max_length=120, blank=True)
    gone_name = models.CharField(max_length=300)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    steps = models.JSONField(help_text="Each row that was written, with its columns before and after.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = MergerQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["table", "gone_slug"], condition=models.Q(undone_at=None), name="merger_by_slug"),
            models.Index(fields=["table", "gone_pk"], condition=models.Q(undone_at=None), name="merger_by_pk"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_name} → {self.kept_name}"
