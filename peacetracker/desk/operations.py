"""Operations: how the pipeline and its feeds fare, and the buttons that help where something failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from peacetracker.ingest import state
from peacetracker.ingest.models import ModelUse, StepRun
from peacetracker.press import services
from peacetracker.press.models import Article, Feed

SEE = "press.change_article"
ROWS_A_PAGE = 50
DAY = dt.timedelta(days=1)
MONTH = 30 * DAY
TABS = {
    "failed": "Failed",
    "passed_over": "Passed over",
    "waiting": "Waiting",
    "came_in": "Came in",
    "feeds": "Feeds",
    "steps": "How long steps take",
}


@dataclass(frozen=True)
class Command:
    """What a button does to the rows that were chosen; in words, what it did to how many."""

    permission: str
    rows: Callable[[], QuerySet[Any]]
    run: Callable[[Any], int]
    done: str


COMMANDS = {
    "retry": Command(
        "press.change_article",
        lambda: Article.objects.filter(state=Article.State.FAILED),
        services.retry,
        "{} of the articles that failed go through again.",
    ),
    "pull_in": Command(
        "press.change_article",
        lambda: Article.objects.filter(state=Article.State.PASSED_OVER),
        services.pull_in,
        "{} of the articles that were passed over are read after all.",
    ),
    "take_up": Command(
        "press.change_article",
        lambda: Article.objects.filter(state=Article.State.WAITING),
        services.take_up,
        "{} of the articles that were waiting are read, if a language model answers now.",
    ),
    "poll": Command(
        "press.change_feed",
        lambda: Feed.objects.filter(enabled=True),
        services.poll_soon,
        "{} feeds are polled within half a minute.",
    ),
}


def operators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For those who keep articles in order; others log in or are refused."""
    return never_cache(login_required(permission_required(SEE, raise_exception=True)(view)))


@require_safe
@operators
def operations(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in TABS else "failed"
    articles, feeds = state.articles_by_state(), state.feeds_by_health()
    context: dict[str, Any] = {
        "show": show,
        "tabs": _tabs(articles, feeds),
        "heading": TABS[show],
        "alive": state.alive(),
        "queues": state.queue_lengths(),
        "waiting": sum(articles[name] for name in ("queued", "fetched", "parsed")),
        "overdue": state.longest_overdue(),
        "oldest": state.oldest_unfinished(),
        "articles": articles,
        "address": request.get_full_path(),
        **_rows(show, request.GET),
    }
    return render(request, "desk/operations.html", context)


def _tabs(articles: dict[str, int], feeds: dict[str, int]) -> list[tuple[str, str, int | None]]:
    counts = {
        "failed": articles["failed"],
        "passed_over": articles["passed_over"],
        "waiting": articles["waiting"],
        "feeds": sum(feeds.values()),
    }
    return [(name, words, counts.get(name)) for name, words in TABS.items()]


def _rows(show: str, query: QueryDict) -> dict[str, Any]:
    """What the chosen tab lists."""
    if show == "steps":
        return {
            "steps": sorted(StepRun.objects.since(DAY).by_step(), key=_in_order),
            "days": _incoming(),
            "models": ModelUse.objects.since(MONTH).by_model(),
        }
    if show == "feeds":
        health = query.get("health", "")
        known = health in Feed.Health.values
        chosen = Feed.objects.of_health(health) if known else Feed.objects.all()
        return {
            "rows": _page(_with_news(chosen), query),
            "health": health if known else "",
            "healths": [(name, Feed.Health(name).label, n) for name, n in state.feeds_by_health().items()],
        }
    articles = Article.objects.select_related("source", "feed").defer("text", "search")
    if show == "came_in":
        return {"rows": _page(articles.order_by("-added_at", "-pk"), query)}
    return {"rows": _page(articles.filter(state=show).order_by("-state_changed_at", "-pk"), query)}


def _in_order(row: dict[str, Any]) -> int:
    return StepRun.Step.values.index(row["step"])


def _with_news(feeds: QuerySet[Feed]) -> QuerySet[Feed]:
    """Feeds with what each brought in a day, those that fail first."""
    lately = Q(articles__added_at__gte=timezone.now() - DAY)
    return (
        feeds.select_related("source")
        .annotate(
            brought=Count("articles", filter=lately),
            read=Count("articles", filter=lately & ~Q(articles__state=Article.State.PASSED_OVER)),
        )
        .order_by("-failures", "source__name", "url")
    )


def _page(rows: QuerySet[Any], query: QueryDict) -> Page[Any]:
    return Paginator(rows, ROWS_A_PAGE).get_page(query.get("page"))


def _incoming() -> list[Any]:
    """What came in on each of the last seven days, and what became of it."""
    states = {name: Count("pk", filter=Q(state=name)) for name in ("extracted", "passed_over", "failed")}
    week = Article.objects.filter(added_at__gte=timezone.now() - 7 * DAY).order_by()
    return list(week.values("added_at__date").annotate(number=Count("pk"), **states).order_by("-added_at__date"))


@require_POST
@operators
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """Retry, pull in or poll: the one row of a button, the rows that were chosen, or all of them."""
    command = COMMANDS[verb]
    if not request.user.has_perm(command.permission):
        raise PermissionDenied
    rows = command.rows()
    if "all" not in request.POST:
        wanted = request.POST.getlist("one") or request.POST.getlist("chosen")
        rows = rows.filter(pk__in=[int(key) for key in wanted if key.isdecimal() and len(key) < 19])
    number = command.run(rows)
    level = messages.SUCCESS if number else messages.WARNING
    messages.add_message(request, level, command.done.format(number) if number else "Nothing was chosen.")
    return HttpResponseRedirect(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    address, here = request.POST.get("next", ""), reverse("desk:operations")
    return address if address == here or address.startswith(f"{here}?") else here
