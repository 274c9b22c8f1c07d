"""What the API answers. Positions come as the words of the scale; missing is null, never a value."""

import datetime as dt
from typing import Any, Literal

from django.db.backends.postgresql.psycopg_any import DateRange
from ninja import Field, Schema

PositionWord = Literal["oppose", "oppose_unless", "neutral", "support_if", "support"]


def first_day(period: DateRange) -> dt.date | None:
    return period.lower


def end_day(period: DateRange) -> dt.date | None:
    return period.upper


class ActorRef(Schema):
    slug: str
    name: str
    kind: str


class TargetRef(Schema):
    slug: str
    name: str
    kind: str
    proposal: str | None = Field(None, description="Slug of the proposal that a provision belongs to.")

    @staticmethod
    def resolve_proposal(target: Any) -> str | None:
        return target.proposal.slug if target.proposal_id else None


class PartyOut(Schema):
    actor: str = Field(alias="actor.slug")
    role: str
    starts: dt.date | None = Field(None, alias="period.lower")
    ends: dt.date | None = Field(None, alias="period.upper", description="First day on which it no longer held.")


class ProcessOut(Schema):
    slug: str
    name: str
    summary: str
    started_on: dt.date | None
    parties: list[PartyOut]


class AliasOut(Schema):
    text: str
    language: str
    kind: str


class AffiliationOut(Schema):
    organisation: str = Field(alias="organisation.slug")
    kind: str
    role: str
    starts: dt.date | None = Field(None, alias="period.lower")
    ends: dt.date | None = Field(None, alias="period.upper", description="First day on which it no longer held.")
    source_url: str


class ActorOut(Schema):
    slug: str
    name: str
    kind: str
    iso3: str | None = Field(description="States only.")
    summary: str
    aliases: list[AliasOut]
    affiliations: list[AffiliationOut]

    @staticmethod
    def resolve_iso3(actor: Any) -> str | None:
        return actor.iso3 or None


class CitationOut(Schema):
    url: str
    publisher: str
    title: str
    published_on: dt.date | None


class ProvisionOut(Schema):
    slug: str
    number: int
    name: str
    summary: str
    issues: list[str]
    corresponds: list[str] = Field(description="Slugs of provisions of other proposals about the same thing.")

    @staticmethod
    def resolve_issues(provision: Any) -> list[str]:
        return [issue.slug for issue in provision.issues.all()]

    @staticmethod
    def resolve_corresponds(provision: Any) -> list[str]:
        return sorted(
            [link.other.slug for link in provision.correspondences.all()]
            + [link.one.slug for link in provision.reverse_correspondences.all()]
        )


class RelationOut(Schema):
    kind: str
    proposal: str = Field(alias="earlier.slug")


class ProposalOut(Schema):
    slug: str
    process: str = Field(alias="process.slug")
    name: str
    summary: str
    tabled_on: dt.date
    status: str
    is_resolution: bool = Field(description="A text that states vote on, not a plan of its own.")
    sponsors: list[str]
    relations: list[RelationOut]
    citations: list[CitationOut]
    provisions: list[ProvisionOut]

    @staticmethod
    def resolve_sponsors(proposal: Any) -> list[str]:
        return [actor.slug for actor in proposal.sponsors.all()]


class IssueOut(Schema):
    slug: str
    process: str = Field(alias="process.slug")
    name: str
    summary: str
    pax_category: str
    provisions: list[str] = Field(description="Slugs of the provisions that settle it.")

    @staticmethod
    def resolve_provisions(issue: Any) -> list[str]:
        return [provision.slug for provision in issue.settled_by.all()]


class ArticleRef(Schema):
    id: int
    url: str
    title: str
    published_on: dt.date | None
    source: str | None = None
    reliability: str | None = Field(None, description="Admiralty code, A to F.")

    @staticmethod
    def resolve_source(article: Any) -> str | None:
        return article.source.name if article.source_id else None

    @staticmethod
    def resolve_reliability(article: Any) -> str | None:
        return article.source.reliability if article.source_id else None


class StatementOut(Schema):
    id: int
    kind: Literal["spoken", "vote"] = Field(description="A vote is a statement made in a roll call.")
    actor: ActorRef
    speaker: ActorRef | None
    role: str
    target: TargetRef
    position: PositionWord
    condition: str
    said_on: dt.date
    quote: str = Field(description="Verbatim from the article.")
    direct: bool = Field(description="The speaker's own words in quotation marks.")
    credibility: int | None = Field(description="Admiralty code, 1 to 6.")
    article: ArticleRef


class StanceOut(Schema):
    id: int
    actor: ActorRef
    target: TargetRef
    position: PositionWord
    value: int = Field(description="The position as a number, −2 to +2.")
    condition: str
    note: str
    starts: dt.date = Field(alias="period.lower")
    ends: dt.date | None = Field(None, alias="period.upper", description="First day on which it no longer held.")
    evidence: list[int] = Field(description="Ids of the accepted statements it rests on.")

    @staticmethod
    def resolve_value(stance: Any) -> int:
        from peacetracker.stances.models import Position

        return Position(stance.position).value_of

    @staticmethod
    def resolve_evidence(stance: Any) -> list[int]:
        return [link.statement_id for link in stance.evidence.all()]


class ShiftOut(Schema):
    actor: ActorRef
    target: TargetRef
    on: dt.date = Field(alias="period.lower")
    before: PositionWord = Field(alias="previous_position")
    before_condition: str = Field(alias="previous_condition")
    after: PositionWord = Field(alias="position")
    after_condition: str = Field(alias="condition")
    evidence: list[int] = Field(description="Ids of the accepted statements that the new stance rests on.")

    @staticmethod
    def resolve_evidence(stance: Any) -> list[int]:
        return [link.statement_id for link in stance.evidence.all()]
