"""Write the record as a data set in its canonical form: what `load_dataset` reads back.

What readers see is written: actors, proposals, sources, accepted statements with their articles, published
stances. Candidates, rejected statements, drafts and the workings of the pipeline are not part of a data set.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.dataset.checks import check
from peacetracker.dataset.quotes import occurrence_at
from peacetracker.dataset.reading import BadDataSet, Problem, read_data_set
from peacetracker.dataset.roll_calls import put_together, stance_of
from peacetracker.dataset.schema import ArticleEntry, RollCallEntry, StanceEntry, StatementEntry
from peacetracker.dataset.writing import Names, Row, Text, to_yaml
from peacetracker.press.models import Article, Feed, FormerText, Source
from peacetracker.proposals.models import Citation, Correspondence, Party, Process, ProposalRelation, Target
from peacetracker.stances.models import Evidence, Stance, Statement

HEADER = "# Written by manage.py dump_dataset, which replaces this file.\n"
SHARED = "shared"  # the folder for what belongs to no single process, where there are several

Files = dict[PurePosixPath, dict[str, Any]]
Entry = dict[str, Any]
Cell = tuple[int | None, int | None]  # ids of actor and target


class CannotDump(Exception):
    """The data set cannot be written there; str() says what to do instead."""


def dump_data_set(path: Path) -> list[Problem]:
    """Write the record to the folder `path`, all of it or nothing; what in it breaks the rules of a data set.

    An editor may have stored what a data set may not hold, such as a long quotation in a note. It is written
    all the same, because a dump that leaves things out is worse; the problems say what to correct.
    """
    path = path.resolve()
    _refuse_foreign_files(path)
    with _one_moment():
        files = _Dumper().files()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as workshop:
        new, old = Path(workshop, "new"), Path(workshop, "old")
        _write(new, files)
        _swap(new, path, old)
    return _problems(path)


def _refuse_foreign_files(path: Path) -> None:
    """Only what an earlier dump wrote may be replaced."""
    remedy = "give a new or empty folder, or that of an earlier dump"
    if path.exists() and not path.is_dir():
        raise CannotDump(f"{path} is a file: {remedy}.")
    for file in sorted(path.rglob("*")):
        if not file.is_dir() and not _is_ours(file):
            raise CannotDump(f"{path} holds a file that no dump wrote ({file.relative_to(path)}): {remedy}.")


def _is_ours(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(len(HEADER)) == HEADER.encode()


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees the record as it stood at one moment, whatever editors do meanwhile."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _write(folder: Path, files: Files) -> None:
    folder.mkdir()
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HEADER + to_yaml(content), encoding="utf-8", newline="\n")


def _problems(folder: Path) -> list[Problem]:
    try:
        return check(read_data_set(folder)) if any(folder.iterdir()) else []
    except BadDataSet as error:
        return error.problems


def _swap(new: Path, path: Path, old: Path) -> None:
    """Put `new` in the place of `path`, and what stood there to `old`."""
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _known(**values: Any) -> Entry:
    """The values that are known: an absent key means “not known” or “none”."""
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _days(period: DateRange) -> Entry:
    return _known(**{"from": period.lower, "until": period.upper})


def _since(period: DateRange) -> dt.date:
    return period.lower or dt.date.min


def _slug_of(target: Target) -> str:
    """The slug that a data set gives a target: a provision goes by its proposal and number."""
    return f"{target.proposal.slug}-{target.number}" if target.proposal else target.slug


class _Dumper:
    def files(self) -> Files:
        """The content of every file of the data set by its path, in the order in which people read them."""
        files: Files = {}
        for process in self.processes:
            files |= self._process_files(process)
        shared = self._folder(None)
        files[shared / "actors.yaml"] = {"actors": self._actors()}
        files[shared / "sources.yaml"] = {"sources": self._sources()}
        for name, articles in self._articles_by_file().items():
            files[name] = {"articles": articles}
        for folder, calls in self._roll_calls_by_folder().items():
            files[folder / "roll_calls.yaml"] = {"roll_calls": calls}
        for process, stances in self._stances_by_process().items():
            files[self._folder(process) / "stances.yaml"] = {"stances": stances}
        return {name: content for name, content in files.items() if any(content.values())}

    @cached_property
    def processes(self) -> list[Process]:
        return list(Process.objects.order_by("slug"))

    def _folder(self, process: Process | None) -> PurePosixPath:
        """One process needs no folder of its own."""
        if len(self.processes) <= 1:
            return PurePosixPath()
        return PurePosixPath(process.slug if process else SHARED)

    # What processes are about

    def _process_files(self, process: Process) -> Files:
        folder = self._folder(process)
        targets = [target for target in self.targets.values() if target.process_id == process.pk]
        files: Files = {
            folder / "process.yaml": {"process": self._process(process)},
            folder / "issues.yaml": {"issues": [self._issue(t) for t in targets if t.kind == Target.Kind.ISSUE]},
        }
        for proposal in targets:
            if proposal.kind == Target.Kind.PROPOSAL:
                files[folder / "proposals" / f"{proposal.slug}.yaml"] = {"proposals": [self._proposal(proposal)]}
        return files

    @cached_property
    def targets(self) -> dict[int | None, Target]:
        targets = (
            Target.objects.select_related("process", "proposal")
            .prefetch_related("citations", "sponsors", "issues", "relations__earlier")
            .order_by("slug")
        )
        return {target.pk: target for target in targets}

    @cached_property
    def provisions(self) -> defaultdict[int | None, list[Target]]:
        """The provisions of each proposal, by number."""
        provisions = defaultdict(list)
        for target in sorted(self.targets.values(), key=lambda target: target.number or 0):
            provisions[target.proposal_id].append(target)
        return provisions

    def _process(self, process: Process) -> Entry:
        return {
            "slug": process.slug,
            "name": process.name,
            **_known(
                summary=process.summary,
                started_on=process.started_on,
                parties=[
                    Row(actor=party.actor.slug, role=party.role, **_days(party.period))
                    for party in self._parties(process)
                ],
            ),
        }

    def _parties(self, process: Process) -> list[Party]:
        """The parties by role, in the order of the scale of involvement that the model gives."""

        def order(party: Party) -> tuple[int, str, dt.date]:
            return Party.Role.values.index(party.role), party.actor.slug, _since(party.period)

        return sorted(process.parties.select_related("actor"), key=order)

    def _issue(self, issue: Target) -> Entry:
        return {
            "slug": issue.slug,
            **_known(process=issue.process.slug if len(self.processes) > 1 else None),
            "name": issue.name,
            **_known(summary=issue.summary, pax=issue.pax_category, terms=issue.terms),
        }

    def _proposal(self, proposal: Target) -> Entry:
        return {
            "slug": proposal.slug,
            "process": proposal.process.slug,
            "name": proposal.name,
            **_known(aliases=proposal.terms, summary=proposal.summary),
            "tabled_on": proposal.tabled_on,
            "status": proposal.status,
            **_known(
                resolution=proposal.is_resolution or None,
                sponsors=sorted(actor.slug for actor in proposal.sponsors.all()),
                relations=self._relations(proposal.relations.all()),
                citations=self._citations(proposal),
                provisions=[self._provision(provision) for provision in self.provisions[proposal.pk]],
            ),
        }

    def _relations(self, relations: Iterable[ProposalRelation]) -> list[Row]:
        pairs = sorted((relation.kind, relation.earlier.slug) for relation in relations)
        return [Row(kind=kind, proposal=slug) for kind, slug in pairs]

    def _provision(self, provision: Target) -> Entry:
        return Row(
            number=provision.number,
            title=provision.name,
            **_known(
                text=provision.summary,
                issues=sorted(issue.slug for issue in provision.issues.all()),
                corresponds=self.corresponding[provision.pk],
                citations=self._citations(provision),
                terms=provision.terms,
            ),
        )

    @cached_property
    def corresponding(self) -> defaultdict[int, list[str]]:
        """The provisions that correspond to a later one, which names them: each pair stands once."""

        def order(provision: Target) -> tuple[dt.date, str]:
            return self.targets[provision.proposal_id].tabled_on or dt.date.max, provision.slug

        pairs = [
            sorted((self.targets[pair.one_id], self.targets[pair.other_id]), key=order)
            for pair in Correspondence.objects.all()
        ]
        corresponding = defaultdict(list)
        for earlier, later in sorted(pairs, key=lambda pair: pair[0].slug):
            corresponding[later.pk].append(_slug_of(earlier))
        return corresponding

    def _citations(self, target: Target) -> list[Row]:
        def order(citation: Citation) -> tuple[dt.date, str, str]:
            return citation.published_on or dt.date.max, citation.publisher, citation.url

        return [
            Row(
                url=citation.url,
                publisher=citation.publisher,
                **_known(title=citation.title, published_on=citation.published_on),
            )
            for citation in sorted(target.citations.all(), key=order)
        ]

    # Who speaks, and where it was read

    @cached_property
    def actors(self) -> dict[int | None, Actor]:
        actors = Actor.objects.prefetch_related("aliases", "affiliations").order_by("slug")
        return {actor.pk: actor for actor in actors}

    def _actors(self) -> list[Entry]:
        return [
            {
                "slug": actor.slug,
                "name": actor.name,
                "kind": actor.kind,
                **_known(
                    iso3=actor.iso3,
                    summary=actor.summary,
                    aliases=self._aliases(actor.aliases.all()),
                    affiliations=self._affiliations(actor.affiliations.all()),
                ),
            }
            for actor in self.actors.values()
        ]

    def _aliases(self, aliases: Iterable[Alias]) -> list[str | Row]:
        """English names in their short form first, then the others by language."""

        def order(alias: Alias) -> tuple[bool, bool, str, str, str]:
            return (
                alias.language != "en",
                alias.kind != "name",
                alias.language,
                alias.text.casefold(),
                alias.text,
            )

        return [
            alias.text
            if (alias.language, alias.kind) == ("en", "name")
            else Row(text=alias.text, language=alias.language, kind=alias.kind)
            for alias in sorted(aliases, key=order)
        ]

    def _affiliations(self, affiliations: Iterable[Affiliation]) -> list[Row]:
        def order(tie: Affiliation) -> tuple[str, str, dt.date]:
            return self.actors[tie.organisation_id].slug, tie.role, _since(tie.period)

        return [
            Row(
                organisation=self.actors[tie.organisation_id].slug,
                kind=tie.kind,
                **_known(role=tie.role),
                **_days(tie.period),
                **_known(url=tie.source_url),
            )
            for tie in sorted(affiliations, key=order)
        ]

    def _sources(self) -> list[Entry]:
        return [
            {
                "slug": source.slug,
                "name": source.name,
                **_known(homepage=source.homepage, country=source.country),
                "reliability": source.reliability,
                **_known(reliability_reason=source.reliability_reason, feeds=self._feeds(source.feeds.all())),
            }
            for source in Source.objects.prefetch_related("feeds").order_by("slug")
        ]

    def _feeds(self, feeds: Iterable[Feed]) -> list[Row]:
        return [
            Row(
                url=feed.url,
                kind=feed.kind,
                **_known(selector=feed.selector),
                **({} if feed.enabled else {"enabled": False}),
                **({} if feed.general else {"general": False}),
            )
            for feed in sorted(feeds, key=lambda feed: feed.url)
        ]

    # The evidence, and what it proves

    @cached_property
    def articles(self) -> list[Article]:
        evident = Statement.objects.accepted().filter(article=OuterRef("pk"))
        articles = Article.objects.filter(
            Exists(evident) | Q(text_kind=Article.TextKind.NOTE, text__gt="")
        ).select_related("source")
        return sorted(articles, key=lambda a: (a.published_on or dt.date.max, a.canonical_url))

    @cached_property
    def statements(self) -> defaultdict[int, list[Statement]]:
        """The accepted statements of each article, in the order of its text."""
        statements = defaultdict(list)
        accepted = Statement.objects.accepted().select_related("article", "former_text")
        for statement in accepted.order_by("start", "end", "actor__slug", "target__slug", "pk"):
            statements[statement.article_id].append(statement)
        return statements

    @cached_property
    def former_texts(self) -> defaultdict[int, list[FormerText]]:
        """The texts of each article before the present one in which accepted statements stand."""
        formers = defaultdict(list)
        standing = Statement.objects.accepted().filter(former_text=OuterRef("pk"))
        for former in FormerText.objects.filter(Exists(standing)):
            formers[former.article_id].append(former)
        return formers

    @cached_property
    def ids(self) -> dict[int, str]:
        """A name for each statement that says who spoke of what when; the second of a name gets “-2”."""
        ids: dict[int, str] = {}
        used: Counter[str] = Counter()
        for article in self.articles:
            for statement in self.statements[article.pk]:
                voice = self.actors[statement.speaker_id or statement.actor_id]
                name = f"{voice.slug}-{self._target(statement)}-{statement.said_on}"
                used[name] += 1
                ids[statement.pk] = name if used[name] == 1 else f"{name}-{used[name]}"
        return ids

    def _target(self, row: Statement | Stance) -> str:
        return _slug_of(self.targets[row.target_id])

    def _articles_by_file(self) -> dict[PurePosixPath, list[Entry]]:
        files = defaultdict(list)
        for article in self.articles:
            if article.pk in self.roll_calls:
                continue
            month = f"{article.published_on:%Y-%m}" if article.published_on else "undated"
            files[self._folder_of(article) / "articles" / f"{month}.yaml"].append(self._article(article))
        return files

    def _folder_of(self, article: Article) -> PurePosixPath:
        """An article stands with its process; one that speaks of several, or of none, with what is shared."""
        processes = {self.targets[statement.target_id].process for statement in self.statements[article.pk]}
        return self._folder(processes.pop() if len(processes) == 1 else None)

    def _article(self, article: Article) -> Entry:
        return {
            "url": article.url,
            **_known(
                canonical_url=article.canonical_url if article.canonical_url != article.url else None,
                source=article.source.slug if article.source else None,
                title=article.title,
                author=article.author,
                published_on=article.published_on,
            ),
            "language": article.language,
            "text_kind": article.text_kind,
            "text": Text(article.text),
            **_known(former_texts=[Text(former.text) for former in self.former_texts[article.pk]]),
            **_known(statements=[self._statement(article, s) for s in self.statements[article.pk]]),
        }

    def _statement(self, article: Article, statement: Statement) -> Entry:
        formers = [former.pk for former in self.former_texts[article.pk]]
        former = formers.index(statement.former_text_id) + 1 if statement.former_text_id else None
        occurrence = occurrence_at(statement.text, statement.quote, statement.start)
        return {
            "id": self.ids[statement.pk],
            "actor": self.actors[statement.actor_id].slug,
            **_known(
                speaker=self.actors[statement.speaker_id].slug if statement.speaker_id else None,
                speaker_name=statement.speaker_name,
                role=statement.role,
            ),
            "target": self._target(statement),
            "position": statement.position,
            **_known(condition=statement.condition),
            "quote": statement.quote,
            **_known(former_text=former, occurrence=occurrence if occurrence > 1 else None),
            "direct": statement.direct,
            "said_on": statement.said_on,
            **_known(
                credibility=statement.credibility,
                kind=None if statement.kind == Statement.Kind.SPOKEN else statement.kind,
            ),
        }

    # Roll calls

    @cached_property
    def roll_calls(self) -> dict[int, RollCallEntry]:
        """The articles that are nothing but a roll call, and whose votes are followed by the stances they give."""
        names = {actor.slug: actor.name for actor in self.actors.values()}
        found = {}
        for article in self.articles:
            votes = self.statements[article.pk]
            if not votes or any(
                vote.kind != Statement.Kind.VOTE or vote.target_id != votes[0].target_id for vote in votes
            ):
                continue
            call = put_together(ArticleEntry.model_validate(self._article(article)), names)
            if call and all(self.stances_of[vote.actor_id, vote.target_id] for vote in votes):
                found[article.pk] = call
        return found

    @cached_property
    def stances_of(self) -> defaultdict[Cell, list[Stance]]:
        """The published stances of each actor on each target."""
        stances: defaultdict[Cell, list[Stance]] = defaultdict(list)
        for stance in Stance.objects.published().order_by("period"):
            stances[stance.actor_id, stance.target_id].append(stance)
        return stances

    @cached_property
    def votes(self) -> dict[Cell, StatementEntry]:
        """The votes of the roll calls that stand in the short form, by actor and target."""
        return {
            (vote.actor_id, vote.target_id): StatementEntry.model_validate(self._statement(article, vote))
            for article in self.articles
            if article.pk in self.roll_calls
            for vote in self.statements[article.pk]
        }

    def _goes_without_saying(self, cell: Cell, stances: list[Stance]) -> bool:
        """Whether the stances on a cell are what its vote in a roll call gives without them."""
        vote = self.votes.get(cell)
        if vote is None or len(stances) != 1:
            return False
        return StanceEntry.model_validate(self._stance(stances[0])).model_dump() == stance_of(vote).model_dump()

    def _roll_calls_by_folder(self) -> dict[PurePosixPath, list[Entry]]:
        folders = defaultdict(list)
        for article in self.articles:
            if article.pk in self.roll_calls:
                folders[self._folder_of(article)].append(self._roll_call(self.roll_calls[article.pk]))
        return folders

    def _roll_call(self, call: RollCallEntry) -> Entry:
        values = call.model_dump(exclude={"votes"})
        votes = {way: Names(slugs) for way, slugs in call.votes.model_dump().items() if slugs}
        return {**_known(**values), "votes": votes}

    def _stances_by_process(self) -> dict[Process, list[Entry]]:
        def order(stance: Stance) -> tuple[str, str, dt.date]:
            return self.actors[stance.actor_id].slug, self._target(stance), stance.period.lower

        by_process = defaultdict(list)
        told = [
            stance
            for cell, stances in self.stances_of.items()
            if not self._goes_without_saying(cell, stances)
            for stance in stances
        ]
        for stance in sorted(told, key=order):
            by_process[self.targets[stance.target_id].process].append(self._stance(stance))
        return by_process

    def _stance(self, stance: Stance) -> Entry:
        return {
            "actor": self.actors[stance.actor_id].slug,
            "target": self._target(stance),
            **_days(stance.period),
            "position": stance.position,
            **_known(condition=stance.condition, note=stance.note),
            "evidence": self.evidence[stance.pk],
        }

    @cached_property
    def evidence(self) -> dict[int, list[str]]:
        """The accepted statements on which each stance rests, by what was said first."""
        links = Evidence.objects.filter(statement__state=Statement.State.ACCEPTED).select_related("statement")
        evidence = defaultdict(list)
        for link in sorted(links, key=lambda link: (link.statement.said_on, self.ids[link.statement_id])):
            evidence[link.stance_id].append(self.ids[link.statement_id])
        return evidence
