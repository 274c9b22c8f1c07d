"""Addresses of what was merged away lead to what stands for it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, ResolverMatch, reverse

from peacetracker.database.models import Merger

# Parameters of addresses that name a row: its table, the merger's column, and the column that stands in the address.
NAMED = {
    "actor": ("actors.actor", "gone_slug"),
    "slug": ("actors.actor", "gone_slug"),
    "pk": ("press.article", "gone_pk"),
}
ADDRESSES = {"dashboard:actor", "dashboard:position", "dashboard:article"}


class FormerAddresses:
    """Looks among the mergers only when a page was not found."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if response.status_code != 404 or match is None or match.view_name not in ADDRESSES:
            return response
        address = _now(match)
        if address is None:
            return response
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)


def _now(match: ResolverMatch) -> str | None:
    """The address with the row that stands today in place of one that is gone."""
    from django.apps import apps

    kept = dict(match.kwargs)
    for name, value in match.kwargs.items():
        if name not in NAMED:
            continue
        table, column = NAMED[name]
        pk = Merger.objects.kept_instead_of(table, **{column: value})
        if pk is not None:
            row = apps.get_model(table)._default_manager.filter(pk=pk).first()
            kept[name] = getattr(row, "slug", pk) if row else value
    if kept == match.kwargs:
        return None
    try:
        return reverse(match.view_name, kwargs=kept)
    except NoReverseMatch:
        return None
