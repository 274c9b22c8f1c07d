from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from peacetracker.accounts.roles import DECIDE, PUBLISH
from peacetracker.database.admin import LoadedAutocomplete, RecordAdmin, RecordInline, in_words
from peacetracker.database.exchange import ExchangeAdmin
from peacetracker.database.refusals import Refused
from peacetracker.stances import services
from peacetracker.stances.forms import StatementForm
from peacetracker.stances.models import Evidence, Stance, Statement
from peacetracker.stances.recording import record_view
from peacetracker.stances.resources import StanceResource
from peacetracker.stances.timeline import timeline_view

AROUND = 500  # characters shown before and after a quote


class StateFilter(admin.SimpleListFilter):
    """Candidates unless another state is asked for: they are what waits for an editor."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Statement.State.choices, ("all", "all")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value() or Statement.State.CANDIDATE
        for value, title in self.lookup_choices:
            yield {
                "selected": value == chosen,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        chosen = self.value() or Statement.State.CANDIDATE
        return queryset if chosen == "all" else queryset.filter(state=chosen)


class YesFilter(admin.SimpleListFilter):
    """Rows for which a condition holds, where asked for."""

    condition: models.Q

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(self.condition) if self.value() == "yes" else queryset


class FlaggedFilter(YesFilter):
    title = "has warnings"
    parameter_name = "flagged"
    condition = ~models.Q(warnings=[])


class UnusedFilter(YesFilter):
    title = "proves no stance"
    parameter_name = "unused"
    condition = models.Q(evidence=None)


class ExtractorFilter(admin.AllValuesFieldListFilter):
    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "made by an editor"}


class RejectForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}),
        help_text="Colleagues read it in the history: misread, not about this target, hearsay …",
    )


class StatementPicker(AutocompleteJsonView):
    """Statements to choose among: several of one actor on one target differ in their words and days alone."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        words = Truncator(obj.quote).chars(120)
        return {
            "id": str(getattr(obj, to_field_name)),
            "text": f"{obj} · {obj.said_on} · “{words}” ({obj.state})",
        }


class StatementAutocomplete(LoadedAutocomplete):
    url_name = "%s:stances_statement_pick"


