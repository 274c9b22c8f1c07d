"""The desk: the inbox with an article open, and one request for each decision."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from peacetracker.actors.models import Actor
from peacetracker.database.refusals import Refused, checked
from peacetracker.desk import access, queue, services
from peacetracker.desk.coding import is_double
from peacetracker.desk.forms import StatementForm
from peacetracker.desk.marking import pieces
from peacetracker.desk.models import Decision
from peacetracker.desk.undo import undo
from peacetracker.desk.workspace import items, workspace
from peacetracker.press.models import Article, Reliability, Source
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Position, Statement

REASONS = [
    "not about this target",
    "wrong actor",
    "wrong position",
    "not a position",
    "hearsay",
    "duplicate",
]
MOST_SUGGESTED = 8


@require_safe
@access.at_the_desk
def inbox(request: HttpRequest) -> HttpResponse:
    """The list and the open article; HTMX gets the article alone."""
    filters, problem = queue.filters_of(request.GET.dict()), ""
    try:
        candidates = queue.waiting(filters, request.user)
    except ValidationError as error:
        filters, problem = {}, error.messages[0]
        candidates = queue.waiting(filters, request.user)
    chosen = _number(request.GET.get("article"))
    if request.htmx:  # type: ignore[attr-defined]
        context = _article_context(request, filters, candidates, chosen)
        return render(request, "desk/inbox.html#workspace", _known(context))
    listed = queue.page(candidates, request.user, _number(request.GET.get("page")) or 1)
    opened = chosen or queue.after(candidates, request.user, listed=listed)
    context = _article_context(request, filters, candidates, opened, listed)
    options = queue.choices()
    context |= {
        "waiting": listed.waiting,
        "page_of_list": listed,
        "choices": [(name, options[name], filters.get(name, "")) for name in queue.FILTERS],
        "problem": problem,
    }
    return render(request, "desk/inbox.html", _known(context) if chosen else context)


def _known(context: dict[str, Any]) -> dict[str, Any]:
    if context["work"] is None:
        raise Http404("There is no such article.")
    return context


def _article_context(
    request: HttpRequest,
    filters: dict[str, str],
    candidates: Any,
    article: int | None,
    listed: queue.Page | None = None,
) -> dict[str, Any]:
    following = queue.after(candidates, request.user, article, listed) if article else None
    work = workspace(article, request.user) if article else None
    return {
        **_common(request, filters),
        "work": work,
        "editors": queue.editors() if work else [],
        "other_editor": queue.other_editor(work.article, request.user) if work else None,
        "next": _address(filters, following) if following and following != article else "",
    }


def _common(request: HttpRequest, filters: dict[str, str]) -> dict[str, Any]:
    return {
        "may": access.rights(request.user),
        "filters": filters,
        "query": urlencode(filters),
        "reasons": REASONS,
        "positions": list(enumerate(Position, 1)),
        "credibilities": Statement.Credibility.choices,
        "reliabilities": Reliability.choices,
    }


def _address(filters: dict[str, str], article: int) -> str:
    return f"{reverse('desk:inbox')}?{urlencode({**filters, 'article': article})}"


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0


# -- Decisions


@require_POST
@access.at_the_desk
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Accept, accept and record, reject, grade or split. HTMX gets the candidate as it stands then."""
    statement = get_object_or_404(Statement.objects.only("article_id"), pk=pk)
    access.need(request.user, *_NEEDED[verb])
    try:
        said = _decide(request, pk, verb, is_double(statement.article_id))
    except Refused as refusal:
        return _answer(request, pk, problem=str(refusal))
    return _answer(request, pk, said=said)


_NEEDED = {
    "accept": [access.DECIDE],
    "reject": [access.DECIDE],
    "record": access.RECORD,
    "grade": [access.CORRECT],
    "split": [access.DECIDE],
}


def _decide(request: HttpRequest, pk: int, verb: str, double: bool) -> str:
    by, version = request.user, _number(request.POST.get("version"))
    reason = request.POST.get("reason", "")
    if double and verb in ("accept", "reject", "record"):
        return services.code(pk, version, verb != "reject", {}, by, reason)
    if verb == "accept":
        return services.accept(pk, version, by).words
    if verb == "record":
        return services.accept_and_record(pk, version, by).words
    if verb == "grade":
        return services.grade(pk, version, _number(request.POST.get("credibility")) or None, by).words
    if verb == "split":
        services.split(pk, version, by)
        return "Parted: it is decided on its own."
    return services.reject(pk, version, reason, by).words


def _answer(request: HttpRequest, pk: int, *, said: str = "", problem: str = "") -> HttpResponse:
    """The statement as it stands with the others of its cell in the article, the counts, and what was said."""
    if not request.htmx:  # type: ignore[attr-defined]
        if problem:
            messages.error(request, problem)
        else:
            messages.success(request, said)
        return HttpResponseRedirect(_way_back(request))
    statement = Statement.objects.only("pk", "article_id", "actor_id", "target_id").get(pk=pk)
    shown = _same_cell(statement)
    found = items(shown, request.user)
    context = {
        **_counts(request, statement.article_id),
        "item": next(item for item in found if item.statement.pk == pk),
        "others": [item for item in found if item.statement.pk != pk],
        "problem": problem,
        "said": said,
        # The key to undo has no card of its own to be swapped for the answer.
        "oob": request.htmx.target == "undo-last",  # type: ignore[attr-defined]
    }
    if "quote" in request.POST or "undo" in request.path:
        context |= _text(statement.article_id)
    return render(request, "desk/inbox.html#answer", context)


