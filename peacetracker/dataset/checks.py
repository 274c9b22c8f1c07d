"""What must hold in a data set beyond the shape of its files."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from peacetracker.dataset.quotes import nth_start
from peacetracker.dataset.reading import Problem
from peacetracker.dataset.schema import DataSet, Entry, StanceEntry, StatementEntry

LONGEST_QUOTATION = 25  # words; more of another's text would be a copy, not a quotation
_QUOTATION = re.compile(r"“([^”]*)”")
Rule = Callable[["_Record"], Iterator[Problem]]


def check(data_set: DataSet) -> list[Problem]:
    """All that is wrong with a data set, in the order of files and lines."""
    return sorted([*mistakes(data_set), *breaches(data_set)])


def mistakes(data_set: DataSet) -> list[Problem]:
    """What keeps a data set from being loaded."""
    return _found(data_set, _MUSTS)


def breaches(data_set: DataSet) -> list[Problem]:
    """What breaks the rules of a data set that readers can trust, and can be loaded."""
    return _found(data_set, _RULES)


def _found(data_set: DataSet, rules: list[Rule]) -> list[Problem]:
    record = _Record(data_set)
    return sorted(problem for rule in rules for problem in rule(record))


class _Record:
    """A data set with its entries at hand by slug."""

    def __init__(self, data_set: DataSet) -> None:
        self.data_set = data_set
        self.actors = {actor.slug: actor for actor in data_set.actors}
        self.sources = {source.slug for source in data_set.sources}
        self.proposals = {proposal.slug: proposal for proposal in data_set.proposals}
        self.issues = {issue.slug for issue in data_set.issues}
        self.provisions = {
            f"{proposal.slug}-{provision.number}": proposal
            for proposal in data_set.proposals
            for provision in proposal.provisions
        }
        self.targets = {*self.proposals, *self.issues, *self.provisions}
        self.statements = {s.id: s for article in data_set.articles for s in article.statements}


def _references(record: _Record) -> Iterator[Problem]:
    """Every slug leads somewhere."""

    def missing(entry: Entry, field: str, slugs: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
        for slug in slugs:
            if slug not in known:
                yield Problem(entry.place, f"{field}: there is no “{slug}”: add it, or correct the slug")

    data = record.data_set
    processes = {process.slug for process in data.processes}
    for process in data.processes:
        for party in process.parties:
            yield from missing(party, "actor", [party.actor], record.actors)
    for actor in data.actors:
        for affiliation in actor.affiliations:
            yield from missing(affiliation, "organisation", [affiliation.organisation], record.actors)
    for issue in data.issues:
        yield from missing(issue, "process", filter(None, [issue.process]), processes)
        if issue.process is None and len(processes) != 1:
            yield Problem(issue.place, f"process: the data set holds {len(processes)} processes: name the issue's")
    for proposal in data.proposals:
        yield from missing(proposal, "process", [proposal.process], processes)
        yield from missing(proposal, "sponsors", proposal.sponsors, record.actors)
        for relation in proposal.relations:
            yield from missing(relation, "proposal", [relation.proposal], record.proposals)
        for provision in proposal.provisions:
            yield from missing(provision, "issues", provision.issues, record.issues)
            yield from missing(provision, "corresponds", provision.corresponds, record.provisions)
    for article in data.articles:
        yield from missing(article, "source", filter(None, [article.source]), record.sources)
        for statement in article.statements:
            yield from missing(statement, "actor", [statement.actor], record.actors)
            yield from missing(statement, "speaker", filter(None, [statement.speaker]), record.actors)
            yield from missing(statement, "target", [statement.target], record.targets)
    for stance in data.stances:
        yield from missing(stance, "actor", [stance.actor], record.actors)
        yield from missing(stance, "target", [stance.target], record.targets)
        yield from missing(stance, "evidence", stance.evidence, record.statements)


def _duplicates(record: _Record) -> Iterator[Problem]:
    """Nothing stands twice."""
    data = record.data_set

    def repeated(what: str, named: Iterable[tuple[object, Entry]]) -> Iterator[Problem]:
        first: dict[object, Entry] = {}
        for name, entry in named:
            if name in first:
                yield Problem(entry.place, f"{what} “{name}” stands already at {first[name].place}: keep one")
            first.setdefault(name, entry)

    yield from repeated("process", ((process.slug, process) for process in data.processes))
    yield from repeated("actor", ((actor.slug, actor) for actor in data.actors))
    yield from repeated("source", ((source.slug, source) for source in data.sources))
    yield from repeated("article", ((article.address, article) for article in data.articles))
    yield from repeated("statement", ((s.id, s) for article in data.articles for s in article.statements))
    targets: list[tuple[object, Entry]] = [(issue.slug, issue) for issue in data.issues]
    targets += [(proposal.slug, proposal) for proposal in data.proposals]
    targets += [(f"{p.slug}-{v.number}", v) for p in data.proposals for v in p.provisions]
    yield from repeated("target", targets)
    aliases = (((alias.text.lower(), alias.language), alias) for actor in data.actors for alias in actor.aliases)
    yield from repeated("alias", aliases)


def _quotes(record: _Record) -> Iterator[Problem]:
    """Quotes stand in their article."""
    for article in record.data_set.articles:
        for statement in article.statements:
            text = article.text_of(statement)
            if statement.quote not in text:
                yield Problem(
                    statement.place,
                    "quote: these words do not stand in the article's text: copy them exactly",
                )
            elif nth_start(text, statement.quote, statement.occurrence) == -1:
                yield Problem(
                    statement.place,
                    f"occurrence: the quote does not stand {statement.occurrence} times in the text",
                )


def _quotations(record: _Record) -> Iterator[Problem]:
    """A note holds no more of others' words than a quotation may."""
    for article in record.data_set.articles:
        if article.text_kind != "note":
            continue
        for quotation in _QUOTATION.findall(article.text):
            words = len(quotation.split())
            if words > LONGEST_QUOTATION:
                yield Problem(
                    article.place,
                    f"text: a quotation of {words} words: {LONGEST_QUOTATION} are the most in a note",
                )


