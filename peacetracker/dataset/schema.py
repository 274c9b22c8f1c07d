"""The shape of the data set's files. `docs/reference/dataset.md` describes it for authors."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    field_validator,
)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Verbatim = Annotated[str, StringConstraints(min_length=1)]  # offsets count its spaces
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
PositionName = Literal["oppose", "oppose_unless", "neutral", "support_if", "support"]


class Place(NamedTuple):
    """Where an entry stands."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=False)
    _place: Place = PrivateAttr(default=Place(Path("?"), 0))

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: object) -> object:
        """No NUL and no half of a surrogate pair, which YAML can write and PostgreSQL cannot store."""
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and _UNSTORABLE.search(text):
                raise ValueError("holds a NUL character or half a surrogate pair: remove it")
        return value

    @property
    def place(self) -> Place:
        return self._place

    def stands_at(self, place: Place) -> None:
        self._place = place


class Lasting(Entry):
    """An entry with a period: `from` is included, `until` is not."""

    start: dt.date | None = Field(default=None, alias="from")
    until: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        return (self.start is None or self.start <= day) and (self.until is None or day < self.until)


class PartyEntry(Lasting):
    actor: Slug
    role: Literal["belligerent", "mediator", "guarantor", "supporter", "observer"]


class ProcessEntry(Entry):
    slug: Slug
    name: Words
    summary: str = ""
    started_on: dt.date | None = None
    parties: list[PartyEntry] = []


class IssueEntry(Entry):
    slug: Slug
    process: Slug | None = None
    name: Words
    summary: str = ""
    pax: str = ""
    terms: list[Words] = []


def _short_form(alias: object) -> object:
    return {"text": alias} if isinstance(alias, str) else alias


class AliasEntry(Entry):
    text: Words
    language: str = "en"
    kind: Literal["name", "abbreviation", "transliteration", "metonym", "office"] = "name"


class AffiliationEntry(Lasting):
    organisation: Slug
    kind: Literal["speaks_for", "member"]
    role: str = ""
    url: str = ""


class ActorEntry(Entry):
    slug: Slug
    name: Words
    kind: Literal["state", "organisation", "bloc", "body", "armed_group", "political_party", "person", "think_tank"]
    iso3: Country | Literal[""] = ""
    summary: str = ""
    aliases: list[Annotated[AliasEntry, BeforeValidator(_short_form)]] = []
    affiliations: list[AffiliationEntry] = []


class CitationEntry(Entry):
    url: Words
    publisher: Words
    title: str = ""
    published_on: dt.date | None = None


class ProvisionEntry(Entry):
    number: Annotated[int, Field(ge=1)]
    title: Words
    text: str = ""
    issues: list[Slug] = []
    corresponds: list[Slug] = []
    citations: list[CitationEntry] = []
    terms: list[Words] = []


class RelationEntry(Entry):
    kind: Literal["revises", "counters", "supersedes"]
    proposal: Slug


class ProposalEntry(Entry):
    slug: Slug
    process: Slug
    name: Words
    aliases: list[Words] = []
    summary: str = ""
    tabled_on: dt.date
    status: Literal["draft", "tabled", "in_talks", "agreed", "rejected", "superseded", "lapsed"]
    resolution: bool = False
    sponsors: list[Slug] = []
    relations: list[RelationEntry] = []
    citations: list[CitationEntry] = []
    provisions: list[ProvisionEntry] = []


class FeedEntry(Entry):
    url: Words
    kind: Literal["rss", "json", "sitemap", "links"] = "rss"
    selector: str = ""
    enabled: bool = True
    general: bool = True


class SourceEntry(Entry):
    slug: Slug
    name: Words
    homepage: str = ""
    country: Country | Literal[""] = ""
    reliability: Literal["A", "B", "C", "D", "E", "F"] = "F"
    reliability_reason: str = ""
    feeds: list[FeedEntry] = []


class StatementEntry(Entry):
    id: Words
    actor: Slug
    speaker: Slug | None = None
    speaker_name: str = ""
    role: str = ""
    target: Slug
    position: PositionName
    condition: str = ""
    quote: Verbatim
    former_text: Annotated[int, Field(ge=1)] | None = None
    occurrence: Annotated[int, Field(ge=1)] = 1
    direct: bool = False
    said_on: dt.date
    credibility: Annotated[int, Field(ge=1, le=6)] | None = None
    state: Literal["candidate", "accepted", "rejected"] = "accepted"
    kind: Literal["spoken", "vote"] = "spoken"


class ArticleEntry(Entry):
    url: Words
    canonical_url: str = ""
    source: Slug | None = None
    title: str = ""
    author: str = ""
    published_on: dt.date | None = None
    language: str = "en"
    text_kind: Literal["note", "full"] = "note"
    text: Verbatim
    former_texts: list[Verbatim] = []
    statements: list[StatementEntry] = []

    @property
    def address(self) -> str:
        """The address that it goes by; no two articles share one."""
        return self.canonical_url or self.url

    def text_of(self, statement: StatementEntry) -> str:
        """The text that a statement stands in; empty where it names a former text that is not there."""
        number = statement.former_text
        return self.text if number is None else "".join(self.former_texts[number - 1 : number])


class VotesEntry(Entry):
    in_favour: list[Slug] = []
    against: list[Slug] = []
    abstained: list[Slug] = []
    not_voting: list[Slug] = []


class RollCallEntry(Entry):
    """How the members of a body voted on a resolution: see `peacetracker.dataset.roll_calls`."""

    target: Slug
    body: Annotated[str, StringConstraints(pattern=r"^\S[^\n]*\S$")]
    held_on: dt.date
    url: Words
    canonical_url: str = ""
    source: Slug | None = None
    title: str = ""
    published_on: dt.date | None = None
    credibility: Annotated[int, Field(ge=1, le=6)] | None = None
    votes: VotesEntry


class StanceEntry(Lasting):
    start: dt.date = Field(alias="from")
    actor: Slug
    target: Slug
    position: PositionName
    condition: str = ""
    note: str = ""
    evidence: list[Words]


class DataSet(BaseModel):
    """All entries of a data set, in the order of their files."""

    processes: list[ProcessEntry] = []
    issues: list[IssueEntry] = []
    actors: list[ActorEntry] = []
    proposals: list[ProposalEntry] = []
    sources: list[SourceEntry] = []
    articles: list[ArticleEntry] = []
    roll_calls: list[RollCallEntry] = []
    stances: list[StanceEntry] = []
