from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, Greatest, Lag, Least, Substr

if TYPE_CHECKING:
    from peacetracker.actors.models import Actor
    from peacetracker.proposals.models import Target
    from peacetracker.stances.models import Stance, Statement  # noqa: F401


class StatementQuerySet(models.QuerySet["Statement"]):
    def accepted(self) -> StatementQuerySet:
        return self.filter(state="accepted")

    def candidates(self) -> StatementQuerySet:
        return self.filter(state="candidate")

    def decided(self) -> StatementQuerySet:
        """What a machine proposed and an editor accepted or rejected: what it can be judged by."""
        return self.filter(state__in=["accepted", "rejected"], extractor__gt="", kind="spoken")

    def precision_by(self, *fields: str) -> list[dict[str, Any]]:
        """Of decided statements, by fields: how many were `decided`, and `accepted`, corrected ones included."""
        counts = {"accepted": Count("pk", filter=Q(state="accepted")), "decided": Count("pk")}
        return list(self.decided().order_by().values(*fields).annotate(**counts).order_by("-decided", *fields))

    def votes(self) -> StatementQuerySet:
        """Statements made by voting in a roll call."""
        return self.filter(kind="vote")

    def spoken(self) -> StatementQuerySet:
        return self.filter(kind="spoken")

    def of_cell(self, actor: Actor, target: Target) -> StatementQuerySet:
        """The accepted statements of one actor on one target."""
        return self.accepted().filter(actor=actor, target=target)

    def said_by(self, day: dt.date) -> StatementQuerySet:
        """Statements made on a day or before it."""
        return self.filter(said_on__lte=day)

    def with_passage(self, around: int = 400) -> StatementQuerySet:
        """With the text `before` and `after` the quote, and without the article's whole text."""
        text = Coalesce(F("former_text__text"), F("article__text"))
        return self.annotate(
            before=Substr(text, Greatest(F("start") - around + 1, Value(1)), Least(F("start"), Value(around))),
            after=Substr(text, F("end") + 1, around),
        ).defer("article__text")

    def gone(self) -> StatementQuerySet:
        """Statements whose words the article's newer version lacks, or whose article was withdrawn."""
        return self.filter(Q(former_text__isnull=False) | Q(article__withdrawn_at__isnull=False))

    def independent_sources(self) -> int:
        """How many publishers say so: what one takes over from another counts as the first one's."""
        return self.order_by().aggregate(number=Count(_publisher(), distinct=True))["number"]

    def for_display(self) -> StatementQuerySet:
        """With all that one line about a statement shows."""
        return self.select_related("actor", "speaker", "target__proposal", "article__source")

    def without_texts(self) -> StatementQuerySet:
        """`for_display`, without the texts of the articles, which a list does not show."""
        return self.for_display().defer("article__text", "article__search")


def _publisher(prefix: str = "") -> Case:
    """The source of a statement's article, or of the article that it copies; an article without one is its own."""
    copied, own = f"{prefix}article__syndicated_from", f"{prefix}article"
    return Case(
        When(
            Q(**{f"{copied}__isnull": False}),
            then=Coalesce(F(f"{copied}__source"), -F(copied), output_field=models.BigIntegerField()),
        ),
        default=Coalesce(F(f"{own}__source"), -F(own), output_field=models.BigIntegerField()),
        output_field=models.BigIntegerField(),
    )


def _before(field: str) -> Window:
    """What the actor's previous stance on the target has in a field."""
    return Window(Lag(field), partition_by=[F("actor"), F("target")], order_by=F("period").asc())


class StanceQuerySet(models.QuerySet["Stance"]):
    def published(self) -> StanceQuerySet:
        return self.filter(published=True)

    def on(self, day: dt.date) -> StanceQuerySet:
        """Published stances held on a day."""
        return self.published().filter(period__contains=day)

    def begun_by(self, day: dt.date) -> StanceQuerySet:
        return self.published().filter(period__startswith__lte=day)

    def resting_on(self, statements: Collection[int]) -> StanceQuerySet:
        """Published stances that rest on accepted statements among these alone."""
        evidence = self.model.evidence.rel.related_model._default_manager.filter(
            stance=OuterRef("pk"),
            statement__state="accepted",
            statement__actor=OuterRef("actor"),
            statement__target=OuterRef("target"),
        )
        mine = Exists(evidence.filter(statement__in=statements))
        return self.published().filter(mine, ~Exists(evidence.exclude(statement__in=statements)))

    def with_previous(self) -> StanceQuerySet:
        """Published stances with `previous_position` and `previous_condition`, of the same actor on the same target."""
        return self.published().annotate(previous_position=_before("position"), previous_condition=_before("condition"))

    def shifts(self) -> StanceQuerySet:
        """Published stances that changed their actor's position on their target, newest first."""
        changed: StanceQuerySet = self.with_previous().filter(
            Q(previous_position__isnull=False) & ~Q(previous_position=F("position"))
        )
        return changed.order_by("-period", "actor__name")

    def with_quote(self, day: dt.date) -> StanceQuerySet:
        """With the newest statement up to a day that each rests on: `quote`, and whether that `_is_direct`."""
        evidence = self.model.statements.rel.model._default_manager.filter(stances=OuterRef("pk"), said_on__lte=day)
        newest = evidence.order_by("-said_on", "-id")
        return self.annotate(
            quote=Subquery(newest.values("quote")[:1]), quote_is_direct=Subquery(newest.values("direct")[:1])
        )

    def cells(self) -> models.QuerySet[Stance, tuple[int, int, str, str, int]]:
        """What a matrix needs of each stance: actor, target, position, condition, id."""
        return self.values_list("actor_id", "target_id", "position", "condition", "pk")

    def counted(self) -> models.QuerySet[Stance, tuple[int, str, int]]:
        """How many actors hold each position: target, position, number."""
        return self.order_by().values_list("target_id", "position").annotate(number=Count("actor", distinct=True))

    def with_sources(self) -> StanceQuerySet:
        """With the number of independent `sources` that each rests on: publishers, and copies count as the first's."""
        return self.annotate(sources=Count(_publisher("statements__"), distinct=True))

    def for_display(self) -> StanceQuerySet:
        return self.select_related("actor", "target__proposal")
