"""Bring the record in line with a data set: what is missing is added, what differs is changed.

Nothing is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models
from django.db.backends.postgresql.psycopg_any import DateRange

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database.fields import period, validate_text
from peacetracker.database.refusals import MESSAGES, Refused, checked
from peacetracker.dataset.checks import check
from peacetracker.dataset.quotes import nth_start
from peacetracker.dataset.reading import BadDataSet, Problem, read_data_set
from peacetracker.dataset.schema import (
    ActorEntry,
    ArticleEntry,
    CitationEntry,
    DataSet,
    Entry,
    IssueEntry,
    Lasting,
    Place,
    ProcessEntry,
    ProposalEntry,
    ProvisionEntry,
    SourceEntry,
    StanceEntry,
    StatementEntry,
)
from peacetracker.press.models import Article, Feed, Source
from peacetracker.proposals.models import (
    Citation,
    Correspondence,
    Party,
    Process,
    ProposalRelation,
    ProvisionIssue,
    Sponsorship,
    Target,
)
from peacetracker.stances.models import Evidence, Stance, Statement


def load_data_set(path: Path) -> DataSet:
    """Load a data set in one transaction. Raises BadDataSet, and then nothing is loaded."""
    data_set = read_data_set(path)
    problems = check(data_set)
    if problems:
        raise BadDataSet(problems)
    try:
        with pghistory.context(command="load_dataset", path=str(path)), checked():
            _Loader(data_set).load()
    except Refused as refusal:
        raise BadDataSet([Problem(Place(path, 0), str(refusal))]) from refusal
    return data_set


@contextmanager
def _standing_at(entry: Entry) -> Iterator[None]:
    """Name the entry that the database refuses."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None) or ""
        words = MESSAGES.get(name) or getattr(diagnosis, "message_primary", None) or str(error)
        raise BadDataSet([Problem(entry.place, f"the record refuses this ({name}): {words}")]) from error
    except ValidationError as error:
        raise BadDataSet([Problem(entry.place, " ".join(error.messages))]) from error


def _days(entry: Lasting) -> DateRange:
    return period(entry.start, entry.until)


def _bring_in_line(found: Any, **values: Any) -> None:
    """Save a row only where it differs, so that loading twice writes no history and raises no revision."""
    changed = [name for name, value in values.items() if getattr(found, name) != value]
    for name in changed:
        setattr(found, name, values[name])
    if changed:
        found.save()


def _upsert(manager: models.Manager[Any], key: dict[str, Any], **values: Any) -> Any:
    found, created = manager.get_or_create(**key, defaults=values)
    if not created:
        _bring_in_line(found, **values)
    return found


