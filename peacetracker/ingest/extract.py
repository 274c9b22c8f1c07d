"""From an article's text to candidate statements in the record."""

from __future__ import annotations

from collections.abc import Iterable

from peacetracker.extraction import Document, ExtractedStatement, UnsupportedLanguage, extractor
from peacetracker.ingest.gazetteer import RecordNames, record_names
from peacetracker.press.models import Article
from peacetracker.stances.models import CONDITIONAL, Statement


def candidates_of(article: Article, extractor_name: str) -> tuple[list[Statement], str]:
    """Candidates of an article, not yet stored, and a note where there can be none."""
    names = record_names()
    reader = extractor(extractor_name)
    document = Document(
        text=article.text,
        title=article.title,
        published_on=article.published_on,
        language=article.language or "en",
        publisher=article.source.name if article.source else "",
    )
    try:
        found = reader.extract(document, names.gazetteer)
    except UnsupportedLanguage as problem:
        return [], f"not read: {problem}"
    made_by = {"extractor": reader.name, "extractor_version": reader.version}
    return [_candidate(article, statement, names, made_by) for statement in found], ""


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