def _text(article_key: int) -> dict[str, Any]:
    """The text marked anew, for a span has moved."""
    article = Article.objects.only("text", "language").get(pk=article_key)
    spans = article.statements.filter(former_text=None).values_list("pk", "start", "end")
    return {"article": article, "pieces": pieces(article.text, spans)}


def _same_cell(statement: Statement) -> Any:
    """The statement, and the others in its article on whose cards the record now says something else."""
    in_article = Statement.objects.filter(article=statement.article_id)
    shown = in_article.filter(pk=statement.pk)
    if statement.actor_id and statement.target_id:
        shown |= in_article.filter(actor=statement.actor_id, target=statement.target_id)
    return shown.order_by("start", "pk")


def _counts(request: HttpRequest, article: int) -> dict[str, Any]:
    """What the counts on the page say now, under the filters of the page on which the decision was made."""
    filters = queue.filters_of(QueryDict(request.POST.get("query", "")).dict())
    try:
        candidates = queue.waiting(filters, request.user)
    except ValidationError:
        filters, candidates = {}, queue.waiting({}, request.user)
    return {
        **_common(request, filters),
        "waiting": queue.count(candidates),
        "article_key": article,
        "left": candidates.filter(article=article).count(),
        "double": is_double(article),
    }


def _way_back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    desk = reverse("desk:inbox")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith(desk)
    return address if safe else desk


# -- Corrections


@access.at_the_desk
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """The form to correct a candidate, and what it sends; a few fields alone may be sent as well."""
    statement = get_object_or_404(
        Statement.objects.select_related("article__source", "actor", "target__proposal", "target__process"), pk=pk
    )
    access.need(request.user, access.CORRECT)
    if request.method != "POST":
        return _form_page(request, statement, StatementForm.of(statement, request.user))
    form = StatementForm(request.POST, article=statement.article, editor=request.user, statement=statement)
    whole = "actor" in request.POST  # else a key or a drag sent a few fields, and there is no form to come back to
    if not form.is_valid():
        words = " ".join(str(message) for errors in form.errors.values() for message in errors)
        return _form_page(request, statement, form) if whole else _answer(request, pk, problem=words)
    try:
        said = _correct(request, statement, form)
    except Refused as refusal:
        if not whole:
            return _answer(request, pk, problem=str(refusal))
        form.add_error(None, str(refusal))
        return _form_page(request, Statement.objects.for_display().get(pk=pk), form)
    return _answer(request, pk, said=said)


def _correct(request: HttpRequest, statement: Statement, form: StatementForm) -> str:
    version = _number(request.POST.get("version"))
    if is_double(statement.article_id):
        access.need(request.user, access.DECIDE)
        return services.code(statement.pk, version, True, form.values, request.user)
    return services.correct(statement.pk, version, form.values, request.user, alias=form.alias, term=form.term).words


def _form_page(request: HttpRequest, statement: Statement, form: StatementForm) -> HttpResponse:
    """The form, within its card for HTMX. A version that is not what was seen has been told: the next try counts."""
    context = {
        **_common(request, queue.filters_of(QueryDict(request.POST.get("query", "")).dict())),
        "form": form,
        "statement": statement,
        "article": statement.article,
        "double": is_double(statement.article_id),
        "next": _way_back(request) if request.method == "POST" else request.GET.get("next", ""),
    }
    # A form that came back stays where it was: htmx swaps it for itself, and the card behind it is kept.
    template = "desk/correct.html#form" if request.htmx else "desk/correct.html"  # type: ignore[attr-defined]
    response = render(request, template, context)
    if request.htmx and request.method == "POST":  # type: ignore[attr-defined]
        response["HX-Retarget"] = f"#correct-{statement.pk}"
        response["HX-Reswap"] = "innerHTML"
    return response


