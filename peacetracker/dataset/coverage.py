"""What data sets hold, counted: for people who check one, and as the table in the documentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from peacetracker.actors.regions import continent_of
from peacetracker.dataset.schema import ActorEntry, DataSet, StanceEntry, StatementEntry

# What the reference data set is to reach; counts of statements are of what was said, without votes.
GOALS = {
    "plans": 18,
    "actors": 70,
    "statements": 250,
    "statements on provisions": 40,
    "shifts": 20,
    "% of statements from outside Europe and Northern America": 25,
}
_WEST = {"RUS", "CAN", "USA"}


def coverage(data_set: DataSet) -> dict[str, int]:
    """How much a data set holds. Votes, and the resolutions they are about, are counted apart."""
    kinds = _kinds_of_targets(data_set)
    statements = [statement for article in data_set.articles for statement in article.statements]
    spoken = [statement for statement in statements if statement.kind == "spoken"]
    return {
        "actors": len(data_set.actors),
        "states": sum(actor.kind == "state" for actor in data_set.actors),
        "persons": sum(actor.kind == "person" for actor in data_set.actors),
        "plans": sum(not proposal.resolution for proposal in data_set.proposals),
        "resolutions": sum(proposal.resolution for proposal in data_set.proposals),
        "provisions of plans": sum(len(p.provisions) for p in data_set.proposals if not p.resolution),
        "provisions of resolutions": sum(len(p.provisions) for p in data_set.proposals if p.resolution),
        "issues": len(data_set.issues),
        "sources": len(data_set.sources),
        "feeds": sum(len(source.feeds) for source in data_set.sources),
        "articles": len(data_set.articles),
        "statements": len(spoken),
        **{f"statements on {kind}": sum(kinds.get(s.target) == kind for s in spoken) for kind in _KINDS},
        "% of statements from outside Europe and Northern America": _share_from_elsewhere(data_set, spoken),
        "votes": len(statements) - len(spoken),
        "stances": len(data_set.stances),
        "shifts": sum(1 for _ in _shifts(data_set.stances)),
    }


_KINDS = ("plans", "resolutions", "provisions", "issues")


def _kinds_of_targets(data_set: DataSet) -> dict[str, str]:
    kinds = {issue.slug: "issues" for issue in data_set.issues}
    for proposal in data_set.proposals:
        kinds[proposal.slug] = "resolutions" if proposal.resolution else "plans"
        kinds |= {f"{proposal.slug}-{provision.number}": "provisions" for provision in proposal.provisions}
    return kinds


def _shifts(stances: Iterable[StanceEntry]) -> Iterator[StanceEntry]:
    """The stances that changed their actor's position on their target."""
    cells: defaultdict[tuple[str, str], list[StanceEntry]] = defaultdict(list)
    for stance in stances:
        cells[stance.actor, stance.target].append(stance)
    for held in cells.values():
        for earlier, later in pairwise(sorted(held, key=lambda stance: stance.start)):
            if earlier.position != later.position:
                yield later


def _share_from_elsewhere(data_set: DataSet, spoken: list[StatementEntry]) -> int:
    """Of the statements of actors who have a country, the percentage from outside Europe and Northern America."""
    actors = {actor.slug: actor for actor in data_set.actors}
    countries = [country for statement in spoken if (country := _country(statement.actor, actors))]
    elsewhere = sum(code not in _WEST and continent_of(code) != "Europe" for code in countries)
    return round(100 * elsewhere / len(countries)) if countries else 0


def _country(slug: str, actors: Mapping[str, ActorEntry]) -> str:
    """An actor's ISO code, or that of the state to which it is affiliated; empty for organisations and blocs."""
    actor = actors[slug]
    codes = [actor.iso3]
    if actor.kind not in ("organisation", "bloc", "state"):
        codes += [actors[tie.organisation].iso3 for tie in actor.affiliations]
    return next(filter(None, codes), "")


def as_lines(counts: Mapping[str, int]) -> Iterator[str]:
    """The counts for a terminal, with the goals beside them."""
    for what, count in counts.items():
        goal = f"   (the reference data set is to have {GOALS[what]})" if what in GOALS else ""
        yield f"{count:6} {what}{goal}"


def as_table(data_sets: Mapping[str, DataSet]) -> str:
    """The counts of several data sets by their folders' names, as a page in Markdown."""
    counts = {name: coverage(data_set) for name, data_set in data_sets.items()}
    heads = [f"`data/{name}`" for name in counts]
    lines = [
        "# What the data sets hold",
        "",
        "Counted from the files by `make coverage`; `make check` fails where this page is not what they hold.",
        "Statements are what was said or written; votes, and the resolutions they are about, are counted apart.",
        "A country is that of a state, or of the state to which a person, body or party belongs.",
        "",
        f"| | {' | '.join(heads)} |",
        f"| --- | {' | '.join('---:' for _ in heads)} |",
    ]
    names = list(next(iter(counts.values()), {}))
    lines += [f"| {what} | {' | '.join(f'{each[what]:,}' for each in counts.values())} |" for what in names]
    return "\n".join(lines) + "\n"
