from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Greatest

from peacetracker.database.search import likeness

if TYPE_CHECKING:
    from peacetracker.actors.models import Actor, Affiliation  # noqa: F401


class ActorQuerySet(models.QuerySet["Actor"]):
    def named(self, words: str) -> ActorQuerySet:
        """Actors whose name or alias resembles `words`, best first; accents, case and small slips do not matter."""
        by_alias = models.Max(likeness(words, "aliases__text"))
        return (
            self.annotate(likeness=Greatest(likeness(words, "name"), by_alias))
            .filter(likeness__gte=0.5)
            .order_by("-likeness", "name")
        )

    def members_of(self, organisation: str, day: dt.date) -> ActorQuerySet:
        """Members of the organisation with that slug on a day."""
        return self.filter(
            affiliations__organisation__slug=organisation,
            affiliations__kind="member",
            affiliations__period__contains=day,
        ).distinct()

    def with_members(self) -> ActorQuerySet:
        return self.filter(affiliates__kind="member").distinct()

    def party_as(self, role: str, day: dt.date) -> ActorQuerySet:
        """Parties to a process in a role on a day; with any role where none is given."""
        named = {"parties__role": role} if role else {}
        return self.filter(parties__period__contains=day, **named).distinct()


class AffiliationQuerySet(models.QuerySet["Affiliation"]):
    def on(self, day: dt.date) -> AffiliationQuerySet:
        return self.filter(period__contains=day)

    def speaking(self) -> AffiliationQuerySet:
        return self.filter(kind="speaks_for")