class _Loader:
    def __init__(self, data_set: DataSet) -> None:
        self.data_set = data_set
        self.actors: dict[str, Actor] = {}
        self.sources: dict[str, Source] = {}
        self.processes: dict[str, Process] = {}
        self.targets: dict[str, Target] = {}
        self.statements: dict[str, Statement] = {}

    def load(self) -> None:
        data = self.data_set
        steps: list[tuple[Any, list[Any]]] = [
            (self._actor, data.actors),
            (self._names_and_ties, data.actors),
            (self._source, data.sources),
            (self._process, data.processes),
            (self._issue, data.issues),
            (self._proposal, data.proposals),
            (self._links, data.proposals),
            (self._article, data.articles),
            (self._stance, sorted(data.stances, key=lambda stance: stance.start)),
        ]
        for step, entries in steps:
            for entry in entries:
                with _standing_at(entry):
                    step(entry)

    def _actor(self, entry: ActorEntry) -> None:
        values = {"name": entry.name, "kind": entry.kind, "iso3": entry.iso3, "summary": entry.summary}
        self.actors[entry.slug] = _upsert(Actor.objects, {"slug": entry.slug}, **values)

    def _names_and_ties(self, entry: ActorEntry) -> None:
        actor = self.actors[entry.slug]
        for alias in entry.aliases:
            key = {"actor": actor, "text": alias.text, "language": alias.language}
            _upsert(Alias.objects, key, kind=alias.kind)
        for tie in entry.affiliations:
            key = {
                "actor": actor,
                "organisation": self.actors[tie.organisation],
                "role": tie.role,
                **_starts_with(tie),
            }
            found = Affiliation.objects.filter(**key).first() or Affiliation(
                actor=actor, organisation=self.actors[tie.organisation], role=tie.role, period=None
            )
            _bring_in_line(found, kind=tie.kind, period=_days(tie), source_url=tie.url)

    def _source(self, entry: SourceEntry) -> None:
        source = _upsert(
            Source.objects,
            {"slug": entry.slug},
            name=entry.name,
            homepage=entry.homepage,
            country=entry.country,
            reliability=entry.reliability,
            reliability_reason=entry.reliability_reason,
        )
        self.sources[entry.slug] = source
        for feed in entry.feeds:
            _upsert(Feed.objects, {"url": feed.url}, source=source, kind=feed.kind, enabled=feed.enabled)

    def _process(self, entry: ProcessEntry) -> None:
        process = _upsert(
            Process.objects,
            {"slug": entry.slug},
            name=entry.name,
            summary=entry.summary,
            started_on=entry.started_on,
        )
        self.processes[entry.slug] = process
        for party in entry.parties:
            key = {"process": process, "actor": self.actors[party.actor], "role": party.role}
            found = Party.objects.filter(**key, **_starts_with(party)).first() or Party(**key, period=None)
            _bring_in_line(found, period=_days(party))

    def _issue(self, entry: IssueEntry) -> None:
        self.targets[entry.slug] = _upsert(
            Target.objects,
            {"slug": entry.slug},
            kind=Target.Kind.ISSUE,
            process=self.processes[entry.process] if entry.process else next(iter(self.processes.values())),
            name=entry.name,
            summary=entry.summary,
            pax_category=entry.pax,
            terms=entry.terms,
        )

    def _proposal(self, entry: ProposalEntry) -> None:
        process = self.processes[entry.process]
        proposal = _upsert(
            Target.objects,
            {"slug": entry.slug},
            kind=Target.Kind.PROPOSAL,
            process=process,
            name=entry.name,
            summary=entry.summary,
            terms=entry.aliases,
            tabled_on=entry.tabled_on,
            status=entry.status,
            is_resolution=entry.resolution,
        )
        self.targets[entry.slug] = proposal
        self._cite(proposal, entry.citations)
        for actor in entry.sponsors:
            Sponsorship.objects.get_or_create(proposal=proposal, actor=self.actors[actor])
        for provision in entry.provisions:
            with _standing_at(provision):
                self._provision(proposal, provision)

    def _provision(self, proposal: Target, entry: ProvisionEntry) -> None:
        slug = f"{proposal.slug}-{entry.number}"
        provision = _upsert(
            Target.objects,
            {"slug": slug},
            kind=Target.Kind.PROVISION,
            process=proposal.process,
            proposal=proposal,
            number=entry.number,
            name=entry.title,
            summary=entry.text,
            terms=entry.terms,
        )
        self.targets[slug] = provision
        self._cite(provision, entry.citations)
        for issue in entry.issues:
            ProvisionIssue.objects.get_or_create(provision=provision, issue=self.targets[issue])

    def _cite(self, target: Target, citations: list[CitationEntry]) -> None:
        for citation in citations:
            values = {
                "publisher": citation.publisher,
                "title": citation.title,
                "published_on": citation.published_on,
            }
            _upsert(Citation.objects, {"target": target, "url": citation.url}, **values)

    def _links(self, entry: ProposalEntry) -> None:
        for relation in entry.relations:
            ProposalRelation.objects.get_or_create(
                proposal=self.targets[entry.slug], kind=relation.kind, earlier=self.targets[relation.proposal]
            )
        for provision in entry.provisions:
            this = self.targets[f"{entry.slug}-{provision.number}"]
            for slug in provision.corresponds:
                one, other = sorted((this, self.targets[slug]), key=lambda target: target.pk)
                Correspondence.objects.get_or_create(one=one, other=other)

    def _article(self, entry: ArticleEntry) -> None:
        validate_text(entry.text)
        key = {"canonical_url": entry.address}
        found = Article.objects.filter(**key).first() or Article(**key)
        if entry.published_on != found.published_on:
            found.date_provenance = "given" if entry.published_on else ""
        _bring_in_line(
            found,
            url=entry.url,
            source=self.sources[entry.source] if entry.source else None,
            title=entry.title,
            author=entry.author,
            published_on=entry.published_on,
            language=entry.language,
            text_kind=entry.text_kind,
            text=entry.text,
            state=Article.State.EXTRACTED,
        )
        for statement in entry.statements:
            with _standing_at(statement):
                self.statements[statement.id] = self._statement(found, statement)

    def _statement(self, article: Article, entry: StatementEntry) -> Statement:
        start = nth_start(article.text, entry.quote, entry.occurrence)
        key = {
            "article": article,
            "start": start,
            "end": start + len(entry.quote),
            "actor": self.actors[entry.actor],
            "target": self.targets[entry.target],
        }
        # A candidate that calls the actor or target by other words may stand beside it: the first is meant.
        found = Statement.objects.filter(**key).order_by("pk").first() or Statement(**key)
        _bring_in_line(
            found,
            quote=entry.quote,
            speaker=self.actors[entry.speaker] if entry.speaker else None,
            speaker_name=entry.speaker_name,
            role=entry.role,
            position=entry.position,
            condition=entry.condition,
            direct=entry.direct,
            said_on=entry.said_on,
            credibility=entry.credibility,
            state=entry.state,
            kind=entry.kind,
        )
        return found

    def _stance(self, entry: StanceEntry) -> None:
        actor, target = self.actors[entry.actor], self.targets[entry.target]
        key = {"actor": actor, "target": target, "period__startswith": entry.start}
        stance = Stance.objects.published().filter(**key).first() or Stance(
            actor=actor, target=target, period=None, published=True
        )
        _bring_in_line(
            stance,
            period=_days(entry),
            position=entry.position,
            condition=entry.condition,
            note=entry.note,
        )
        for name in entry.evidence:
            Evidence.objects.get_or_create(stance=stance, statement=self.statements[name])


def _starts_with(entry: Lasting) -> dict[str, Any]:
    """The lookup for a row whose period begins when the entry's does."""
    return {"period__startswith": entry.start} if entry.start else {"period__startswith__isnull": True}
