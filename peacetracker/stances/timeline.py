"""The admin's page of one actor on one target: its stances as periods that can be edited together."""

from __future__ import annotations

from typing import Any

import pghistory
from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from peacetracker.accounts.roles import PUBLISH
from peacetracker.actors.models import Actor
from peacetracker.database.admin import PeriodFormField, PeriodWidget, RecordForm
from peacetracker.database.refusals import Refused, checked
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance

CHANGED_MEANWHILE = (
    "Somebody changed a stance of this timeline after you opened it. Nothing of yours was saved, and all you typed is "
    "still here: open the page in a second window, compare, and save again."
)


class PeriodForm(RecordForm):
    """One stance. Whether its period collides with another is for the database to say: they are saved together."""

    _validate_constraints = False
    period = PeriodFormField(widget=PeriodWidget(), required=False)

    class Meta:
        model = Stance
        fields = ["period", "position", "condition", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2, "cols": 40})}

    def __init__(self, *args: Any, publishes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.disabled = self.instance.published and not publishes
            field.widget.attrs["aria-label"] = f"{name} of the stance since {self.instance.period.lower}"

    def validate_constraints(self) -> None:
        """Left to the database."""


def timeline_view(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """All stances of an actor on a target, drafts among them, with their evidence; saved all or none."""
    if not request.user.has_perm("stances.view_stance"):
        raise PermissionDenied
    actor = get_object_or_404(Actor, pk=_key(request, "actor"))
    target = get_object_or_404(Target, pk=_key(request, "target"))
    cell = Stance.objects.filter(actor=actor, target=target).order_by("period")
    editable = request.user.has_perm("stances.change_stance")
    if request.method == "POST" and not editable:
        raise PermissionDenied
    rows = _rows(request, cell)
    problem = ""
    if request.method == "POST" and rows.is_valid():
        problem = _save(request, cell, rows)
        if not problem:
            messages.success(request, "The timeline was saved.")
            return HttpResponseRedirect(request.get_full_path())
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Timeline",
        "actor": actor,
        "target": target,
        "rows": rows,
        "bars": _bars(list(cell)),
        "problem": problem,
        "seen": _mark(actor.pk, target.pk),
        "editable": editable,
        "media": admin.media + rows.media,
    }
    return TemplateResponse(request, "admin/stances/timeline.html", context)


def _key(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isdigit() else None


def _rows(request: HttpRequest, cell: Any) -> Any:
    formset = forms.modelformset_factory(Stance, form=PeriodForm, extra=0)
    kept = cell.select_related("actor", "target").prefetch_related("statements__article__source")
    posted = request.POST if request.method == "POST" else None
    return formset(posted, queryset=kept, form_kwargs={"publishes": request.user.has_perm(PUBLISH)})


def _mark(actor: int, target: int) -> str:
    """Differs whenever a stance of the cell has changed since."""
    events = Stance.pgh_event_model.objects.filter(actor=actor, target=target)  # type: ignore[attr-defined]
    return str(events.aggregate(last=Max("pgh_id"))["last"] or 0)


def _save(request: HttpRequest, cell: Any, rows: Any) -> str:
    """Save what has changed; what the record says against it, or nothing."""
    changed = [form for form in rows.forms if form.has_changed()]
    reason = request.POST.get("_why", "").strip()[:300]
    try:
        with checked(), pghistory.context(**({"reason": reason} if reason else {})):
            stances = list(cell.select_for_update(of=("self",)))
            first = stances[0] if stances else None
            if first and request.POST.get("_seen") not in ("", None, _mark(first.actor_id, first.target_id)):
                raise Refused("somebody_else_changed_it", CHANGED_MEANWHILE)
            before = {stance.pk: stance.period for stance in stances}
            # What gets shorter goes first: two periods that touch could not move their border otherwise.
            for form in sorted(changed, key=lambda form: not _within(form.instance.period, before[form.instance.pk])):
                form.save()
    except Refused as refusal:
        return str(refusal)
    return ""


def _within(new: Any, old: Any) -> bool:
    begins = new.lower is not None and old.lower is not None and new.lower >= old.lower
    ends = old.upper is None or (new.upper is not None and new.upper <= old.upper)
    return begins and ends


def _bars(stances: list[Stance]) -> list[dict[str, Any]]:
    """Each stance as a bar: where it begins and how long it lasts, in thousandths of the whole time shown."""
    today = timezone.localdate()
    known = [stance for stance in stances if stance.period.lower]
    if not known:
        return []
    first = min(stance.period.lower for stance in known)
    last = max([today, *(stance.period.upper for stance in known if stance.period.upper)])
    days = max((last - first).days, 1)
    bars = []
    for stance in known:
        start = 1000 * (stance.period.lower - first).days // days
        end = 1000 * ((stance.period.upper or last) - first).days // days
        bars.append({"stance": stance, "x": start, "width": max(end - start, 4)})
    return bars
