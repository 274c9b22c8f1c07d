"""Text search: accents and case do not matter, and misspelt names are found by trigrams."""

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import models
from django.db.models.functions import Lower


class Unaccent(models.Func):
    """`unaccent`, wrapped as an immutable function so that an index may hold it."""

    function = "immutable_unaccent"
    output_field = models.TextField()


def likeness(words: str, field: str) -> models.Func:
    """How much `words` resemble a part of a text field, 0 to 1: the word similarity of pg_trgm."""
    wanted = Unaccent(Lower(models.Value(words)))
    return TrigramWordSimilarity(wanted, Unaccent(Lower(field)))  # type: ignore[arg-type]
