"""A link or a text handed in at the desk, and its way through the pipeline as one watches."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from peacetracker.desk import access
from peacetracker.desk.forms import SubmissionForm
from peacetracker.ingest import tasks
from peacetracker.ingest.addresses import BadAddress
from peacetracker.ingest.parse import Unparsable
from peacetracker.ingest.services import Submission
from peacetracker.ingest.services import submit as hand_in
from peacetracker.press import services as press
from peacetracker.press.models import Article
from peacetracker.press.states import UNFINISHED

log = logging.getLogger(__name__)
STEPS = [
    (Article.State.QUEUED, "Handed in"),
    (Article.State.FETCHED, "Fetched"),
    (Article.State.PARSED, "Parsed"),
    (Article.State.EXTRACTED, "Read for statements"),
]


@require_http_methods(["GET", "POST"])
@access.at_the_desk
def submit(request: HttpRequest) -> HttpResponse:
    access.need(request.user, access.SUBMIT)
    form = SubmissionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            article = hand_in(_submission(form.cleaned_data))
        except (BadAddress, Unparsable) as problem:
            form.add_error("link" if form.cleaned_data["link"] else "text", str(problem))
        else:
            _send(article)
            return HttpResponseRedirect(reverse("desk:progress", args=[article.pk]))
    recent = Article.objects.select_related("source").defer("text", "search").order_by("-added_at")[:15]
    return render(request, "desk/submit.html", {"form": form, "recent": recent})


def _submission(data: dict[str, Any]) -> Submission:
    given = {"publisher": data["publisher"], "published_on": data["published_on"], "title": data["title"]}
    if data["link"]:
        return Submission(url=data["link"], **given)
    return Submission(body=data["text"].encode(), **given)


def _send(article: Article) -> None:
    if article.state not in UNFINISHED:
        return
    try:
        tasks.send([article.pk], article.state)
    except OperationalError:
        log.exception("article %s: the broker does not answer; beat sends it again", article.pk)


@require_safe
@access.at_the_desk
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Where an article is on its way; the part of the page that asks again stops asking at the end."""
    articles = Article.objects.select_related("source", "syndicated_from__source").defer("text", "search")
    article = get_object_or_404(articles, pk=pk)
    states = [state.value for state, _ in STEPS]
    reached = states.index(article.state) if article.state in states else _failed_after(article)
    context = {
        "article": article,
        "steps": [(words, _mark(index, reached, article.state)) for index, (_, words) in enumerate(STEPS)],
        "running": article.state in UNFINISHED,
        "candidates": article.statements.candidates().count(),
        "decided": article.statements.exclude(state="candidate").count(),
    }
    template = "desk/progress.html#way" if request.htmx else "desk/progress.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _failed_after(article: Article) -> int:
    """The step that an article had reached which failed or waits."""
    if article.state == Article.State.WAITING:
        return 2
    if article.snapshots.exists():
        return 1
    return 0


def _mark(step: int, reached: int, state: str) -> str:
    if step <= reached:
        return "done"
    if step == reached + 1:
        return "failed" if state == Article.State.FAILED else "next"
    return "later"


@require_POST
@access.at_the_desk
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a failed article into the pipeline once more."""
    access.need(request.user, access.SUBMIT)
    if press.retry(Article.objects.filter(pk=pk)):
        _send(Article.objects.defer("text", "search").get(pk=pk))
    else:
        messages.info(request, "It has not failed: there is nothing to try again.")
    return HttpResponseRedirect(reverse("desk:progress", args=[pk]))
