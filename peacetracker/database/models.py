"""What all tables of the record share: the data revision."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models


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
