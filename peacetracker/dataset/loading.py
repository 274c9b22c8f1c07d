"""Bring the record in line with a data set: what is missing is added, what differs is changed.

Nothing is removed, and what somebody changed since a data set wrote it stays as it is: see `merging`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pghistory
from django.db import models

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.database.fields import period
from peacetracker.database.refusals import Refused, checked
from peacetracker.dataset.checks import breaches, mistakes
from peacetracker.dataset.evidence import EvidenceLoader, standing_at
from peacetracker.dataset.merging import COMMAND, Merger, pair
from peacetracker.dataset.reading import BadDataSet, Problem, read_data_set
from peacetracker.dataset.schema import (
    ActorEntry,
    AffiliationEntry,
    CitationEntry,
    DataSet,
    IssueEntry,
    Lasting,
    PartyEntry,
    Place,
    ProcessEntry,
    ProposalEntry,
    ProvisionEntry,
    SourceEntry,
)
from peacetracker.press.models import Feed, Source
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


class Loaded(NamedTuple):
    data_set: DataSet
    left: list[Problem]  # what differs from the data set and was left alone, because somebody changed it
    breaches: list[Problem]  # what was loaded although it breaks the rules of a data set


def load_data_set(path: Path, *, overwrite: bool = False) -> Loaded:
    """Load a data set in one transaction. Raises BadDataSet, and then nothing is loaded.

    What somebody changed since a data set wrote it stays as it is, unless the data set is to `overwrite` it.
    """
    data_set = read_data_set(path)
    problems = mistakes(data_set)
    if problems:
        raise BadDataSet(problems)
    merger = Merger(overwrite=overwrite)
    try:
        with pghistory.context(command=COMMAND, path=str(path)), checked():
            _Loader(data_set, merger).load()
    except Refused as refusal:
        raise BadDataSet([Problem(Place(path, 0), str(refusal))]) from refusal
    return Loaded(data_set, sorted(merger.left), breaches(data_set))


class _Loader:
    def __init__(self, data_set: DataSet, merger: Merger) -> None:
        self.data_set, self.merger = data_set, merger
        self.actors: dict[str, Actor] = {}
        self.sources: dict[str, Source] = {}
        self.processes: dict[str, Process] = {}
        self.targets: dict[str, Target] = {}

    def load(self) -> None:
        data = self.data_set
        steps: list[tuple[Callable[[Any], None], list[Any]]] = [
            (self._actor, data.actors),
            (self._names_and_ties, data.actors),
            (self._source, data.sources),
            (self._process, data.processes),
            (self._issue, data.issues),
            (self._proposal, data.proposals),
            (self._links, data.proposals),
        ]
        for step, entries in steps:
            for entry in entries:
                with standing_at(entry):
                    step(entry)
        evidence = EvidenceLoader(self.merger, self.actors, self.targets, self.sources)
        evidence.articles(data.articles)
        evidence.stances(data.stances)

    def _actor(self, entry: ActorEntry) -> None:
        values = {"name": entry.name, "kind": entry.kind, "iso3": entry.iso3, "summary": entry.summary}
        self.actors[entry.slug] = self.merger.upsert(entry.place, Actor.objects, {"slug": entry.slug}, **values)

    def _names_and_ties(self, entry: ActorEntry) -> None:
        actor = self.actors[entry.slug]
        for alias in entry.aliases:
            key = {"actor": actor, "text": alias.text, "language": alias.language}
            self.merger.add(alias.place, Alias.objects, key, kind=alias.kind)
        ties: defaultdict[tuple[str, str], list[AffiliationEntry]] = defaultdict(list)
        for tie in entry.affiliations:
            ties[tie.organisation, tie.role].append(tie)
        for (organisation, role), wanted in ties.items():
            key = {"actor": actor, "organisation": self.actors[organisation], "role": role}
            self._lasting(Affiliation, key, wanted, lambda tie: {"kind": tie.kind, "source_url": tie.url})

    def _lasting(
        self,
        model: type[models.Model],
        key: dict[str, Any],
        entries: Sequence[Lasting],
        values_of: Callable[[Any], dict[str, Any]],
    ) -> None:
        """Bring the rows of one key in line, which differ in their periods alone."""
        stored = list(model._default_manager.filter(**key))
        for row, entry in pair(stored, sorted(entries, key=lambda entry: entry.start or dt.date.min)):
            days, values = period(entry.start, entry.until), values_of(entry)
            with standing_at(entry):
                if row is not None:
                    self.merger.save(entry.place, row, period=days, **values)
                else:
                    self.merger.add(entry.place, model._default_manager, {**key, "period": days}, **values)

    def _source(self, entry: SourceEntry) -> None:
        source = self.merger.upsert(
            entry.place,
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
            values = {"source": source, "kind": feed.kind, "selector": feed.selector, "general": feed.general}
            # Whether it is polled is the operator's decision once it is there.
            Feed.objects.update_or_create(
                url=feed.url, defaults=values, create_defaults={**values, "enabled": feed.enabled}
            )

    def _process(self, entry: ProcessEntry) -> None:
        process = self.merger.upsert(
            entry.place,
            Process.objects,
            {"slug": entry.slug},
            name=entry.name,
            summary=entry.summary,
            started_on=entry.started_on,
        )
        self.processes[entry.slug] = process
        roles: defaultdict[tuple[str, str], list[PartyEntry]] = defaultdict(list)
        for party in entry.parties:
            roles[party.actor, party.role].append(party)
        for (actor, role), wanted in roles.items():
            key = {"process": process, "actor": self.actors[actor], "role": role}
            self._lasting(Party, key, wanted, lambda party: {})

    def _issue(self, entry: IssueEntry) -> None:
        self.targets[entry.slug] = self.merger.upsert(
            entry.place,
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
        proposal = self.merger.upsert(
            entry.place,
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
            key = {"proposal": proposal, "actor": self.actors[actor]}
            self.merger.add(entry.place, Sponsorship.objects, key)
        for provision in entry.provisions:
            with standing_at(provision):
                self._provision(proposal, provision)

    def _provision(self, proposal: Target, entry: ProvisionEntry) -> None:
        slug = f"{proposal.slug}-{entry.number}"
        values: dict[str, Any] = {"name": entry.title, "summary": entry.text, "terms": entry.terms}
        # A provision that an editor added may go by another slug: its number names it.
        provision = Target.objects.filter(proposal=proposal, number=entry.number).first()
        if provision is not None:
            self.merger.save(entry.place, provision, **values)
        else:
            provision = Target.objects.create(
                kind=Target.Kind.PROVISION,
                process=proposal.process,
                proposal=proposal,
                number=entry.number,
                slug=slug,
                **values,
            )
        self.targets[slug] = provision
        self._cite(provision, entry.citations)
        for issue in entry.issues:
            key = {"provision": provision, "issue": self.targets[issue]}
            self.merger.add(entry.place, ProvisionIssue.objects, key)

    def _cite(self, target: Target, citations: list[CitationEntry]) -> None:
        for citation in citations:
            values = {
                "publisher": citation.publisher,
                "title": citation.title,
                "published_on": citation.published_on,
            }
            key = {"target": target, "url": citation.url}
            self.merger.add(citation.place, Citation.objects, key, **values)

    def _links(self, entry: ProposalEntry) -> None:
        for relation in entry.relations:
            earlier = self.targets[relation.proposal]
            key = {"proposal": self.targets[entry.slug], "kind": relation.kind, "earlier": earlier}
            self.merger.add(relation.place, ProposalRelation.objects, key)
        for provision in entry.provisions:
            this = self.targets[f"{entry.slug}-{provision.number}"]
            for slug in provision.corresponds:
                one, other = sorted((this, self.targets[slug]), key=lambda target: target.pk)
                self.merger.add(provision.place, Correspondence.objects, {"one": one, "other": other})
