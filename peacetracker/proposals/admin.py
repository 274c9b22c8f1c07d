from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import path

from peacetracker.database.admin import ReadOnly, RecordAdmin, RecordForm, RecordInline, in_words
from peacetracker.database.exchange import ExchangeAdmin
from peacetracker.proposals.models import (
    Citation,
    Correspondence,
    Issue,
    Party,
    Process,
    Proposal,
    ProposalRelation,
    Provision,
    ProvisionIssue,
    Sponsorship,
    Target,
)
from peacetracker.proposals.resources import ProposalResource
from peacetracker.proposals.workbench import link_view, split_view


class PartyInline(RecordInline):
    model = Party
    fields = ["actor", "role", "period"]
    autocomplete_fields = ["actor"]


class SponsorshipInline(RecordInline):
    model = Sponsorship
    autocomplete_fields = ["actor"]
    verbose_name = "sponsor"


class RelationInline(RecordInline):
    model = ProposalRelation
    fk_name = "proposal"
    fields = ["kind", "earlier"]
    autocomplete_fields = ["earlier"]
    verbose_name = "relation to an earlier proposal"
    verbose_name_plural = "relations to earlier proposals"


class CitationInline(RecordInline):
    model = Citation
    fields = ["publisher", "title", "url", "published_on"]


class IssueInline(RecordInline):
    model = ProvisionIssue
    fk_name = "provision"
    fields = ["issue"]
    autocomplete_fields = ["issue"]
    verbose_name = "issue"


class ProvisionInlineForm(RecordForm):
    """A provision among those of its proposal: of its process, with a slug made of both if none is given."""

    slug = forms.SlugField(max_length=120, required=False, help_text="Empty: the proposal's slug and the number.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        proposal = self.instance.proposal
        if proposal is not None and proposal.process_id:
            self.instance.process_id = proposal.process_id
        if not data.get("slug") and proposal is not None and data.get("number"):
            data["slug"] = f"{proposal.slug}-{data['number']}"
        return data


class ProvisionInline(RecordInline):
    model = Provision
    form = ProvisionInlineForm
    fk_name = "proposal"
    fields = ["number", "name", "slug"]
    ordering = ["number"]
    show_change_link = True


class TargetForm(RecordForm):
    """The columns that a kind of target needs are required from the form on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"tabled_on", "status", "proposal", "number"} & set(self.fields):
            self.fields[name].required = True


class TargetBaseAdmin(RecordAdmin):
    """What the admins of the three kinds share. Kind and process of a target never change."""

    form = TargetForm
    search_fields = ["name", "slug", "terms"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["process"]
    change_form_template = "admin/with_new_position.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["process"]


@admin.register(Target)
class TargetAdmin(ReadOnly, TargetBaseAdmin):
    """Serves autocompletes, which look among all kinds; each kind has an admin of its own."""

    search_fields = ["name", "slug", "terms", "proposal__name"]
    ordering = ["kind", "-tabled_on", "proposal_id", "number", "name"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Target]:
        return super().get_queryset(request).select_related("proposal")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Process)
class ProcessAdmin(RecordAdmin):
    list_display = ["name", "started_on", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [PartyInline]


@admin.register(Party)
class PartyAdmin(RecordAdmin):
    list_display = ["actor", "role", "process", "days"]
    list_filter = ["process", "role"]
    list_select_related = ["actor", "process"]
    search_fields = ["actor__name", "actor__aliases__text", "process__name"]
    autocomplete_fields = ["actor", "process"]

    @admin.display(description="period", ordering="period")
    def days(self, party: Party) -> str:
        return in_words(party.period)


@admin.register(Proposal)
class ProposalAdmin(ExchangeAdmin, TargetBaseAdmin):
    resource_classes = [ProposalResource]
    list_display = ["name", "tabled_on", "status", "sponsored_by", "provision_count", "process"]
    list_filter = ["process", "status", "is_resolution"]
    list_select_related = ["process"]
    date_hierarchy = "tabled_on"
    fields = ["process", "name", "slug", "tabled_on", "status", "is_resolution", "summary", "terms"]
    inlines = [SponsorshipInline, RelationInline, ProvisionInline, CitationInline]

    def split_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return split_view(self, request, pk)

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return link_view(self, request, pk)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/split/", view(self.split_view), name="proposals_proposal_split"),
            path("<int:pk>/link/", view(self.link_view), name="proposals_proposal_link"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Proposal]:
        counted = super().get_queryset(request).annotate(number_of_provisions=Count("provisions"))
        return counted.prefetch_related("sponsors")

    @admin.display(description="sponsors")
    def sponsored_by(self, proposal: Proposal) -> str:
        return ", ".join(actor.name for actor in proposal.sponsors.all())

    @admin.display(description="provisions", ordering="number_of_provisions")
    def provision_count(self, proposal: Any) -> int:
        return proposal.number_of_provisions


@admin.register(Provision)
class ProvisionAdmin(TargetBaseAdmin):
    list_display = ["number", "name", "proposal", "about"]
    list_display_links = ["number", "name"]
    list_filter = ["process", "proposal"]
    list_select_related = ["proposal", "process"]
    search_fields = ["name", "slug", "proposal__name", "terms"]
    fields = ["process", "proposal", "number", "name", "slug", "summary", "terms"]
    autocomplete_fields = ["process", "proposal"]
    inlines = [IssueInline, CitationInline]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Provision]:
        return super().get_queryset(request).prefetch_related("issues")

    @admin.display(description="issues")
    def about(self, provision: Provision) -> str:
        return ", ".join(issue.name for issue in provision.issues.all())


@admin.register(Issue)
class IssueAdmin(TargetBaseAdmin):
    list_display = ["name", "pax_category", "provision_count", "process"]
    list_filter = ["process"]
    list_select_related = ["process"]
    fields = ["process", "name", "slug", "summary", "terms", "pax_category"]
    inlines = [CitationInline]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Issue]:
        return super().get_queryset(request).annotate(number_of_provisions=Count("settled_by"))

    @admin.display(description="provisions", ordering="number_of_provisions")
    def provision_count(self, issue: Any) -> int:
        return issue.number_of_provisions


class CorrespondenceForm(RecordForm):
    def clean(self) -> dict[str, Any]:
        """The record keeps the smaller id first; an editor need not know."""
        data = super().clean() or self.cleaned_data
        one, other = data.get("one"), data.get("other")
        if one and other and one.pk > other.pk:
            data["one"], data["other"] = other, one
        return data


@admin.register(Correspondence)
class CorrespondenceAdmin(RecordAdmin):
    form = CorrespondenceForm
    list_display = ["one", "one_proposal", "other", "other_proposal"]
    list_select_related = ["one__proposal", "other__proposal"]
    search_fields = ["one__name", "other__name", "one__proposal__name", "other__proposal__name"]
    autocomplete_fields = ["one", "other"]

    @admin.display(description="of", ordering="one__proposal__name")
    def one_proposal(self, correspondence: Correspondence) -> str:
        return str(correspondence.one.proposal)

    @admin.display(description="of", ordering="other__proposal__name")
    def other_proposal(self, correspondence: Correspondence) -> str:
        return str(correspondence.other.proposal)


@admin.register(Citation)
class CitationAdmin(RecordAdmin):
    list_display = ["publisher", "title", "published_on", "target"]
    list_filter = ["publisher"]
    list_select_related = ["target"]
    search_fields = ["url", "title", "publisher", "target__name"]
    autocomplete_fields = ["target"]
    date_hierarchy = "published_on"
