"""Who can hold a position, under which names, and who speaks for whom."""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from peacetracker.actors.querysets import ActorQuerySet, AffiliationQuerySet
from peacetracker.database.fields import PeriodField
from peacetracker.database.search import Unaccent
from peacetracker.database.triggers import raise_revision


@pghistory.track()
class Actor(models.Model):
    class Kind(models.TextChoices):
        STATE = "state", _("state")
        ORGANISATION = "organisation", _("international organisation")
        BLOC = "bloc", _("bloc or grouping")
        BODY = "body", _("government body")
        ARMED_GROUP = "armed_group", _("armed group")
        POLITICAL_PARTY = "political_party", _("political party")
        PERSON = "person", _("person")
        THINK_TANK = "think_tank", _("think tank")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    iso3 = models.CharField(
        "ISO 3166-1 alpha-3",
        max_length=3,
        blank=True,
        help_text="States only: three capital letters.",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as FRA.")],
    )
    summary = models.TextField(blank=True)

    objects = ActorQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="actor_has_a_name"),
            models.CheckConstraint(
                condition=Q(iso3="") | Q(iso3__regex=r"^[A-Z]{3}$", kind="state"),
                name="iso_code_is_a_states_and_well_formed",
            ),
            models.UniqueConstraint(F("iso3"), condition=~Q(iso3=""), name="iso_code_names_one_state"),
        ]
        indexes = [GinIndex(OpClass(Unaccent(Lower("name")), "gin_trgm_ops"), name="actor_name_trigrams")]
        triggers = raise_revision()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dashboard:actor", args=[self.slug])


@pghistory.track()
class Alias(models.Model):
    class Kind(models.TextChoices):
        NAME = "name", _("name")
        ABBREVIATION = "abbreviation", _("abbreviation")
        TRANSLITERATION = "transliteration", _("transliteration")
        METONYM = "metonym", _("metonym")
        OFFICE = "office", _("office")

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="aliases")
    text = models.CharField(max_length=200)
    language = models.CharField(max_length=8, default="en")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NAME)

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["text"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="alias_has_a_text"),
            models.UniqueConstraint(Lower("text"), "language", name="alias_names_one_actor_in_a_language"),
        ]
        indexes = [GinIndex(OpClass(Unaccent(Lower("text")), "gin_trgm_ops"), name="alias_text_trigrams")]
        triggers = raise_revision()

    def __str__(self) -> str:
        return self.text


@pghistory.track()
class Affiliation(models.Model):
    """An actor's tie to another. Whoever speaks for it states its position; a member keeps a voice of its own."""

    class Kind(models.TextChoices):
        SPEAKS_FOR = "speaks_for", _("speaks for")
        MEMBER = "member", _("member of")

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="affiliations")
    organisation = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="affiliates")
    kind = models.CharField(max_length=20, choices=Kind)
    role = models.CharField(max_length=200, blank=True, help_text="Title or role: foreign minister, member state.")
    period = PeriodField(help_text="First day included, last excluded; empty where unknown or running.")
    source_url = models.URLField(max_length=1000, blank=True, help_text="The page that shows it.")

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        ordering = ["organisation__name", "period"]
        constraints = [
            models.CheckConstraint(condition=~Q(actor=F("organisation")), name="nobody_is_affiliated_with_themselves"),
            models.CheckConstraint(condition=Q(period__isempty=False), name="affiliation_lasts_a_day"),
            ExclusionConstraint(
                name="same_affiliation_never_overlaps",
                expressions=[
                    ("actor", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = raise_revision()

    def __str__(self) -> str:
        return f"{self.actor}, {self.role or self.get_kind_display()} ({self.organisation})"
