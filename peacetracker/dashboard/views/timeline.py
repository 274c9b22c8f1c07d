"""Proposals and statements by month."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from peacetracker.dashboard.pages import BadParameterError, Context, Page, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.proposals.models import Proposal, Target
from peacetracker.stances.models import Statement

SHOWN = 100  # statements of one month
HEIGHT, TOP, FOOT = 240, 26, 22  # of the chart, in pixels: room for the proposals' marks above and dates below


@dataclass
class Month:
    first: dt.date
    tally: Tally = field(default_factory=lambda: Tally({}))
    proposals: list[Target] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return f"{self.first:%Y-%m}"


@reader_page("dashboard/timeline.html")
def timeline(request: HttpRequest, page: Page) -> Context:
    chosen = _chosen(request)
    months = _months(page)
    context: Context = {"months": months, "chosen": chosen, "chart": chart(months, chosen, page.and_at)}
    if chosen:
        said = Statement.objects.accepted().said_by(page.on).filter(said_on__gte=chosen, said_on__lt=after(chosen))
        context["statements"] = said.for_display().order_by("-said_on", "-id")[:SHOWN]
        context["tabled"] = [plan for month in months if month.first == chosen for plan in month.proposals]
        context["limit"] = SHOWN
    return context


def after(month: dt.date) -> dt.date:
    """The first day of the next month."""
    return dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _chosen(request: HttpRequest) -> dt.date | None:
    text = request.GET.get("month", "")
    if not text:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text) or text >= "9999":
            raise ValueError
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise BadParameterError("month", text, "give a month as year-month, such as 2025-11") from error


def _months(page: Page) -> list[Month]:
    """Every month from the first event to the page's day."""
    counts: dict[dt.date, dict[str, int]] = defaultdict(dict)
    said = Statement.objects.accepted().said_by(page.on).order_by()
    for first, position, count in said.values_list(TruncMonth("said_on"), "position").annotate(Count("pk")):
        counts[first][position] = count
    tabled: dict[dt.date, list[Target]] = defaultdict(list)
    for proposal in Proposal.objects.on_the_table(page.on).order_by("tabled_on", "name"):
        if proposal.tabled_on:  # as every proposal has
            tabled[proposal.tabled_on.replace(day=1)].append(proposal)
    if not counts and not tabled:
        return []
    months = []
    first = min([*counts, *tabled])
    while first <= page.on:
        months.append(Month(first, Tally(counts.get(first, {})), tabled.get(first, [])))
        first = after(first)
    return months


def chart(months: list[Month], chosen: dt.date | None, and_at: str) -> SafeString:
    """Statements of each month as a bar, stacked by position, opposition at the foot; proposals as marks above.

    Widths are per cent so that letters keep their size at any width.
    """
    if not months:
        return SafeString("")
    tallest = max(max(month.tally.total for month in months), 1)
    step = 100 / len(months)
    columns = format_html_join(
        "",
        '<a href="?month={0}{1}" aria-label="{2}"><title>{2}</title>'
        '<rect class="hover{3}" x="{4}%" width="{5}%" y="0" height="{6}"/>{7}{8}</a>',
        (
            (
                month.slug,
                and_at,
                _said(month),
                " chosen" if month.first == chosen else "",
                round(number * step, 3),
                round(step, 3),
                HEIGHT - FOOT,
                _bar(month, number * step, step, tallest),
                _flag(month, (number + 0.5) * step),
            )
            for number, month in enumerate(months)
            if month.tally.total or month.proposals
        ),
    )
    return format_html(
        '<svg class="months" width="100%" height="{}" role="group" aria-label="Statements by month">{}{}</svg>',
        HEIGHT,
        _years(months, step),
        columns,
    )


def _bar(month: Month, x: float, step: float, tallest: int) -> SafeString:
    room = HEIGHT - TOP - FOOT
    parts, y = [], float(HEIGHT - FOOT)
    for mark, count in month.tally.rows:
        if count:
            height = room * count / tallest
            y -= height
            parts.append(
                (mark.css, f"{x + step * 0.12:.3f}", f"{step * 0.76:.3f}", f"{y:.1f}", f"{max(height - 1, 0.5):.1f}")
            )
    return format_html_join("", '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>', parts)


def _flag(month: Month, x: float) -> SafeString:
    if not month.proposals:
        return SafeString("")
    count = len(month.proposals)
    return mark_safe(  # noqa: S308 - numbers only
        f'<circle class="flag" cx="{x:.3f}%" cy="11" r="9"/>'
        f'<text class="flag-count" x="{x:.3f}%" y="15" text-anchor="middle">{count}</text>'
    )


def _years(months: list[Month], step: float) -> SafeString:
    """A line and a label where each year begins."""
    base = HEIGHT - FOOT
    parts = [f'<line x1="0" x2="100%" y1="{base}" y2="{base}"/>']
    for number, month in enumerate(months):
        if month.first.month == 1 or number == 0:
            x = number * step
            parts.append(f'<line class="year" x1="{x:.3f}%" x2="{x:.3f}%" y1="{TOP}" y2="{HEIGHT}"/>')
            if number == 0 and month.first.month > 9:
                continue  # the next year's label is too near
            parts.append(f'<text x="{x + 0.4:.3f}%" y="{HEIGHT - 6}">{month.first.year}</text>')
    return mark_safe("".join(parts))  # noqa: S308 - numbers only


def _said(month: Month) -> str:
    words = date_format(month.first, "F Y")
    count = month.tally.total
    said = f"{count} statement{'' if count == 1 else 's'}"
    tabled = "; tabled: " + ", ".join(proposal.name for proposal in month.proposals) if month.proposals else ""
    return f"{words}: {said}{tabled}"
