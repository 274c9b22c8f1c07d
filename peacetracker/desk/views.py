"""The desk: an inbox of candidates, and one request for each decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from peacetracker.accounts.roles import DECIDE
from peacetracker.database.refusals import Refused
from peacetracker.desk.inbox import FILTERS, Item, batches, candidates, choices, items, page_of
from peacetracker.stances import services
from peacetracker.stances.models import Statement

RECORD = ["stances.add_stance", "stances.change_stance", "stances.add_evidence"]


def editors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For those who decide on statements; others log in or are refused."""
    return never_cache(login_required(permission_required(DECIDE, raise_exception=True)(view)))


@require_safe
@editors
def inbox(request: HttpRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    waiting = candidates(chosen)
    page = page_of(waiting, request.GET.get("page"))
    context = {
        "batches": batches(waiting, page),
        "articles": page,
        "waiting": waiting.count(),
        "filters": [(name, rows, chosen[name]) for name, rows in choices().items()],
        "filtered": any(chosen.values()),
        "may_record": request.user.has_perms(RECORD),
        "address": request.get_full_path(),
    }
    return render(request, "desk/inbox.html", context)


@require_POST
@editors
def decide(request: HttpRequest, pk: int, decision: str) -> HttpResponse:
    """Accept, accept and record, reject or take back. HTMX gets the candidate as it stands then."""
    get_object_or_404(Statement, pk=pk)
    if decision == "record" and not request.user.has_perms(RECORD):
        return HttpResponse("You may decide on statements, but not record positions.", status=403)
    problem, done = "", ""
    try:
        done = _decide(request, pk, decision)
    except Refused as refusal:
        problem = str(refusal)
    if request.htmx:  # type: ignore[attr-defined]
        return _as_it_stands(request, pk, problem)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done)
    return HttpResponseRedirect(_way_back(request))


def _decide(request: HttpRequest, pk: int, decision: str) -> str:
    """Run one decision and say in words what was done. Whoever decides second is told that they are."""
    by: Any = request.user
    with transaction.atomic():
        statement = (
            Statement.objects.select_for_update(of=("self",)).select_related("actor", "target", "decided_by").get(pk=pk)
        )
        if decision == "reopen":
            services.reopen(statement, by=by)
            return f"Back in the inbox: {statement}."
        if statement.state != Statement.State.CANDIDATE:
            raise Refused("decided_already", _decided(statement))
        if decision == "accept":
            services.accept(statement, by=by)
            return f"Accepted: {statement}."
        if decision == "record":
            return _record(statement, by)
        services.reject(statement, request.POST.get("reason", "").strip()[:300], by=by)
        return f"Rejected: {statement}."


def _decided(statement: Statement) -> str:
    who = f" by {statement.decided_by}" if statement.decided_by else ""
    return f"This statement is {statement.get_state_display()} already{who}. Take that back first to decide again."


def _record(statement: Statement, by: Any) -> str:
    """Accept a statement and record what it says, or add it to the stance that says so already."""
    (item,) = items(Statement.objects.filter(pk=statement.pk))
    if item.outlook is None or statement.actor is None or statement.target is None or statement.said_on is None:
        raise Refused("accepted_statement_has_actor_target_and_date")
    if item.confirms and item.outlook.running:
        services.corroborate(item.outlook.running, [statement], by=by)
        return f"Accepted as further evidence: {statement}."
    services.accept_and_record(
        statement.actor,
        statement.target,
        statement.said_on,
        statement.position,
        evidence=[statement],
        by=by,
        condition=statement.condition,
    )
    return f"Accepted and recorded: {statement}."


def _as_it_stands(request: HttpRequest, pk: int, problem: str) -> HttpResponse:
    (item,) = items(Statement.objects.filter(pk=pk))
    context: dict[str, Any] = {
        "item": item,
        "problem": problem,
        "recorded": _stance_of(item),
        "waiting": candidates(_filters_of(request)).count(),
        "may_record": request.user.has_perms(RECORD),
        "address": _way_back(request),
    }
    return render(request, "desk/inbox.html#answer", context)


def _stance_of(item: Item) -> Any:
    return item.statement.stances.order_by("-pk").first()


def _filters_of(request: HttpRequest) -> dict[str, str]:
    """The filters of the page on which the decision was made: its count must go on telling the truth."""
    return {name: request.POST.get(f"filter-{name}", "") for name in FILTERS}


def _way_back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    desk = reverse("desk:inbox")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith(desk)
    return address if safe else desk
