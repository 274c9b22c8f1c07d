"""Proposals and statements over time: by month, a year by week, a month by day."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from peacetracker.dashboard import data
from peacetracker.dashboard.columns import Column, Layout, Tick, column_chart
from peacetracker.dashboard.pages import BadParameterError, Context, Page, choice, reader_page
from peacetracker.dashboard.positions import Tally
from peacetracker.dashboard.scope import MADE, Scope, scope
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Statement
from peacetracker.stances.querysets import StatementQuerySet

SHOWN = 300  # statements of one month
LAYOUT = Layout("timeline", height=240, top=26, foot=22)


@dataclass
class Span:
    """Some days, what was said on them, and the proposals tabled."""

    first: dt.date
    last: dt.date
    tally: Tally = field(default_factory=lambda: Tally({}))
    proposals: list[Target] = field(default_factory=list)

    @property
    def month(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True)
class Zoom:
    """What the chart shows: everything by month, one year by week, or one month by day."""

    year: int | None = None
    month: dt.date | None = None

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        if self.month:
            return self.month, after(self.month) - dt.timedelta(days=1)
        return (dt.date(self.year, 1, 1), dt.date(self.year, 12, 31)) if self.year else None


@reader_page("dashboard/timeline.html", partial="chronicle")
def timeline(request: HttpRequest, page: Page) -> Context:
    zoom = _zoom(request)
    made = choice(request, "made", MADE, "spoken")
    within = scope(request)
    said = within.of(_said(made, page), "target__process")
    by_day, tabled = _by_day(said), _tabled(made, within, page)
    known = [*by_day, *tabled]
    spans = _spans(zoom, min(known), page.on) if known else []
    _fill(spans, by_day, tabled)
    kept = {"process": within.process.slug} if within.process else {}
    kept |= ({"made": made} if made != "spoken" else {}) | ({"on": str(page.on)} if page.is_past else {})
    context: Context = {
        "spans": [span for span in reversed(spans) if span.tally.total or span.proposals],
        "zoom": zoom,
        "made": made,
        "mades": MADE.items(),
        "scope": within,
        "years": sorted({day.year for day in known}),
        "kept": urlencode(kept),
        "and_kept": f"&{urlencode(kept)}" if kept else "",
        "chart": _chart(spans, zoom, kept),
        "anything": bool(known),
        "data": data.of_statements("peacetracker-timeline", _within(said, zoom).order_by("said_on", "pk")),
    }
    if zoom.month:
        context["tabled"] = [plan for span in spans for plan in span.proposals]
        listed = _within(said, zoom).without_texts()
        context["statements"] = listed.order_by("-said_on", "-id")[:SHOWN]
        context["limit"] = SHOWN
    return context


def after(month: dt.date) -> dt.date:
    """The first day of the next month."""
    return dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _zoom(request: HttpRequest) -> Zoom:
    month, year = request.GET.get("month", ""), request.GET.get("year", "")
    if month:
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", month) or month >= "9999":
                raise ValueError
            return Zoom(month=dt.date.fromisoformat(f"{month}-01"))
        except ValueError as error:
            raise BadParameterError("month", month, "give a month as year-month, such as 2025-11") from error
    if year and not re.fullmatch(r"[12][0-9]{3}", year):
        raise BadParameterError("year", year, "give a year such as 2025")
    return Zoom(year=int(year)) if year else Zoom()


def _said(made: str, page: Page) -> StatementQuerySet:
    said = Statement.objects.accepted().said_by(page.on)
    return said if made == "all" else said.filter(kind=made)


def _within(said: StatementQuerySet, zoom: Zoom) -> StatementQuerySet:
    return said.filter(said_on__range=zoom.days) if zoom.days else said


def _by_day(said: StatementQuerySet) -> dict[dt.date, dict[str, int]]:
    counts: dict[dt.date, dict[str, int]] = defaultdict(dict)
    for day, position, number in said.order_by().values_list("said_on", "position").annotate(Count("pk")):
        if day:  # as every accepted statement has
            counts[day][position] = number
    return counts


def _tabled(made: str, within: Scope, page: Page) -> dict[dt.date, list[Target]]:
    """Plans by their day; where votes are shown, the resolutions voted on."""
    proposals = within.of(Target.objects.filter(kind="proposal")).on_the_table(page.on).order_by("tabled_on", "name")
    if made != "all":
        proposals = proposals.filter(is_resolution=made == "vote")
    tabled: dict[dt.date, list[Target]] = defaultdict(list)
    for proposal in proposals:
        if proposal.tabled_on:  # as every proposal has
            tabled[proposal.tabled_on].append(proposal)
    return tabled


def _spans(zoom: Zoom, first: dt.date, on: dt.date) -> list[Span]:
    """Every span from the first event to the page's day, within what the zoom shows."""
    begin, end = zoom.days or (first.replace(day=1), on)
    spans, day = [], begin
    while day <= min(end, on):
        if zoom.month:
            following = day + dt.timedelta(days=1)
        elif zoom.year:
            following = day + dt.timedelta(days=7)
        else:
            following = after(day)
        spans.append(Span(day, min(following - dt.timedelta(days=1), end)))
        day = following
    return spans


def _fill(spans: list[Span], by_day: dict[dt.date, dict[str, int]], tabled: dict[dt.date, list[Target]]) -> None:
    days = sorted({*by_day, *tabled})
    place = 0
    for span in spans:
        counts: dict[str, int] = defaultdict(int)
        while place < len(days) and days[place] <= span.last:
            day = days[place]
            if day >= span.first:
                span.proposals += tabled.get(day, [])
                for position, number in by_day.get(day, {}).items():
                    counts[position] += number
            place += 1
        span.tally = Tally(counts)


def _chart(spans: list[Span], zoom: Zoom, kept: dict[str, str]) -> str:
    columns = [
        Column(
            f"#day-{span.first}" if zoom.month else f"?{urlencode({'month': span.month} | kept)}",
            _words(span),
            span.tally,
            len(span.proposals),
        )
        for span in spans
    ]
    return column_chart(columns, _ticks(spans, zoom), LAYOUT, gettext("Statements over time"))


def _ticks(spans: list[Span], zoom: Zoom) -> list[Tick]:
    """A word where a year begins, or each month of one year, or each week of one month."""
    if zoom.month:
        return [
            Tick(n, date_format(span.first, "j M"))
            for n, span in enumerate(spans)
            if span.first.weekday() == 0 or n == 0
        ]
    ticks = []
    for number, span in enumerate(spans):
        before = spans[number - 1].first if number else None
        if zoom.year and (before is None or before.month != span.first.month):
            ticks.append(Tick(number, date_format(span.first, "M")))
        elif not zoom.year and (span.first.month == 1 or (before is None and span.first.month < 10)):
            ticks.append(Tick(number, str(span.first.year)))
    return ticks


def _words(span: Span) -> str:
    if span.first == span.last:
        when = date_format(span.first, "j E Y")
    elif span.first.day == 1 and span.last == after(span.first) - dt.timedelta(days=1):
        when = date_format(span.first, "F Y")
    else:
        when = f"{date_format(span.first, 'j M')} – {date_format(span.last, 'j M Y')}"
    count = span.tally.total
    words = ngettext("%(when)s: %(count)d statement", "%(when)s: %(count)d statements", count)
    said = words % {"when": when, "count": count}
    if not span.proposals:
        return said
    names = ", ".join(proposal.name for proposal in span.proposals)
    return gettext("%(said)s; tabled: %(names)s") % {"said": said, "names": names}
