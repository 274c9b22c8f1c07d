"""Text search: accents and case do not matter, and misspelt names are found by trigrams."""

from django.db import models


class Unaccent(models.Func):
    """`unaccent`, wrapped as an immutable function so that an index may hold it."""

    function = "immutable_unaccent"
    output_field = models.TextField()
