"""What waits for an editor: candidates by article, the most valuable first, as the filters of the address want it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from peacetracker.actors.models import Actor
from peacetracker.desk import coding
from peacetracker.desk.models import CLAIM_LASTS, Assignment, Claim
from peacetracker.press.models import Article, Source
from peacetracker.proposals.models import Process, Target
from peacetracker.stances.models import Statement

ARTICLES_A_PAGE = 12
FILTERS = ["process", "actor", "target", "source", "language", "confidence", "assigned", "age"]
CONFIDENCES = {"0.8": "80 % and more", "0.6": "60 % and more", "0.4": "40 % and more", "made": "made by an editor"}
AGES = {"1": "a day", "3": "three days", "7": "a week", "30": "a month"}
ASSIGNED = {"me": "me", "nobody": "nobody"}


@dataclass(frozen=True)
class Waiting:
    """How much waits."""

    candidates: int
    articles: int


@dataclass(frozen=True)
class Entry:
    """An article in the list."""

    article: Article
    waiting: int
    worth: int
    editor: Any  # who has it open, where that is somebody else
    assigned: Any


def filters_of(query: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address names, without the empty ones."""
    return {name: query[name] for name in FILTERS if query.get(name)}


def waiting(filters: Mapping[str, str], editor: Any) -> QuerySet[Statement]:
    """Candidates that meet the filters and wait for this editor: originals, whose echoes are decided with them."""
    found: QuerySet[Statement] = Statement.objects.candidates().filter(echo_of=None).order_by()
    found = coding.open_to(found, editor)
    for name, value in filters.items():
        found = found.filter(**_wanted(name, value, editor))
    return found


def _wanted(name: str, value: str, editor: Any) -> dict[str, Any]:
    """A filter as a lookup on the candidates' own columns, so that their index can answer it."""
    match name:
        case "process":
            return {"target__in": Target.objects.filter(process__slug=value)}
        case "actor":
            return {"actor": _key(Actor, value)}
        case "target":
            return {"target": _key(Target, value)}
        case "source":
            return {"article__in": Article.objects.filter(source__slug=value)}
        case "language":
            return {"article__in": Article.objects.filter(language=value)}
        case "confidence" if value == "made":
            return {"confidence": None}
        case "confidence" if value in CONFIDENCES:
            return {"confidence__gte": float(value)}
        case "assigned" if value == "me":
            return {"article__in": Assignment.objects.filter(editor=editor).values("article")}
        case "assigned" if value == "nobody":
            return {"article__in": Article.objects.filter(assignment=None)}
        case "age" if value in AGES:
            return {"added_at__gte": timezone.now() - dt.timedelta(days=int(value))}
    raise ValidationError(f"There is no {name} “{value}”: choose one of the list.")


def _key(model: type[Any], slug: str) -> int:
    """The number of a row, or one that none has: then nothing matches."""
    return model._default_manager.filter(slug=slug).values_list("pk", flat=True).first() or 0