def _roll_calls(record: _Record) -> Iterator[Problem]:
    """A body votes on a resolution, and a member once."""
    for call in record.data_set.roll_calls:
        proposal = record.proposals.get(call.target)
        if proposal and not proposal.resolution:
            yield Problem(call.place, f"target: “{call.target}” is no resolution: give it “resolution: true”")
        voters = Counter(slug for _, slugs in call.votes for slug in slugs)
        for slug, times in voters.items():
            if times > 1:
                yield Problem(call.place, f"votes: “{slug}” votes twice: keep the right one")
            if slug not in record.actors:
                yield Problem(call.place, f"votes: there is no “{slug}”: add it, or correct the slug")


def _conditions(record: _Record) -> Iterator[Problem]:
    """Only a conditional position has a condition."""
    entries: list[StatementEntry | StanceEntry] = [*record.statements.values(), *record.data_set.stances]
    for entry in entries:
        if entry.condition and entry.position not in ("support_if", "oppose_unless"):
            yield Problem(entry.place, f"condition: “{entry.position}” has none: remove it or correct the position")


def _dates(record: _Record) -> Iterator[Problem]:
    """Nobody speaks of a proposal before it exists, for an organisation out of office, or after the page."""
    for article in record.data_set.articles:
        for statement in article.statements:
            # A day's grace: it is tomorrow already where some pages are published.
            if article.published_on and statement.said_on > article.published_on + dt.timedelta(days=1):
                yield Problem(
                    statement.place,
                    f"said_on: {statement.said_on} is after its page was published ({article.published_on})",
                )
    for statement in record.statements.values():
        proposal = record.proposals.get(statement.target) or record.provisions.get(statement.target)
        if proposal and statement.said_on < proposal.tabled_on:
            yield Problem(
                statement.place,
                f"said_on: {statement.said_on} is before “{proposal.slug}” was tabled ({proposal.tabled_on})",
            )
        if statement.speaker not in record.actors or statement.speaker == statement.actor:
            continue
        offices = [
            affiliation
            for affiliation in record.actors[statement.speaker].affiliations
            if affiliation.organisation == statement.actor
        ]
        if not any(office.covers(statement.said_on) for office in offices):
            yield Problem(
                statement.place,
                f"speaker: “{statement.speaker}” has no affiliation with “{statement.actor}” on {statement.said_on}",
            )


def _stances(record: _Record) -> Iterator[Problem]:
    """Stances of one actor on one target do not overlap, and each rests on something that it said of it."""
    cells: dict[tuple[str, str], list[StanceEntry]] = defaultdict(list)
    for stance in record.data_set.stances:
        cells[stance.actor, stance.target].append(stance)
        if stance.until and stance.until <= stance.start:
            yield Problem(stance.place, f"until: {stance.until} is not after from ({stance.start})")
        if not any(s.state == "accepted" and _of_cell(s, stance) for s in _evidence(record, stance)):
            yield Problem(stance.place, "evidence: no accepted statement of this actor on this target: add one")
    for stances in cells.values():
        for earlier, later in pairwise(sorted(stances, key=lambda stance: stance.start)):
            if earlier.until is None or earlier.until > later.start:
                yield Problem(
                    later.place,
                    f"from: overlaps the stance at {earlier.place}: give that one “until: {later.start}”",
                )


def _evidence_in_time(record: _Record) -> Iterator[Problem]:
    """All evidence is of the stance's actor on its target; some was there when it began, none came after its end."""
    for stance in record.data_set.stances:
        statements = _evidence(record, stance)
        for statement in statements:
            if not _of_cell(statement, stance):
                yield Problem(stance.place, f"evidence: “{statement.id}” is of another actor or about another target")
            if stance.until and statement.said_on >= stance.until:
                yield Problem(stance.place, f"evidence: “{statement.id}” was said when the stance no longer held")
        if not any(s.state == "accepted" and s.said_on <= stance.start for s in statements):
            yield Problem(stance.place, f"evidence: no accepted statement was made by {stance.start}, when it begins")


def _evidence(record: _Record, stance: StanceEntry) -> list[StatementEntry]:
    return [record.statements[name] for name in stance.evidence if name in record.statements]


def _of_cell(statement: StatementEntry, stance: StanceEntry) -> bool:
    return (statement.actor, statement.target) == (stance.actor, stance.target)


# Without these the record could not hold the data set, or would hold what is not meant.
_MUSTS: list[Rule] = [_references, _duplicates, _quotes, _roll_calls, _conditions, _stances]
# These make it trustworthy. An editor's record may break one, and its dump must load all the same.
_RULES: list[Rule] = [_quotations, _dates, _evidence_in_time]
