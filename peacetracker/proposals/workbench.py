"""The admin's pages on which a proposal's text is split, and its provisions are linked to those of another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from peacetracker.database.refusals import Refused
from peacetracker.proposals.linking import link, pair_of, suggestions
from peacetracker.proposals.models import Issue, Proposal, Provision
from peacetracker.proposals.splitting import Point, make_provisions, split, suggest_issues

SPLIT, LINK = ["proposals.add_provision"], ["proposals.add_correspondence", "proposals.delete_correspondence"]


class PointForm(forms.Form):
    """One point on its way to being a provision."""

    keep = forms.BooleanField(required=False)
    number = forms.IntegerField(min_value=1, max_value=999)
    name = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"class": "vTextField"}))
    summary = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3, "cols": 60}))
    issues = forms.TypedMultipleChoiceField(required=False, coerce=int, widget=forms.SelectMultiple(attrs={"size": 5}))

    def __init__(self, *args: Any, issues: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["issues"].choices = issues  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{name} of row {self.prefix}"


class PointFormSet(forms.BaseFormSet):
    def clean(self) -> None:
        numbers = [form.cleaned_data.get("number") for form in self.forms if form.cleaned_data.get("keep")]
        twice = {str(number) for number in numbers if numbers.count(number) > 1}
        if twice:
            raise forms.ValidationError(f"Two points have the number {', '.join(sorted(twice))}.")


def split_view(admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Paste a text; see its points, with issues suggested; correct them; save them as provisions."""
    if not request.user.has_perms(SPLIT):
        raise PermissionDenied
    proposal = get_object_or_404(Proposal, pk=pk)
    text = request.POST.get("text", "")
    if "_save" in request.POST:
        rows = _point_rows(proposal, request.POST)
        if rows.is_valid() and (made := _save(request, proposal, rows)) is not None:
            messages.success(request, f"{made} provisions were added.")
            return HttpResponseRedirect(reverse("admin:proposals_proposal_change", args=[pk]))
        return _page(admin, request, "split", proposal, text=text, rows=rows)
    points = split(text)
    if not points:
        problem = "No numbered points were found. Give each its number at the start of a line: 1. 2. 3." if text else ""
        return _page(admin, request, "split", proposal, text=text, problem=problem)
    suggest_issues(points, Issue.objects.filter(process=proposal.process_id))
    return _page(admin, request, "split", proposal, text=text, rows=_point_rows(proposal, None, points))


def _point_rows(proposal: Any, data: QueryDict | None, points: list[Point] | None = None) -> Any:
    taken = set(Provision.objects.filter(proposal=proposal.pk).values_list("number", flat=True))
    formset = forms.formset_factory(PointForm, formset=PointFormSet, extra=0, max_num=300, absolute_max=300)
    initial = [
        {"keep": p.number not in taken, "number": p.number, "name": p.name, "summary": p.text, "issues": p.issues}
        for p in points or []
    ]
    issues = [(issue.pk, issue.name) for issue in Issue.objects.filter(process=proposal.process_id)]
    return formset(data, initial=initial, prefix="points", form_kwargs={"issues": issues})


def _save(request: HttpRequest, proposal: Any, rows: Any) -> int | None:
    kept = [row for row in rows.cleaned_data if row.get("keep")]
    try:
        return len(make_provisions(proposal, kept))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return None


def link_view(admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The provisions of two proposals side by side; ticked pairs correspond."""
    if not request.user.has_perms(LINK):
        raise PermissionDenied
    proposal = get_object_or_404(Proposal, pk=pk)
    others = Proposal.objects.filter(process=proposal.process_id).exclude(pk=pk)
    wanted = request.GET.get("with", "")
    other = others.filter(pk=wanted).first() if wanted.isdigit() else None
    if other is None:
        return _page(admin, request, "link", proposal, others=others)
    if request.method == "POST":
        return _link(request, proposal, other)
    left, right = (list(Provision.objects.filter(proposal=p.pk).prefetch_related("issues")) for p in (proposal, other))
    rows = suggestions(left, right)
    return _page(admin, request, "link", proposal, other=other, others=others, rows=rows, right=right)


def _link(request: HttpRequest, proposal: Any, other: Any) -> HttpResponse:
    allowed = {
        pair_of(one, two)
        for one in Provision.objects.filter(proposal=proposal.pk).values_list("pk", flat=True)
        for two in Provision.objects.filter(proposal=other.pk).values_list("pk", flat=True)
    }
    shown, chosen = (_pairs(request.POST.getlist(name)) for name in ("shown", "pair"))
    if not shown | chosen <= allowed:
        raise Http404("One of these provisions does not belong to the two proposals.")
    try:
        linked, unlinked = link(shown, chosen)
        messages.success(request, f"{linked} linked, {unlinked} unlinked.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(request.get_full_path())


def _pairs(values: list[str]) -> set[tuple[int, int]]:
    parts = [value.split("-") for value in values if value]
    if not all(len(part) == 2 and all(p.isdigit() for p in part) for part in parts):
        raise Http404("A pair is two numbers.")
    return {pair_of(int(one), int(two)) for one, two in parts}


def _page(admin: ModelAdmin, request: HttpRequest, name: str, proposal: Any, **context: Any) -> HttpResponse:
    titles = {"split": "Split a text into provisions", "link": "Link corresponding provisions"}
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": titles[name],
        "proposal": proposal,
        "media": admin.media,
        **context,
    }
    return TemplateResponse(request, f"admin/proposals/{name}.html", context)