@dataclass(frozen=True)
class Page:
    """A page of the list, and how much waits on all of them."""

    entries: list[Entry]
    waiting: Waiting
    number: int

    @property
    def last(self) -> int:
        return max(1, -(-self.waiting.articles // ARTICLES_A_PAGE))


def count(candidates: QuerySet[Statement]) -> Waiting:
    """How many candidates wait, in how many articles."""
    grouped, values = _by_worth(candidates).order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(waiting), 0), count(*) FROM ({grouped}) g", values)
        return Waiting(*map(int, cursor.fetchone()))


def page(candidates: QuerySet[Statement], editor: Any, number: int = 1) -> Page:
    """A page of the articles with candidates: by the worth of their best, then the newest. One walk counts them too."""
    grouped, values = _by_worth(candidates).order_by().query.sql_with_params()
    ranked = f"""
        SELECT g.article, best, waiting, sum(waiting) OVER (), count(*) OVER () FROM ({grouped}) g
        ORDER BY best DESC, g.article DESC LIMIT {ARTICLES_A_PAGE} OFFSET %s
    """
    with connection.cursor() as cursor:
        cursor.execute(ranked, [*values, (number - 1) * ARTICLES_A_PAGE])
        rows = cursor.fetchall()
    if not rows:
        return page(candidates, editor) if number > 1 else Page([], Waiting(0, 0), 1)
    keys = [row[0] for row in rows]
    found = Article.objects.select_related("source", "claim__editor", "assignment__editor").defer("text", "search")
    known = found.in_bulk(keys)
    entries = [_entry(known[key], best, number_waiting, editor) for key, best, number_waiting, *_ in rows]
    return Page(entries, Waiting(int(rows[0][3]), rows[0][4]), number)


def _by_worth(candidates: QuerySet[Statement]) -> Any:
    """Articles with the worth of their best candidate: read from the index `statement_queue` alone."""
    rows = candidates.values("article").annotate(best=Max("worth"), waiting=Count("*"))
    return rows.order_by("-best", "-article")


def _entry(article: Article, worth: int, waiting: int, editor: Any) -> Entry:
    assignment = getattr(article, "assignment", None)
    return Entry(
        article=article,
        waiting=waiting,
        worth=worth,
        editor=other_editor(article, editor),
        assigned=assignment.editor if assignment else None,
    )


def other_editor(article: Article, editor: Any) -> Any:
    """Who else has the article open."""
    claim = getattr(article, "claim", None)
    return claim.editor if claim and claim.running and claim.editor_id != editor.pk else None


def after(
    candidates: QuerySet[Statement], editor: Any, article: int | None = None, listed: Page | None = None
) -> int | None:
    """The article to go on with after one: the next best that nobody else has open. A page may know it already."""
    if listed and (known := _on_page(listed, article)):
        return known
    taken = Claim.objects.filter(seen_at__gt=timezone.now() - CLAIM_LASTS).exclude(editor=editor)
    rows = _by_worth(candidates.exclude(article__in=list(taken.values_list("article", flat=True))))
    best = candidates.filter(article=article).aggregate(best=Max("worth"))["best"] if article else None
    if best is not None:
        worse = rows.filter(Q(best__lt=best) | Q(best=best, article__lt=article))
        if (following := worse.first()) is not None:
            return int(following["article"])
    first = rows.exclude(article=article).first() if article else rows.first()
    return first["article"] if first else None


def _on_page(listed: Page, article: int | None) -> int | None:
    """The first free article of a page, after one of it where that is given."""
    keys = [entry.article.pk for entry in listed.entries]
    if article is not None and article not in keys:
        return None
    start = 0 if article is None else keys.index(article) + 1
    return next((entry.article.pk for entry in listed.entries[start:] if entry.editor is None), None)


def choices() -> dict[str, list[tuple[str, str]]]:
    """What the filters offer, as of a minute ago at most."""
    return cache.get_or_set("desk-filters", _choices, 60) or {}


def _choices() -> dict[str, list[tuple[str, str]]]:
    """What each filter offers: value and words; of actors and targets only those that some candidate has."""
    candidates = Statement.objects.candidates()
    actors = Actor.objects.filter(Exists(candidates.filter(actor=OuterRef("pk"))))
    targets = Target.objects.filter(Exists(candidates.filter(target=OuterRef("pk")))).select_related("proposal")
    return {
        "process": [(process.slug, str(process)) for process in Process.objects.all()],
        "actor": [(actor.slug, str(actor)) for actor in actors],
        "target": [(target.slug, target.long_name) for target in targets],
        "source": [(source.slug, str(source)) for source in Source.objects.all()],
        "language": [(language, language) for language in _languages()],
        "confidence": list(CONFIDENCES.items()),
        "assigned": list(ASSIGNED.items()),
        "age": list(AGES.items()),
    }


def _languages() -> list[str]:
    known = Article.objects.exclude(language="").order_by("language")
    return list(known.values_list("language", flat=True).distinct())


def claim(article: int, editor: Any) -> None:
    """Say that an editor has the article open, unless somebody else has."""
    now = timezone.now()
    made = Claim.objects.bulk_create(
        [Claim(article_id=article, editor=editor, since=now, seen_at=now)], ignore_conflicts=True
    )
    mine = Claim.objects.filter(article=article, editor=editor)
    if made and not mine.update(seen_at=now):
        lapsed = Claim.objects.filter(article=article, seen_at__lte=now - CLAIM_LASTS)
        lapsed.update(editor=editor, since=now, seen_at=now)


def take_over(article: int, editor: Any) -> None:
    now = timezone.now()
    Claim.objects.update_or_create(article_id=article, defaults={"editor": editor, "since": now, "seen_at": now})


def assign(article_keys: list[int], to: Any, by: Any) -> None:
    """Give articles to an editor, or to nobody."""
    if to is None:
        Assignment.objects.filter(article__in=article_keys).delete()
        return
    Assignment.objects.bulk_create(
        [Assignment(article_id=key, editor=to, by=by) for key in article_keys],
        update_conflicts=True,
        unique_fields=["article"],
        update_fields=["editor", "by", "at"],
    )


def editors() -> QuerySet[Any]:
    """Who can decide, by the groups' rights or as superusers."""
    users = get_user_model().objects.filter(is_active=True)
    deciding = users.filter(groups__permissions__codename="decide_statement") | users.filter(is_superuser=True)
    return deciding.distinct().order_by(F("username"))