@admin.register(Statement)
class StatementAdmin(RecordAdmin):
    form = StatementForm
    list_display = [
        "who",
        "position",
        "what",
        "said_on",
        "excerpt",
        "article_title",
        "confidence",
        "doubts",
        "state",
    ]
    list_filter = [
        ("former_text", admin.EmptyFieldListFilter),
        StateFilter, FlaggedFilter, UnusedFilter, "kind",
        "position", "direct", "target__kind", "credibility", ("extractor", ExtractorFilter), "article__source",
        ("actor", admin.EmptyFieldListFilter), ("target", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["actor", "target", "article"]
    search_fields = [
        "quote", "actor__name", "actor__slug", "actor_name", "target__name", "target__slug", "target_name",
        "speaker__name", "article__title",
    ]  # fmt: skip
    ordering = ["-added_at", "-id"]
    date_hierarchy = "said_on"
    autocomplete_fields = ["article", "actor", "speaker", "target"]
    readonly_fields = ["passage", "because", "doubts", "decision", "machine", "stance_links"]
    actions = ["accept", "reject"]
    change_form_template = "admin/stances/statement/change_form.html"
    fieldsets = [
        (None, {"fields": ["article", "passage", "because", "doubts", "decision", "stance_links"]}),
        ("Who", {"fields": ["actor", "actor_name", "speaker", "speaker_name", "role"]}),
        ("Says what", {"fields": ["kind", "target", "target_name", "position", "condition", "said_on"]}),
        ("In which words", {"fields": ["quote", "direct", "start", "end"]}),
        ("How far to trust it", {"fields": ["credibility", "machine"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Statement]:
        statements = super().get_queryset(request)
        match = request.resolver_match
        if match and match.url_name == "stances_statement_changelist":
            return statements.defer("article__text", "article__search")
        if match and match.url_name == "stances_statement_pick":
            return statements.select_related("actor", "target")
        return statements.select_related("actor", "target", "speaker", "article", "decided_by").defer("article__search")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has been decided is corrected by those who decide."""
        open_to_all = obj is None or obj.state == Statement.State.CANDIDATE
        return super().has_change_permission(request, obj) and (open_to_all or self.has_decide_permission(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.readonly_fields if obj is None else [*self.readonly_fields, "article"]

    # -- Lists

    @admin.display(description="actor", ordering="actor__name")
    def who(self, statement: Statement) -> str:
        return str(statement.actor or f"? {statement.actor_name}")

    @admin.display(description="target", ordering="target__name")
    def what(self, statement: Statement) -> str:
        return str(statement.target or f"? {statement.target_name}")

    @admin.display(description="quote")
    def excerpt(self, statement: Statement) -> str:
        return Truncator(statement.quote).chars(140)

    @admin.display(description="article", ordering="article__title")
    def article_title(self, statement: Statement) -> str:
        return Truncator(str(statement.article)).chars(60)

    # -- One statement

    @admin.display(description="in its place")
    def passage(self, statement: Statement) -> SafeString | str:
        if not statement.pk:
            return "–"
        # In a form that came back with errors the span may be what was typed: nothing, or beyond the text.
        text, start, end = statement.text, statement.start or 0, statement.end or 0
        return format_html(
            '<blockquote class="passage">{}{}<mark>{}</mark>{}{}</blockquote>',
            "…" if start > AROUND else "",
            text[max(0, start - AROUND) : start],
            text[start:end],
            text[end : end + AROUND],
            "…" if end + AROUND < len(text) else "",
        )

    @admin.display(description="cues")
    def because(self, statement: Statement) -> SafeString | str:
        return format_html_join("", "<p>{}</p>", ((cue,) for cue in statement.cues)) or "none"

    @admin.display(description="warnings")
    def doubts(self, statement: Statement) -> SafeString | str:
        warnings = [*statement.warnings, *statement.lost()]
        return format_html_join("", '<p class="doubt">⚠ {}</p>', ((w,) for w in warnings)) or "none"

    @admin.display(description="decision")
    def decision(self, statement: Statement) -> str:
        words = statement.get_state_display()
        if statement.decided_at:
            words += f" on {statement.decided_at:%-d %b %Y %H:%M}"
        if statement.decided_by:
            words += f" by {statement.decided_by}"
        return f"{words}: {statement.rejection_reason}" if statement.rejection_reason else words

    @admin.display(description="machine")
    def machine(self, statement: Statement) -> str:
        if not statement.extractor:
            return "made by an editor"
        sure = "" if statement.confidence is None else f", confidence {statement.confidence:.2f}"
        return f"{statement.extractor} {statement.extractor_version}{sure}"

    @admin.display(description="evidence for")
    def stance_links(self, statement: Statement) -> SafeString | str:
        if not statement.pk:
            return "–"
        rows = (
            (reverse("admin:stances_stance_change", args=[stance.pk]), stance, in_words(stance.period))
            for stance in statement.stances.for_display()
        )
        return format_html_join("", '<p><a href="{}">{}, {}</a></p>', rows) or "no stance yet"

    def view_on_site(self, statement: Statement) -> str | None:
        """The readers' page of the position that the statement is about."""
        if statement.actor and statement.target:
            return reverse("dashboard:position", args=[statement.actor.slug, statement.target.slug])
        return None

    # -- Decisions

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # A refusal makes the whole page's save undone and becomes an error of the form.
        if "_accept" in request.POST:
            services.accept(form.instance, by=request.user)  # type: ignore[arg-type]
        elif "_reopen" in request.POST:
            services.reopen(form.instance, by=request.user)  # type: ignore[arg-type]

    def response_change(self, request: HttpRequest, obj: Statement) -> HttpResponse:
        return self._to_record(request, obj) or super().response_change(request, obj)

    def response_add(self, request: HttpRequest, obj: Statement, post_url_continue: Any = None) -> HttpResponse:
        return self._to_record(request, obj) or super().response_add(request, obj, post_url_continue)

    def _to_record(self, request: HttpRequest, statement: Statement) -> HttpResponse | None:
        if "_record" not in request.POST:
            return None
        return HttpResponseRedirect(
            reverse("admin:stances_stance_record") + "?" + urlencode({"statement": statement.pk})
        )

    @admin.action(description="Accept", permissions=["decide"])
    def accept(self, request: HttpRequest, statements: models.QuerySet[Statement]) -> None:
        _each(self, request, statements, "accepted", lambda s: services.accept(s, by=request.user))  # type: ignore[arg-type]

    @admin.action(description="Reject, with a reason", permissions=["decide"])
    def reject(self, request: HttpRequest, statements: models.QuerySet[Statement]) -> HttpResponse | None:
        form = RejectForm(request.POST if "post" in request.POST else None)
        if not form.is_valid():
            return self._reject_page(request, form, list(statements))
        reason = form.cleaned_data["reason"]
        _each(self, request, statements, "rejected", lambda s: services.reject(s, reason, by=request.user))  # type: ignore[arg-type]
        return None

    def reject_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The page that asks for the reason, for one statement; it posts to the action."""
        statement = self.get_queryset(request).filter(pk=object_id).first()
        if not self.has_decide_permission(request):
            raise PermissionDenied
        if statement is None:
            raise Http404("There is no such statement.")
        return self._reject_page(request, RejectForm(), [statement])

    def _reject_page(self, request: HttpRequest, form: RejectForm, statements: list[Statement]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Reject",
            "form": form,
            "statements": statements,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "address": reverse("admin:stances_statement_changelist") + "?state=all",
            "media": self.media,
        }
        return TemplateResponse(request, "admin/stances/reject.html", context)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("pick/", view(self.pick_view), name="stances_statement_pick"),
            path("<int:object_id>/reject/", view(self.reject_view), name="stances_statement_reject"),
            *super().get_urls(),
        ]

    def pick_view(self, request: HttpRequest) -> HttpResponseBase:
        return StatementPicker.as_view(admin_site=self.admin_site)(request)


def _each(
    model_admin: RecordAdmin,
    request: HttpRequest,
    rows: models.QuerySet,
    done: str,
    command: Callable[[Any], None],
) -> None:
    """Run a command on each row, in a transaction of its own, and tell what came of it."""
    number = 0
    for row in rows:
        try:
            command(row)
            number += 1
        except Refused as refusal:
            model_admin.message_user(request, f"{row}: {refusal}", messages.ERROR)
    if number:
        model_admin.message_user(request, f"{number} {done}.", messages.SUCCESS)


class RunningFilter(admin.SimpleListFilter):
    title = "period"
    parameter_name = "runs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "still held"), ("no", "ended")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(period__upper_inf=self.value() == "yes") if self.value() else queryset


class EvidenceInline(RecordInline):
    model = Evidence
    fields = ["statement", "quote", "said_on", "state"]
    readonly_fields = ["quote", "said_on", "state"]
    autocomplete_fields = ["statement"]
    extra = 1

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Evidence]:
        return super().get_queryset(request).select_related("statement__actor", "statement__target")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "statement":
            kwargs["widget"] = StatementAutocomplete(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="quote")
    def quote(self, evidence: Evidence) -> SafeString | str:
        if not evidence.pk:
            return ""
        address = reverse("admin:stances_statement_change", args=[evidence.statement_id])
        return format_html('<a href="{}">“{}”</a>', address, evidence.statement.quote)

    @admin.display(description="said on")
    def said_on(self, evidence: Evidence) -> Any:
        return evidence.statement.said_on if evidence.pk else ""

    @admin.display(description="state")
    def state(self, evidence: Evidence) -> str:
        return evidence.statement.get_state_display() if evidence.pk else ""


@admin.register(Stance)
class StanceAdmin(ExchangeAdmin, RecordAdmin):
    resource_classes = [StanceResource]
    list_display = ["actor", "position", "target", "days", "condition", "evidence_count", "published"]
    list_filter = ["published", RunningFilter, "position", "target__kind", "target__process", "actor__kind"]
    list_select_related = ["actor", "target"]
    search_fields = ["actor__name", "actor__slug", "target__name", "target__slug", "condition", "note"]
    autocomplete_fields = ["actor", "target"]
    fields = ["actor", "target", "period", "position", "condition", "note", "published"]
    inlines = [EvidenceInline]
    actions = ["publish", "withdraw"]
    change_list_template = "admin/stances/stance/change_list.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Stance]:
        stances = super().get_queryset(request).select_related("actor", "target")
        return stances.annotate(number_of_evidence=Count("evidence"))

    # What readers see is the chief editors' to change; a draft is any editor's.

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PUBLISH)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or not obj.published
        return super().has_change_permission(request, obj) and (draft or self.has_publish_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or not obj.published
        return super().has_delete_permission(request, obj) and (draft or self.has_publish_permission(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "published" in form.base_fields and not self.has_publish_permission(request):
            # Not read-only: the form would leave it out, and the constraint on published stances needs it.
            form.base_fields["published"].disabled = True
            form.base_fields["published"].help_text = "A chief editor publishes it."
        return form

    @admin.display(description="period", ordering="period")
    def days(self, stance: Stance) -> str:
        return in_words(stance.period)

    @admin.display(description="evidence", ordering="number_of_evidence")
    def evidence_count(self, stance: Any) -> int:
        return stance.number_of_evidence

    @admin.action(description="Publish", permissions=["publish"])
    def publish(self, request: HttpRequest, stances: models.QuerySet[Stance]) -> None:
        _each(self, request, stances, "published", lambda s: services.publish(s, by=request.user))  # type: ignore[arg-type]

    @admin.action(description="Withdraw (back to a draft)", permissions=["publish"])
    def withdraw(self, request: HttpRequest, stances: models.QuerySet[Stance]) -> None:
        _each(self, request, stances, "withdrawn", lambda s: services.withdraw(s, by=request.user))  # type: ignore[arg-type]

    def record_view(self, request: HttpRequest) -> HttpResponse:
        return record_view(self, request)

    def timeline_view(self, request: HttpRequest) -> HttpResponse:
        return timeline_view(self, request)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("record/", view(self.record_view), name="stances_stance_record"),
            path("timeline/", view(self.timeline_view), name="stances_stance_timeline"),
            *super().get_urls(),
        ]
