"""Roll calls: one short entry says how the members of a body voted on a resolution.

Spelled out, each is an article with a line for every member, a statement for every vote and, unless the data set
says otherwise, the stance that follows from it. The record holds nothing but these; a dump puts them together again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from peacetracker.dataset.schema import (
    ArticleEntry,
    DataSet,
    PositionName,
    RollCallEntry,
    StanceEntry,
    StatementEntry,
    VotesEntry,
)

RULE = "roll call"  # by which votes are accepted: shown where an extractor or editor would be


class Way(NamedTuple):
    """A way to vote: the words of its line, and the position it is, if any."""

    line: str
    counted: str
    position: PositionName | None


WAYS: dict[str, Way] = {
    "in_favour": Way("{} voted in favour", "{} in favour", "support"),
    "against": Way("{} voted against", "{} against", "oppose"),
    "abstained": Way("{} abstained", "{} abstaining", "neutral"),
    "not_voting": Way("{} did not vote", "{} not voting", None),
}
_HEAD = re.compile(r"(?P<body>[^\n]+?), \d+ \w+ \d{4}: [^\n]+\.")


class Line(NamedTuple):
    way: str
    actor: str
    words: str
    start: int  # in the text


def spell_out(data_set: DataSet) -> DataSet:
    """The data set with the articles, statements and stances of its roll calls."""
    if not data_set.roll_calls:
        return data_set
    names = {actor.slug: actor.name for actor in data_set.actors}
    told = {(stance.actor, stance.target) for stance in data_set.stances}
    articles = [article_of(call, names) for call in data_set.roll_calls]
    votes = [vote for article in articles for vote in article.statements]
    follow = [stance_of(vote) for vote in votes if (vote.actor, vote.target) not in told]
    return data_set.model_copy(
        update={
            "articles": [*data_set.articles, *articles],
            "stances": [*data_set.stances, *follow],
        }
    )


def article_of(call: RollCallEntry, names: Mapping[str, str]) -> ArticleEntry:
    """The article of a roll call, with a statement for each vote. `names` are the actors' by slug."""
    text, lines = _written(call, names)
    article = ArticleEntry(
        url=call.url,
        canonical_url=call.canonical_url,
        source=call.source,
        title=call.title,
        published_on=call.published_on,
        language="en",
        text_kind="note",
        text=text,
        statements=list(_votes(call, text, lines)),
    )
    article.stands_at(call.place)
    return article


def stance_of(vote: StatementEntry) -> StanceEntry:
    """What a vote says of its actor's position until something else is known."""
    values = {"actor": vote.actor, "target": vote.target, "from": vote.said_on, "position": vote.position}
    stance = StanceEntry.model_validate({**values, "evidence": [vote.id]})
    stance.stands_at(vote.place)
    return stance


def _written(call: RollCallEntry, names: Mapping[str, str]) -> tuple[str, list[Line]]:
    """The text, with who voted how in the order of names below the count."""
    voters = [(names.get(slug, slug), slug, way) for way in WAYS for slug in getattr(call.votes, way)]
    counts = [WAYS[way].counted.format(len(getattr(call.votes, way))) for way in WAYS if getattr(call.votes, way)]
    text = f"{call.body}, {call.held_on.day} {call.held_on:%B %Y}: {', '.join(counts)}."
    lines = []
    for name, slug, way in sorted(voters):
        words = WAYS[way].line.format(name)
        lines.append(Line(way, slug, words, len(text) + 1))
        text += f"\n{words}"
    return text, lines


def _votes(call: RollCallEntry, text: str, lines: Iterable[Line]) -> Iterator[StatementEntry]:
    for line in lines:
        position = WAYS[line.way].position
        if position is None:
            continue
        vote = StatementEntry(
            id=f"{line.actor}-{call.target}-{call.held_on}",
            kind="vote",
            actor=line.actor,
            target=call.target,
            position=position,
            quote=line.words,
            # A line may end in another's words: “Guinea abstained” in “Equatorial Guinea abstained”.
            occurrence=text.count(line.words, 0, line.start) + 1,
            said_on=call.held_on,
            credibility=call.credibility,
        )
        vote.stands_at(call.place)
        yield vote


def put_together(article: ArticleEntry, names: Mapping[str, str]) -> RollCallEntry | None:
    """The roll call that an article with its statements spells out, if it does so to the letter."""
    head = _HEAD.match(article.text)
    first = article.statements[0] if article.statements else None
    if head is None or first is None or any(statement.kind != "vote" for statement in article.statements):
        return None
    slugs = {name: slug for slug, name in names.items()}
    ways: dict[str, list[str]] = {way: [] for way in WAYS}
    for words in article.text.split("\n")[1:]:
        voted = _read(words, slugs)
        if voted is None:
            return None
        ways[voted[0]].append(voted[1])
    call = RollCallEntry(
        target=first.target,
        body=head["body"],
        held_on=first.said_on,
        url=article.url,
        canonical_url=article.canonical_url,
        source=article.source,
        title=article.title,
        published_on=article.published_on,
        credibility=first.credibility,
        votes=VotesEntry(**{way: sorted(slugs) for way, slugs in ways.items()}),
    )
    return call if article_of(call, names).model_dump() == article.model_dump() else None


def _read(words: str, slugs: Mapping[str, str]) -> tuple[str, str] | None:
    """How and who, of one line."""
    for way, (line, _, _) in WAYS.items():
        name = words.removesuffix(line.removeprefix("{}"))
        if name != words and name in slugs:
            return way, slugs[name]
    return None
