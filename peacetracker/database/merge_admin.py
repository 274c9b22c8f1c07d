"""The admin's pages for merging duplicates and for taking a merger back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from peacetracker.accounts.roles import MERGE
from peacetracker.database.admin import ReadOnly, RecordAdmin
from peacetracker.database.merging import Moves, merge, preview, undo
from peacetracker.database.models import Merger
from peacetracker.database.refusals import Refused

AT_MOST = 10  # rows merged in one go


class MergingAdmin(RecordAdmin):
    """Admin of a table whose duplicates can be merged."""

    actions = ["merge_duplicates"]

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MERGE)

    @admin.action(description="Merge duplicates…", permissions=["merge"])
    def merge_duplicates(self, request: HttpRequest, rows: models.QuerySet) -> HttpResponse | None:
        keys = list(rows.values_list("pk", flat=True)[: AT_MOST + 1])
        if not 2 <= len(keys) <= AT_MOST:
            self.message_user(request, f"Choose two to {AT_MOST} rows that are the same.", messages.ERROR)
            return None
        return HttpResponseRedirect(self._page() + "?" + urlencode({"row": keys}, doseq=True))

    def _page(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_merge")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Choose which row stays, see what would move, and merge the others into it."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        rows = self._rows(asked)
        if not 2 <= len(rows) <= AT_MOST:
            self.message_user(request, f"Choose two to {AT_MOST} rows that are the same.", messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        kept = next((row for row in rows if str(row.pk) == asked.get("keep")), rows[0])
        others = [row for row in rows if row is not kept]
        problem = ""
        if request.method == "POST":
            try:
                for gone in others:
                    merge(kept, gone, asked.get("why", "").strip()[:300], by=request.user)
            except Refused as refusal:
                problem = str(refusal)
            else:
                self.message_user(request, f"Merged into {kept}. It can be taken back under Mergers.", messages.SUCCESS)
                address = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
                return HttpResponseRedirect(reverse(address, args=[kept.pk]))
        return self._merge_page(request, rows, kept, others, problem)

    def _rows(self, asked: Any) -> list[models.Model]:
        keys = [key for key in asked.getlist("row") if key.isdigit()]
        return list(self.model._base_manager.filter(pk__in=keys[: AT_MOST + 1]).order_by("pk"))

    def _merge_page(
        self, request: HttpRequest, rows: list[models.Model], kept: Any, others: list[models.Model], problem: str
    ) -> HttpResponse:
        outlooks: list[tuple[models.Model, Moves | None, str]] = []
        for gone in others:
            try:
                outlooks.append((gone, preview(kept, gone), ""))
            except Refused as refusal:
                outlooks.append((gone, None, str(refusal)))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Merge duplicates",
            "rows": rows,
            "kept": kept,
            "outlooks": outlooks,
            "refused": any(words for _, _, words in outlooks),
            "problem": problem,
            "why": request.POST.get("why", ""),
        }
        return TemplateResponse(request, "admin/merge.html", context)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        return [path("merge/", self.admin_site.admin_view(self.merge_view), name=name), *super().get_urls()]


@admin.register(Merger)
class MergerAdmin(ReadOnly, admin.ModelAdmin):
    """What was merged, and taking it back."""

    list_display = ["gone_name", "kept_name", "kind", "at", "by", "reason", "undone_at"]
    list_filter = ["table", ("undone_at", admin.EmptyFieldListFilter)]
    list_select_related = ["by"]
    search_fields = ["gone_name", "kept_name", "gone_slug"]
    fields = ["gone_name", "gone_slug", "kept_name", "kind", "at", "by", "reason", "number", "undone_at", "undone_by"]
    actions = ["take_back"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Merger]:
        return super().get_queryset(request).defer("steps")

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MERGE)

    @admin.display(description="kind", ordering="table")
    def kind(self, merger: Merger) -> str:
        return merger.table.split(".")[1]

    @admin.display(description="rows written")
    def number(self, merger: Merger) -> int:
        return len(merger.steps)

    @admin.action(description="Take back", permissions=["merge"])
    def take_back(self, request: HttpRequest, mergers: models.QuerySet[Merger]) -> None:
        for merger in mergers.order_by("-at", "-pk"):
            try:
                left = undo(merger, by=request.user)
            except Refused as refusal:
                self.message_user(request, f"{merger}: {refusal}", messages.ERROR)
                continue
            self.message_user(request, f"Taken back: {merger}.", messages.SUCCESS)
            if left:
                words = "; ".join(left[:20])
                self.message_user(request, f"Changed since, and left as it is: {words}", messages.WARNING)
