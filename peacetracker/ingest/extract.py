"""From an article's text to candidate statements in the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from peacetracker.extraction import (
    Document,
    ExtractedStatement,
    KnownQuote,
    Outcome,
    Unavailable,
    UnsupportedLanguage,
    Usage,
    extractor,
    read,
)
from peacetracker.extraction.consistency import FEWEST_WORDS
from peacetracker.extraction.llm import configured
from peacetracker.ingest.gazetteer import RecordNames, record_names
from peacetracker.ingest.lessons import use_learnt_detector
from peacetracker.ingest.models import ModelUse
from peacetracker.press.models import Article
from peacetracker.stances.models import CONDITIONAL, Statement

MOST_QUOTES = 20  # of an article that are looked for in others
MOST_LIKE_THEM = 100


@dataclass(frozen=True)
class Reading:
    """What became of an article: its candidates, not yet stored; `waits` where no extractor could read it now."""

    candidates: list[Statement]
    note: str = ""
    waits: bool = False


def reading_of(article: Article, extractor_name: str) -> Reading:
    """Have an article read. A language that the extractor does not read goes to the language model, if there is one."""
    names, learnt = record_names(), use_learnt_detector()
    document = Document(
        text=article.text,
        title=article.title,
        published_on=article.published_on,
        language=article.language or "en",
        publisher=article.source.name if article.source else "",
    )
    try:
        outcome = _read(document, names, extractor_name, article)
    except UnsupportedLanguage as problem:
        return Reading([], f"{problem}; it waits for a language model (LLM_BASE_URL, LLM_MODEL)", waits=True)
    except Unavailable as problem:
        _keep_use(article, problem.usage, answered=False)
        return Reading([], f"{problem}; nothing else reads {document.language!r}", waits=True)
    _keep_use(article, outcome.usage, answered=outcome.extractor == "llm")
    made_by = {"extractor": outcome.extractor, "extractor_version": outcome.version}
    if outcome.extractor == "rules":
        made_by["extractor_version"] += learnt
    return Reading([_candidate(article, found, names, made_by) for found in outcome.statements], outcome.note)


def _read(document: Document, names: RecordNames, name: str, article: Article) -> Outcome:
    def quotes(statements: list[ExtractedStatement]) -> Sequence[KnownQuote]:
        return quotes_like(statements, article)

    if name == "llm" and not configured():
        raise ImproperlyConfigured("EXTRACTOR=llm needs LLM_BASE_URL and LLM_MODEL")
    try:
        return read(extractor(name), document, names.gazetteer, quotes)
    except UnsupportedLanguage:
        if not configured():
            raise
        return read(extractor("llm"), document, names.gazetteer, quotes)


def quotes_like(statements: Iterable[ExtractedStatement], article: Article) -> list[KnownQuote]:
    """Quotations of other articles whose words resemble those of an article: one query, by an index of trigrams."""
    direct = [one.quote for one in statements if one.direct and len(one.quote.split()) >= FEWEST_WORDS]
    alike = Q()
    for quote in sorted(set(direct), key=len, reverse=True)[:MOST_QUOTES]:
        alike |= Q(quote__trigram_similar=quote)
    if not alike:
        return []
    rows = Statement.objects.filter(alike, direct=True).exclude(article=article).exclude(state="rejected")
    rows = rows.select_related("actor", "speaker", "article__source").defer("article__text", "article__search")
    return [_known(row) for row in rows.order_by("-said_on", "-pk")[:MOST_LIKE_THEM]]


def _known(row: Statement) -> KnownQuote:
    where = f"{row.article.source or 'an unknown source'}, {_in_words(row.article.published_on)}"
    speaker = row.speaker.name if row.speaker else row.speaker_name
    return KnownQuote(row.quote, speaker or None, row.actor.name if row.actor else row.actor_name, row.said_on, where)


def _in_words(day: dt.date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "without a date"


def _keep_use(article: Article, usage: Usage | None, *, answered: bool) -> None:
    """Outside of any transaction that may be given up: it was spent."""
    if usage is None or not usage.requests:
        return
    ModelUse.objects.create(
        article=article,
        model=usage.model[:100],
        requests=usage.requests,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost=usage.cost,
        answered=answered,
        dropped=usage.dropped,
    )


def _candidate(article: Article, found: ExtractedStatement, names: RecordNames, made_by: dict[str, str]) -> Statement:
    actor = names.actors.get(found.actor)
    speaker = names.actors.get(found.speaker or "")
    target = names.targets.get((found.target_kind, found.target))
    conditional = found.position in CONDITIONAL
    return Statement(
        article=article,
        start=found.start,
        end=found.end,
        quote=found.quote,
        direct=found.direct,
        actor_id=actor,
        actor_name="" if actor else found.actor[:200],
        speaker_id=speaker,
        speaker_name="" if speaker else (found.speaker or "")[:200],
        role=(found.role or "")[:200],
        target_id=target,
        target_name="" if target else found.target[:300],
        position=found.position,
        condition=(found.condition or "")[:500] if conditional else "",
        said_on=found.said_on or article.published_on,
        confidence=found.confidence,
        cues=list(found.cues),
        warnings=list(found.warnings),
        **made_by,
    )


def store(article: Article, candidates: list[Statement]) -> None:
    """Replace an article's undecided candidates; what an editor has decided stays as it is."""
    drop_undecided([article.pk])
    Statement.objects.bulk_create(candidates, ignore_conflicts=True)


def drop_undecided(articles: Iterable[int]) -> None:
    """Remove the candidates that extraction found in articles' present texts and that nobody has decided."""
    found = Statement.objects.candidates().filter(article__in=articles, former_text=None, evidence=None)
    found.exclude(extractor="").delete()