@access.at_the_desk
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """A statement that the machine missed."""
    article = get_object_or_404(Article.objects.select_related("source"), pk=pk)
    access.need(request.user, access.ADD)
    initial: dict[str, Any] = {"said_on": article.published_on, "position": Position.NEUTRAL, "direct": False}
    initial |= {name: request.GET[name] for name in ("quote", "start", "actor", "target") if request.GET.get(name)}
    posted = request.POST if request.method == "POST" else None
    form = StatementForm(posted, article=article, editor=request.user, initial=initial)
    if posted is not None and form.is_valid() and _complete(form):
        try:
            statement, decision = services.add(article, form.values, request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _added(request, statement, decision)
    context = {**_common(request, {}), "form": form, "article": article, "next": _address({}, article.pk)}
    template = "desk/correct.html#form" if request.htmx else "desk/correct.html"  # type: ignore[attr-defined]
    response = render(request, template, context)
    if request.htmx and posted is not None:  # type: ignore[attr-defined]
        response["HX-Retarget"], response["HX-Reswap"] = "#new-statement", "innerHTML"
    return response


def _complete(form: StatementForm) -> bool:
    if not form.values.get("position"):
        form.add_error("position", "A statement takes a position.")
    return not form.errors


def _added(request: HttpRequest, statement: Statement, decision: Decision) -> HttpResponse:
    """HTMX loads the article anew, for the text has another span to mark."""
    address = _address({}, statement.article_id)
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, decision.words)
        return HttpResponseRedirect(f"{address}#statement-{statement.pk}")
    filters = queue.filters_of(QueryDict(request.POST.get("query", "")).dict())
    candidates = queue.waiting(filters, request.user)
    context = _article_context(request, filters, candidates, statement.article_id)
    context |= {"said": decision.words, "current": statement.pk}
    response = render(request, "desk/inbox.html#workspace", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#workspace", "outerHTML"
    return response


@require_safe
@access.at_the_desk
def suggest(request: HttpRequest, what: str) -> HttpResponse:
    """Actors or targets whose name resembles what is typed."""
    words = request.GET.get("q", "").strip()[:100]
    rows: Any = []
    if words and what == "actor":
        rows = [
            (actor.pk, actor.name, actor.get_kind_display()) for actor in Actor.objects.named(words)[:MOST_SUGGESTED]
        ]
    elif words:
        found = Target.objects.named(words).select_related("proposal")[:MOST_SUGGESTED]
        rows = [(target.pk, target.long_name, target.get_kind_display()) for target in found]
    return render(request, "desk/suggestions.html", {"rows": rows, "words": words, "what": what})


# -- Sources, undo, presence


@require_POST
@access.at_the_desk
def grade_source(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk)
    access.need(request.user, access.GRADE_SOURCE)
    reliability = request.POST.get("reliability", "")
    if reliability not in Reliability:
        return HttpResponse("A source is graded A to F.", status=400)
    decision = services.grade_source(source, reliability, request.user)
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, decision.words)
        return HttpResponseRedirect(_way_back(request))
    source.refresh_from_db()
    return render(request, "desk/inbox.html#graded", {"source": source, "said": decision.words})


@require_POST
@access.at_the_desk
def undo_decision(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Take back a decision of one's own, the last one where none is named; a chief editor takes back any."""
    mine = Decision.objects.filter(undone_at=None)
    if pk is None or not request.user.has_perm(access.REVERT):
        mine = mine.filter(editor_id=request.user.pk)
    decision = mine.filter(pk=pk).first() if pk else mine.first()
    if decision is None:
        return _undone(request, None, "There is nothing of yours to undo.", failed=True)
    try:
        undo(decision, request.user)
    except Refused as refusal:
        return _undone(request, decision, str(refusal), failed=True)
    return _undone(request, decision, f"Undone: {decision.words}")


def _undone(request: HttpRequest, decision: Decision | None, words: str, *, failed: bool = False) -> HttpResponse:
    statement = decision.statement if decision else None
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    if htmx and statement and request.POST.get("article") == str(statement.article_id):
        return _answer(request, statement.pk, **{"problem" if failed else "said": words})
    if htmx and (failed or decision is None):
        return render(request, "desk/inbox.html#said", {"said": words, "failed": failed})
    (messages.error if failed else messages.success)(request, words)
    to = _address({}, statement.article_id) if statement else _way_back(request)
    if htmx:
        response = HttpResponse()
        response["HX-Redirect"] = to
        return response
    return HttpResponseRedirect(to)


@require_safe
@access.at_the_desk
def decisions(request: HttpRequest) -> HttpResponse:
    """What was decided at the desk, with undo."""
    found = Decision.objects.select_related("editor", "undone_by", "statement").defer("changes")
    if request.GET.get("by") != "all":
        found = found.filter(editor_id=request.user.pk)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    context = {"pages": page, "everybody": request.GET.get("by") == "all", **_common(request, {})}
    return render(request, "desk/decisions.html", context)


@require_POST
@access.at_the_desk
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one has the article open, and hear who else has."""
    article = get_object_or_404(Article.objects.only("pk"), pk=pk)
    if "take" in request.POST:
        queue.take_over(article.pk, request.user)
    else:
        queue.claim(article.pk, request.user)
    article = Article.objects.select_related("claim__editor").only("pk", "claim__editor__username", "claim__seen_at",
                                                                   "claim__since").get(pk=pk)  # fmt: skip
    context = {"other_editor": queue.other_editor(article, request.user), "article": article, "heard": True}
    return render(request, "desk/inbox.html#presence", context)


@require_POST
@access.at_the_desk
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    article = get_object_or_404(Article.objects.only("pk"), pk=pk)
    access.need(request.user, access.DECIDE)
    name = request.POST.get("editor", "")
    to = get_object_or_404(queue.editors(), username=name) if name else None
    with checked():
        queue.assign([article.pk], to, request.user)
    said = f"Assigned to {to}." if to else "Assigned to nobody."
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/inbox.html#said", {"said": said})
    messages.success(request, said)
    return HttpResponseRedirect(_way_back(request))
