"""How far blind editors agree, and a page to settle where they do not."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from peacetracker.database.refusals import Refused
from peacetracker.desk import access, coding, services
from peacetracker.desk.models import Coding

MOST_SHOWN = 50


@require_safe
@access.at_the_desk
def agreement(request: HttpRequest) -> HttpResponse:
    """Krippendorff's alpha by field, over all codings and for each pair of editors."""
    codings = list(Coding.objects.select_related("editor"))
    context = {
        "overall": coding.agreement(codings),
        "pairs": coding.by_pair(codings),
        "to_settle": coding.to_settle().count(),
    }
    return render(request, "desk/agreement.html", context)


@require_safe
@access.at_the_desk
def differences(request: HttpRequest) -> HttpResponse:
    access.need(request.user, access.DECIDE)
    found = coding.to_settle()
    return render(request, "desk/differences.html", {"statements": found[:MOST_SHOWN], "number": found.count()})


@require_POST
@access.at_the_desk
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide a candidate as one of its two codings says."""
    access.need(request.user, access.DECIDE)
    chosen = get_object_or_404(Coding, statement=pk, pk=request.POST.get("coding") or 0, settled=False)
    try:
        messages.success(request, services.settle(pk, chosen, request.user).words)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(reverse("desk:differences"))
