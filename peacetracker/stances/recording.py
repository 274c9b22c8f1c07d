"""The admin's page on which an editor records a new position of an actor on a target."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from peacetracker.accounts.roles import DECIDE, PUBLISH
from peacetracker.actors.models import Actor
from peacetracker.database.refusals import MESSAGES, Refused
from peacetracker.proposals.models import Target
from peacetracker.stances import services
from peacetracker.stances.forms import RecordPositionForm
from peacetracker.stances.models import Stance, Statement
from peacetracker.stances.outlook import outlook

RIGHTS = ["stances.add_stance", "stances.change_stance"]


class CellForm(forms.Form):
    """Whose position on what."""

    actor = forms.ModelChoiceField(Actor.objects.all())
    target = forms.ModelChoiceField(Target.objects.select_related("proposal"))

    def __init__(self, *args: Any, admin: ModelAdmin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget = AutocompleteSelect(Stance._meta.get_field(name), admin.admin_site)
            field.widget.choices = field.choices  # type: ignore[attr-defined]
            field.widget.is_required = True


def record_view(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Choose actor and target, then day, position and evidence; `?statement=` fills all of it in."""
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
    statement = _statement(request)
    if statement is not None and not (statement.actor_id and statement.target_id and statement.said_on):
        messages.error(request, MESSAGES["accepted_statement_has_actor_target_and_date"])
        return HttpResponseRedirect(reverse("admin:stances_statement_change", args=[statement.pk]))
    if statement is not None:
        return _record(admin, request, statement.actor, statement.target, statement)  # type: ignore[arg-type]
    cell = CellForm(request.GET if {"actor", "target"} <= set(request.GET) else None, admin=admin)
    if cell.is_valid():
        return _record(admin, request, cell.cleaned_data["actor"], cell.cleaned_data["target"], None)
    if not cell.is_bound:
        cell.initial = {name: request.GET.get(name) for name in cell.fields if request.GET.get(name, "").isdigit()}
    return _page(admin, request, form=cell, choosing=True, media=admin.media + cell.media)


def _statement(request: HttpRequest) -> Statement | None:
    pk = request.GET.get("statement", "")
    if not pk:
        return None
    statement = Statement.objects.for_display().filter(pk=pk).first() if pk.isdigit() else None
    if statement is None:
        raise Http404("There is no such statement.")
    return statement


def _record(
    admin: ModelAdmin, request: HttpRequest, actor: Actor, target: Target, statement: Statement | None
) -> HttpResponse:
    initial: dict[str, Any] = {}
    if statement is not None:
        initial = {
            "from_day": statement.said_on,
            "position": statement.position,
            "condition": statement.condition,
            "evidence": [statement.pk],
        }
    posted = request.POST if request.method == "POST" else None
    form = RecordPositionForm(posted, actor=actor, target=target, initial=initial)
    if posted is not None and "_preview" not in posted and form.is_valid():
        stance = _try(request, form, actor, target)
        if stance is not None:
            admin.log_addition(request, stance, [{"added": {}}])
            draft = "" if stance.published else " It is a draft: a chief editor publishes it."
            messages.success(request, f"Recorded: {stance} since {stance.period.lower:%-d %b %Y}.{draft}")
            return HttpResponseRedirect(reverse("admin:stances_stance_change", args=[stance.pk]))
    return _cell_page(admin, request, form, actor, target)


def _try(request: HttpRequest, form: RecordPositionForm, actor: Actor, target: Target) -> Stance | None:
    data = form.cleaned_data
    candidates = any(statement.state == Statement.State.CANDIDATE for statement in data["evidence"])
    if candidates and not request.user.has_perm(DECIDE):
        raise PermissionDenied
    try:
        return services.accept_and_record(
            actor,
            target,
            data["from_day"],
            data["position"],
            evidence=data["evidence"],
            by=request.user,  # type: ignore[arg-type]
            condition=data["condition"],
            note=data["note"],
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None


def _cell_page(
    admin: ModelAdmin, request: HttpRequest, form: RecordPositionForm, actor: Actor, target: Target
) -> HttpResponse:
    cell = list(Stance.objects.filter(actor=actor, target=target).order_by("period"))
    for stance in cell:
        stance.actor, stance.target = actor, target  # what str() shows is at hand already
    day = form.chosen_day()
    if form.is_bound and "_preview" in form.data:
        form.errors.clear()
    return _page(
        admin,
        request,
        form=form,
        actor=actor,
        target=target,
        stances=cell,
        outlook=outlook(cell, day) if day else None,
        publishes=request.user.has_perm(PUBLISH),
        media=admin.media + form.media + AdminDateWidget().media,
    )


def _page(admin: ModelAdmin, request: HttpRequest, **context: Any) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Record new position",
        **context,
    }
    return TemplateResponse(request, "admin/stances/record_position.html", context)
