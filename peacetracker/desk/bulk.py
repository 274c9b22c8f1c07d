"""Bulk actions: what will change is shown first, and everything is undone in one step."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from peacetracker.desk import access, queue, services
from peacetracker.desk.coding import is_double
from peacetracker.desk.workspace import Item, items
from peacetracker.stances.models import Statement

VERBS = {"accept": "Accept", "reject": "Reject", "assign": "Assign"}


@require_http_methods(["GET", "POST"])
@access.at_the_desk
def bulk(request: HttpRequest) -> HttpResponse:
    """GET previews an action on the chosen candidates, or on all that the filters find; POST does it."""
    access.need(request.user, access.DECIDE)
    if request.method == "POST":
        return _do(request)
    verb = request.GET.get("verb", "")
    verb = verb if verb in VERBS else "accept"
    query = QueryDict(request.GET.get("query", ""))
    filters = queue.filters_of({**query.dict(), **request.GET.dict()})
    try:
        candidates = queue.waiting(filters, request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return HttpResponseRedirect(reverse("desk:inbox"))
    keys = [int(key) for key in request.GET.getlist("statement") if key.isdecimal()]
    chosen = candidates.filter(pk__in=keys) if keys else candidates
    found = items(chosen.order_by("-worth", "pk")[: services.MOST_AT_ONCE], request.user)
    context = {
        "verb": verb,
        "verbs": VERBS,
        "groups": _groups(found, verb),
        "all": chosen.count(),
        "most": services.MOST_AT_ONCE,
        "query": urlencode(filters),
        "filters": filters,
        "keys": keys,
        "editors": queue.editors(),
        "may": access.rights(request.user),
    }
    return render(request, "desk/bulk.html", context)


def _groups(found: list[Item], verb: str) -> dict[str, list[Item]]:
    """The candidates by what the action does to them."""
    groups: dict[str, list[Item]] = {"ready": [], "left": [], "double": []}
    for item in found:
        if verb != "assign" and is_double(item.statement.article_id):
            groups["double"].append(item)
        elif verb == "accept" and item.missing:
            groups["left"].append(item)
        else:
            groups["ready"].append(item)
    return groups


def _do(request: HttpRequest) -> HttpResponse:
    back = f"{reverse('desk:inbox')}?{request.POST.get('query', '')}"
    verb = request.POST.get("verb", "")
    seen = dict(_pairs(request.POST.getlist("seen")))
    if verb == "assign":
        return _assign(request, list(seen), back)
    if verb not in VERBS:
        return HttpResponse("Choose accept, reject or assign.", status=400)
    double = {s.pk for s in Statement.objects.filter(pk__in=seen).only("article_id") if is_double(s.article_id)}
    single = {pk: version for pk, version in seen.items() if pk not in double}
    done = services.decide_many(single, verb, request.user, request.POST.get("reason", "").strip()[:300])
    if done.done:
        messages.success(request, f"{done.decision} Undo it under Decisions.")
    for words in done.left[:10]:
        messages.warning(request, words)
    if len(done.left) > 10:
        messages.warning(request, f"… and {len(done.left) - 10} more were left.")
    return HttpResponseRedirect(back)


def _assign(request: HttpRequest, keys: list[int], back: str) -> HttpResponse:
    name = request.POST.get("editor", "")
    to: Any = get_object_or_404(queue.editors(), username=name) if name else None
    articles = set(Statement.objects.filter(pk__in=keys).values_list("article", flat=True))
    queue.assign(sorted(articles), to, request.user)
    messages.success(request, f"{len(articles)} articles assigned to {to or 'nobody'}.")
    return HttpResponseRedirect(back)


def _pairs(seen: list[str]) -> list[tuple[int, int]]:
    """`number:version` as the form sends each candidate that it showed."""
    pairs = (pair.partition(":") for pair in seen)
    return [(int(pk), int(version)) for pk, _, version in pairs if pk.isdecimal() and version.isdecimal()]
