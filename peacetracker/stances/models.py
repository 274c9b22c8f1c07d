"""The evidence and what editors conclude from it."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from peacetracker.actors.models import Actor
from peacetracker.database.fields import PeriodField
from peacetracker.database.triggers import raise_revision
from peacetracker.press.models import Article, FormerText
from peacetracker.proposals.models import Target
from peacetracker.stances import echoes, evidence_rule, worth
from peacetracker.stances.querysets import StanceQuerySet, StatementQuerySet


class Position(models.TextChoices):
    """The five-point scale, from −2 to +2."""

    OPPOSE = "oppose", _("opposes")
    OPPOSE_UNLESS = "oppose_unless", _("opposes unless changed")
    NEUTRAL = "neutral", _("neutral or unclear")
    SUPPORT_IF = "support_if", _("supports with conditions")
    SUPPORT = "support", _("supports")

    @property
    def value_of(self) -> int:
        """−2 (oppose) to +2 (support)."""
        return list(Position).index(self) - 2


CONDITIONAL = [Position.OPPOSE_UNLESS, Position.SUPPORT_IF]


# What the desk derives, no editor changes: it is no part of the history.
@pghistory.track(exclude=["version", "worth", "echo_of"])
class Statement(models.Model):
    """What one actor said about one target in one article, at a span of its text."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", "candidate"
        ACCEPTED = "accepted", "accepted"
        REJECTED = "rejected", "rejected"

    class Kind(models.TextChoices):
        """How it was made."""

        SPOKEN = "spoken", "statement"
        VOTE = "vote", "vote"

    class Credibility(models.IntegerChoices):
        """Credibility of a statement: the Admiralty code (NATO AJP-2.1)."""

        CONFIRMED = 1, _("1 · confirmed by other sources")
        PROBABLE = 2, _("2 · probably true")
        POSSIBLE = 3, _("3 · possibly true")
        DOUBTFUL = 4, _("4 · doubtful")
        IMPROBABLE = 5, _("5 · improbable")
        UNKNOWN = 6, _("6 · cannot be judged")

    kind = models.CharField(
        max_length=8,
        choices=Kind,
        default=Kind.SPOKEN,
        help_text="Spoken or written, or made by voting in a roll call.",
    )
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="statements")
    former_text = models.ForeignKey(
        FormerText,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="statements",
        help_text="The text that it stands in, where the article's newer version lacks its words.",
    )
    start = models.PositiveIntegerField(help_text="Offset of the quote in the article's text, in code points.")
    end = models.PositiveIntegerField()
    quote = models.TextField(help_text="Verbatim: exactly that span of the article's text.")
    direct = models.BooleanField(default=False, help_text="The speaker's own words in quotation marks.")
    actor = models.ForeignKey(
        Actor,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="statements",
        help_text="On whose behalf. Empty while a candidate's actor is not in the record.",
    )
    actor_name = models.CharField(
        max_length=200, blank=True, help_text="The article's words for an actor who is not in the record."
    )
    speaker = models.ForeignKey(
        Actor, on_delete=models.PROTECT, null=True, blank=True, related_name="spoken_statements"
    )
    speaker_name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=200, blank=True, help_text="The speaker's role as the article gives it.")
    target = models.ForeignKey(Target, on_delete=models.PROTECT, null=True, blank=True, related_name="statements")
    target_name = models.CharField(
        max_length=300, blank=True, help_text="The article's words for a target that is not in the record."
    )
    position = models.CharField(max_length=20, choices=Position)
    condition = models.CharField(max_length=500, blank=True)
    said_on = models.DateField(null=True, blank=True)
    credibility = models.PositiveSmallIntegerField(choices=Credibility, null=True, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.CANDIDATE)
    rejection_reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    extractor = models.CharField(max_length=40, blank=True, help_text="Empty where an editor made it.")
    extractor_version = models.CharField(max_length=40, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    cues = ArrayField(models.TextField(), default=list, blank=True)
    warnings = ArrayField(models.TextField(), default=list, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Raised by every change: see `Stale`.")
    worth = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Of a candidate: see `worth.py`.")
    echo_of = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,  # a trigger promotes another echo
        null=True,
        blank=True,
        editable=False,
        related_name="echoes",
        help_text="Of a candidate: the first one with the same words of the same actor, in another article.",
    )

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-said_on", "-id"]
        permissions = [("decide_statement", "Can accept and reject statements")]
        constraints = [
            models.CheckConstraint(
                condition=Q(quote__gt="") & Q(end=F("start") + Length("quote")),
                name="span_is_as_long_as_the_quote",
            ),
            models.CheckConstraint(
                condition=Q(position__in=Position.values), name="statement_takes_one_of_five_positions"
            ),
            models.CheckConstraint(
                condition=Q(condition="") | Q(position__in=CONDITIONAL),
                name="only_conditional_statements_have_conditions",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(actor__isnull=False, target__isnull=False, said_on__isnull=False),
                name="accepted_statement_has_actor_target_and_date",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(0, 1)),
                name="confidence_lies_between_0_and_1",
            ),
            models.CheckConstraint(
                condition=Q(credibility__isnull=True) | Q(credibility__range=(1, 6)),
                name="credibility_is_admiralty_1_to_6",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["candidate", "accepted", "rejected"]),
                name="statement_is_in_a_known_state",
            ),
            models.CheckConstraint(condition=Q(kind__in=["spoken", "vote"]), name="statement_is_spoken_or_a_vote"),
            models.UniqueConstraint(
                fields=["article", "former_text", "start", "end", "actor", "actor_name", "target", "target_name"],
                nulls_distinct=False,
                name="statement_stands_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["target", "actor", "-said_on"],
                condition=Q(state="accepted"),
                name="statement_of_a_cell",
            ),
            models.Index(fields=["-said_on", "-id"], condition=Q(state="accepted"), name="statement_newest"),
            models.Index(fields=["-added_at"], condition=Q(state="candidate"), name="statement_inbox"),
            # All that the desk's queue filters and sorts by, so that it is read from the index alone.
            models.Index(
                fields=["article"],
                include=["id", "worth", "echo_of", "actor", "target", "confidence", "added_at"],
                condition=Q(state="candidate"),
                name="statement_queue",
            ),
            # For the same quotation in other words, or in another mouth.
            GinIndex(OpClass("quote", "gin_trgm_ops"), condition=Q(direct=True), name="statement_quote_trigrams"),
            models.Index(
                fields=["actor", "target", "said_on"],
                condition=Q(state="candidate"),
                name="candidate_of_a_cell",
            ),
        ]
        triggers = [
            *raise_revision(ignoring="r.state <> 'accepted'"),
            pgtrigger.Trigger(
                name="version_rises",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["version", "worth", "echo_of"]),
                func="NEW.version = OLD.version + 1; RETURN NEW;",
            ),
            worth.ON_STATEMENT,
            echoes.ON_INSERT,
            echoes.ON_DELETE,
            evidence_rule.ON_STATEMENT,
            pgtrigger.Trigger(
                name="quote_is_verbatim",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("article_id", "former_text_id", "start", "end", "quote"),
                func=(
                    "IF NEW.quote IS DISTINCT FROM substr(CASE WHEN NEW.former_text_id IS NULL "
                    "THEN (SELECT text FROM press_article WHERE id = NEW.article_id FOR SHARE) "
                    "ELSE (SELECT text FROM press_formertext "
                    "WHERE id = NEW.former_text_id AND article_id = NEW.article_id) END, "
                    'NEW.start + 1, NEW."end" - NEW.start) '
                    "THEN RAISE EXCEPTION 'The quote is not what stands at that span of the article.' "
                    "USING ERRCODE = 'check_violation', CONSTRAINT = 'quote_is_verbatim'; END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor or self.actor_name} {self.get_position_display()}: {self.target or self.target_name}"

    @property
    def text(self) -> str:
        """The text that it stands in: the article's, or the one that a newer version has replaced."""
        return self.former_text.text if self.former_text else self.article.text

    def lost(self) -> list[str]:
        """What has happened to its words since it was read, in words."""
        lost = []
        if self.former_text_id:
            lost.append("the article's newer version lacks these words")
        if self.article.withdrawn_at:
            lost.append("the article was withdrawn")
        return lost

    @property
    def source_grade(self) -> str:
        """Source reliability and statement credibility as one Admiralty grade, such as B2."""
        source = self.article.source
        return f"{source.reliability if source else 'F'}{self.credibility or 6}"


@pghistory.track()
class Stance(models.Model):
    """The position an actor holds on a target over a period: the editors' finding."""

    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="stances")
    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="stances")
    period = PeriodField(help_text="From the first day, included, to the last, excluded; no end while it lasts.")
    position = models.CharField(max_length=20, choices=Position)
    condition = models.CharField(max_length=500, blank=True)
    note = models.TextField(blank=True)
    published = models.BooleanField(default=False)
    statements = models.ManyToManyField(Statement, through="Evidence", related_name="stances")

    objects = StanceQuerySet.as_manager()

    class Meta:
        ordering = ["actor__name", "target", "period"]
        permissions = [("publish_stance", "Can publish and withdraw stances")]
        constraints = [
            models.CheckConstraint(
                condition=Q(position__in=Position.values), name="stance_takes_one_of_five_positions"
            ),
            models.CheckConstraint(
                condition=Q(condition="") | Q(position__in=CONDITIONAL),
                name="only_conditional_stances_have_conditions",
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__startswith__isnull=False),
                name="stance_has_a_first_day",
            ),
            ExclusionConstraint(
                name="one_published_stance_at_a_time",
                expressions=[
                    ("actor", RangeOperators.EQUAL),
                    ("target", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(published=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["target", "actor"],
                include=["period", "position"],
                condition=Q(published=True),
                name="stance_of_a_cell",
            ),
            models.Index(
                fields=["target", "actor"],
                include=["position"],
                condition=Q(published=True, period__endswith__isnull=True),
                name="stance_running",
            ),
        ]
        triggers = [*raise_revision(ignoring="NOT r.published"), evidence_rule.ON_STANCE, *worth.on_stance()]

    def __str__(self) -> str:
        return f"{self.actor} {self.get_position_display()}: {self.target}"

    def get_absolute_url(self) -> str:
        return reverse("dashboard:position", args=[self.actor.slug, self.target.slug])


@pghistory.track()
class Evidence(models.Model):
    """A statement on which a stance rests."""

    stance = models.ForeignKey(Stance, on_delete=models.CASCADE, related_name="evidence")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="evidence")

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint("stance", "statement", name="statement_proves_a_stance_once")]
        triggers = [
            *raise_revision(),
            evidence_rule.ON_EVIDENCE,
            # Waits for whoever is about to un-accept the statement; see `evidence_rule`.
            pgtrigger.Trigger(
                name="hold_statement",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=("PERFORM 1 FROM stances_statement WHERE id = NEW.statement_id FOR SHARE; RETURN NEW;"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stance} ← {self.statement_id}"
