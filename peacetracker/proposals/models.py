"""What positions are about: proposals, their provisions, and the issues that provisions settle.

One table holds all three, so that a position points to one column and the matrix is one query whatever
stands in its columns; proxies give each kind its manager and pages.
"""

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from peacetracker.actors.models import Actor
from peacetracker.database.fields import PeriodField
from peacetracker.database.search import Unaccent
from peacetracker.database.triggers import raise_revision, refuse
from peacetracker.proposals.querysets import IssueManager, ProposalManager, ProvisionManager, TargetQuerySet


@pghistory.track()
class Process(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    started_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "processes"
        ordering = ["name"]
        triggers = raise_revision()

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Party(models.Model):
    """An actor's role in a process."""

    class Role(models.TextChoices):
        BELLIGERENT = "belligerent", _("belligerent")
        MEDIATOR = "mediator", _("mediator")
        GUARANTOR = "guarantor", _("guarantor")
        SUPPORTER = "supporter", _("supporter")
        OBSERVER = "observer", _("observer")

    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="parties")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="parties")
    role = models.CharField(max_length=20, choices=Role)
    period = PeriodField()

    class Meta:
        verbose_name_plural = "parties"
        ordering = ["role", "actor__name"]
        constraints = [
            models.CheckConstraint(condition=Q(period__isempty=False), name="party_lasts_a_day"),
            ExclusionConstraint(
                name="same_party_role_never_overlaps",
                expressions=[
                    ("process", RangeOperators.EQUAL),
                    ("actor", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = raise_revision()

    def __str__(self) -> str:
        return f"{self.actor}, {self.role}"


def _is_not(kind: str, column: str) -> str:
    """SQL: the target that NEW.`column` names is not of `kind`."""
    return f"(SELECT kind FROM proposals_target WHERE id = NEW.{column}) <> '{kind}'"


@pghistory.track()
class Target(models.Model):
    class Kind(models.TextChoices):
        PROPOSAL = "proposal", _("proposal")
        PROVISION = "provision", _("provision")
        ISSUE = "issue", _("issue")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        TABLED = "tabled", _("tabled")
        IN_TALKS = "in_talks", _("in talks")
        AGREED = "agreed", _("agreed")
        REJECTED = "rejected", _("rejected")
        SUPERSEDED = "superseded", _("superseded")
        LAPSED = "lapsed", _("lapsed")

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="targets")
    kind = models.CharField(max_length=20, choices=Kind, editable=False)
    slug = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=300)
    summary = models.TextField(blank=True, help_text="In our own words.")
    terms = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="How the news speaks of it, separated by commas.",
    )
    # Proposals
    tabled_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status, blank=True)
    is_resolution = models.BooleanField(
        "resolution", default=False, help_text="A text that states vote on, such as one of the UN General Assembly."
    )
    sponsors = models.ManyToManyField(Actor, through="Sponsorship", related_name="sponsored")
    # Provisions
    proposal = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="provisions")
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    issues = models.ManyToManyField(
        "self",
        through="ProvisionIssue",
        through_fields=("provision", "issue"),
        symmetrical=False,
        related_name="settled_by",
    )
    # Issues
    pax_category = models.CharField("PA-X category", max_length=60, blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "tabled_on", "proposal_id", "number", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="target_has_a_name"),
            models.CheckConstraint(
                condition=Q(kind__in=["proposal", "provision", "issue"]), name="target_is_of_a_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind="proposal", status__gt="", tabled_on__isnull=False)
                | (~Q(kind="proposal") & Q(status="", tabled_on__isnull=True)),
                name="a_proposal_and_no_other_has_status_and_date",
            ),
            models.CheckConstraint(
                condition=Q(kind="provision", proposal__isnull=False, number__isnull=False, number__gte=1)
                | (~Q(kind="provision") & Q(proposal__isnull=True, number__isnull=True)),
                name="a_provision_and_no_other_has_proposal_and_number",
            ),
            models.CheckConstraint(
                condition=Q(kind="issue") | Q(pax_category=""), name="only_an_issue_has_a_pax_category"
            ),
            models.CheckConstraint(
                condition=Q(kind="proposal") | Q(is_resolution=False), name="only_a_proposal_is_a_resolution"
            ),
            models.UniqueConstraint("proposal", "number", name="number_names_one_provision"),
        ]
        indexes = [GinIndex(OpClass(Unaccent(Lower("name")), "gin_trgm_ops"), name="target_name_trigrams")]
        triggers = [
            *raise_revision(),
            refuse(
                f"NEW.kind = 'provision' AND ({_is_not('proposal', 'proposal_id')} OR "
                "(SELECT process_id FROM proposals_target WHERE id = NEW.proposal_id) <> NEW.process_id)",
                "provision_belongs_to_a_proposal_of_its_process",
                "A provision belongs to a proposal of the same process.",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("proposal_id", "process_id", "kind"),
            ),
            refuse(
                "NEW.kind <> OLD.kind",
                "kind_of_a_target_never_changes",
                "The kind of a target never changes: make a new one.",
                operation=pgtrigger.UpdateOf("kind"),
            ),
            refuse(
                "NEW.process_id <> OLD.process_id",
                "process_of_a_target_never_changes",
                "The process of a target never changes: make a new one.",
                operation=pgtrigger.UpdateOf("process_id"),
            ),
            refuse(
                "NEW.proposal_id <> OLD.proposal_id",
                "proposal_of_a_provision_never_changes",
                "A provision stays with its proposal: make a new one.",
                operation=pgtrigger.UpdateOf("proposal_id"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.proposal is not None:
            return reverse("dashboard:provision", args=[self.proposal.slug, self.number])
        return reverse(f"dashboard:{self.kind}", args=[self.slug])

    @property
    def short_name(self) -> str:
        return f"{self.number}. {self.name}" if self.kind == self.Kind.PROVISION else self.name

    @property
    def long_name(self) -> str:
        """Its name out of context: a provision with its proposal."""
        return f"{self.short_name} ({self.proposal})" if self.proposal is not None else self.name


class OfOneKind(models.Model):
    """A proxy whose new rows are of its kind from the start, so that forms validate them as such."""

    own_kind: str

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **fields: Any) -> None:
        if not args:
            fields.setdefault("kind", self.own_kind)
        super().__init__(*args, **fields)


class Proposal(OfOneKind, Target):
    own_kind = Target.Kind.PROPOSAL
    objects = ProposalManager()  # type: ignore[misc, assignment]

    class Meta:
        proxy = True
        ordering = ["-tabled_on", "name"]


class Provision(OfOneKind, Target):
    own_kind = Target.Kind.PROVISION
    objects = ProvisionManager()  # type: ignore[misc, assignment]

    class Meta:
        proxy = True
        ordering = ["proposal_id", "number"]


class Issue(OfOneKind, Target):
    own_kind = Target.Kind.ISSUE
    objects = IssueManager()  # type: ignore[misc, assignment]

    class Meta:
        proxy = True
        ordering = ["name"]


@pghistory.track()
class Sponsorship(models.Model):
    """Who put a proposal on the table."""

    proposal = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="sponsorships")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="sponsorships")

    class Meta:
        constraints = [models.UniqueConstraint("proposal", "actor", name="actor_sponsors_a_proposal_once")]
        triggers = [
            *raise_revision(),
            refuse(
                _is_not("proposal", "proposal_id"),
                "only_proposals_have_sponsors",
                "Only proposals have sponsors.",
                operation=pgtrigger.Insert | pgtrigger.Update,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} → {self.proposal}"


@pghistory.track()
class ProvisionIssue(models.Model):
    """What a provision is about."""

    provision = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="provision_issues")
    issue = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="issue_provisions")

    class Meta:
        verbose_name = "issue of a provision"
        verbose_name_plural = "issues of provisions"
        constraints = [models.UniqueConstraint("provision", "issue", name="provision_has_an_issue_once")]
        triggers = [
            *raise_revision(),
            refuse(
                f"{_is_not('provision', 'provision_id')} OR {_is_not('issue', 'issue_id')}",
                "provisions_are_about_issues",
                "A provision is about an issue, not about another kind of target.",
                operation=pgtrigger.Insert | pgtrigger.Update,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provision}: {self.issue}"


@pghistory.track()
class ProposalRelation(models.Model):
    """How a proposal answers an earlier one."""

    class Kind(models.TextChoices):
        REVISES = "revises", _("revises")
        COUNTERS = "counters", _("counters")
        SUPERSEDES = "supersedes", _("supersedes")

    proposal = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="relations")
    kind = models.CharField(max_length=20, choices=Kind)
    earlier = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="later_relations")

    class Meta:
        constraints = [
            models.UniqueConstraint("proposal", "kind", "earlier", name="proposal_relation_stands_once"),
            models.CheckConstraint(condition=~Q(proposal=F("earlier")), name="no_proposal_answers_itself"),
        ]
        triggers = [
            *raise_revision(),
            refuse(
                f"{_is_not('proposal', 'proposal_id')} OR {_is_not('proposal', 'earlier_id')}",
                "relations_join_proposals",
                "Only proposals revise, counter or supersede one another.",
                operation=pgtrigger.Insert | pgtrigger.Update,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.kind} {self.earlier}"


@pghistory.track()
class Correspondence(models.Model):
    """Two provisions of different proposals about the same thing; the smaller id stands first."""

    one = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="correspondences")
    other = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="reverse_correspondences")

    class Meta:
        constraints = [
            models.UniqueConstraint("one", "other", name="correspondence_stands_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="correspondence_has_one_direction"),
        ]
        triggers = [
            *raise_revision(),
            refuse(
                f"{_is_not('provision', 'one_id')} OR {_is_not('provision', 'other_id')} OR "
                "(SELECT proposal_id FROM proposals_target WHERE id = NEW.one_id) = "
                "(SELECT proposal_id FROM proposals_target WHERE id = NEW.other_id)",
                "correspondence_joins_two_proposals",
                "A correspondence joins provisions of two different proposals.",
                operation=pgtrigger.Insert | pgtrigger.Update,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} ~ {self.other}"


@pghistory.track()
class Citation(models.Model):
    """A page that shows what the record says of a proposal or provision."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="citations")
    url = models.URLField(max_length=1000)
    publisher = models.CharField(max_length=200)
    title = models.CharField(max_length=500, blank=True)
    published_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["published_on", "publisher"]
        constraints = [models.UniqueConstraint("target", "url", name="target_cites_a_page_once")]
        triggers = raise_revision()

    def __str__(self) -> str:
        return f"{self.publisher}: {self.title or self.url}"
