from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from peacetracker.database.search import likeness

if TYPE_CHECKING:
    from peacetracker.proposals.models import Target


class TargetQuerySet(models.QuerySet["Target"]):
    def on_the_table(self, day: dt.date) -> TargetQuerySet:
        """Targets that existed on a day: a proposal and its provisions from the day it was tabled."""
        return self.filter(Q(kind="issue") | Q(tabled_on__lte=day) | Q(proposal__tabled_on__lte=day))

    def plans(self) -> TargetQuerySet:
        """Proposals for an end to the conflict, without the resolutions that states only vote on."""
        return self.filter(kind="proposal", is_resolution=False)

    def resolutions(self) -> TargetQuerySet:
        return self.filter(is_resolution=True)

    def standing(self, day: dt.date, today: dt.date) -> TargetQuerySet:
        """Plans that were on the table on a day and that no other had replaced by then.

        Their status is known as of today only: on a past day a rejection or lapse since then says nothing.
        """
        tabled = (
            self.plans()
            .filter(tabled_on__lte=day)
            .exclude(
                Exists(
                    self.model.relations.rel.related_model._default_manager.filter(
                        earlier=OuterRef("pk"), kind__in=["revises", "supersedes"], proposal__tabled_on__lte=day
                    )
                )
            )
        )
        return tabled if day < today else tabled.exclude(status__in=["superseded", "rejected", "lapsed"])

    def named(self, words: str) -> TargetQuerySet:
        """Targets whose name resembles `words`, best first."""
        resembling = self.annotate(likeness=likeness(words, "name")).filter(likeness__gte=0.5)
        return resembling.order_by("-likeness", "name")


class _KindManager(models.Manager["Target"]):
    """The targets of one kind; what it makes is of that kind."""

    kind: str

    def get_queryset(self) -> TargetQuerySet:
        return TargetQuerySet(self.model, using=self._db).filter(kind=self.kind)

    def create(self, **fields: Any) -> Target:
        return super().create(**{"kind": self.kind, **fields})

    def on_the_table(self, day: dt.date) -> TargetQuerySet:
        return self.get_queryset().on_the_table(day)


class ProposalManager(_KindManager):
    kind = "proposal"


class ProvisionManager(_KindManager):
    kind = "provision"


class IssueManager(_KindManager):
    kind = "issue"
