"""Rights on the record as a whole."""

from django.db import models


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
