"""Rows of the record for tests: each valid as it comes, so that a test names only what it is about."""

import datetime as dt
from typing import Any

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from peacetracker.actors.models import Actor
from peacetracker.database.fields import period
from peacetracker.press.models import Article, Feed, Source
from peacetracker.proposals.models import Issue, Process, Proposal, Provision
from peacetracker.stances.models import Evidence, Stance, Statement

DAY = dt.date(2025, 11, 21)


class ProcessFactory(DjangoModelFactory):
    class Meta:
        model = Process

    slug = factory.Sequence(lambda n: f"process-{n}")
    name = factory.Sequence(lambda n: f"Process {n}")


class ActorFactory(DjangoModelFactory):
    class Meta:
        model = Actor

    slug = factory.Sequence(lambda n: f"actor-{n}")
    name = factory.Sequence(lambda n: f"Actor {n}")
    kind = "state"


class ProposalFactory(DjangoModelFactory):
    class Meta:
        model = Proposal

    process = factory.SubFactory(ProcessFactory)
    slug = factory.Sequence(lambda n: f"proposal-{n}")
    name = factory.Sequence(lambda n: f"Proposal {n}")
    tabled_on = dt.date(2025, 11, 20)
    status = "tabled"


class ProvisionFactory(DjangoModelFactory):
    class Meta:
        model = Provision

    proposal = factory.SubFactory(ProposalFactory)
    process = factory.SelfAttribute("proposal.process")
    number = factory.Sequence(lambda n: n + 1)
    slug = factory.LazyAttribute(lambda provision: f"{provision.proposal.slug}-{provision.number}")
    name = factory.Sequence(lambda n: f"Provision {n}")


class IssueFactory(DjangoModelFactory):
    class Meta:
        model = Issue

    process = factory.SubFactory(ProcessFactory)
    slug = factory.Sequence(lambda n: f"issue-{n}")
    name = factory.Sequence(lambda n: f"Issue {n}")


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    slug = factory.Sequence(lambda n: f"source-{n}")
    name = factory.Sequence(lambda n: f"Source {n}")
    reliability = "B"


class FeedFactory(DjangoModelFactory):
    class Meta:
        model = Feed

    source = factory.SubFactory(SourceFactory)
    url = factory.Sequence(lambda n: f"https://news.example/feeds/{n}")


class ArticleFactory(DjangoModelFactory):
    class Meta:
        model = Article

    url = factory.Sequence(lambda n: f"https://news.example/{n}")
    canonical_url = factory.SelfAttribute("url")
    source = factory.SubFactory(SourceFactory)
    title = factory.Sequence(lambda n: f"Article {n}")
    published_on = DAY
    language = "en"
    text = "Paris would not sign. “We back the plan if Kyiv agrees,” the minister said in Łódź 🕊️ yesterday."
    state = "extracted"


class StatementFactory(DjangoModelFactory):
    """An accepted statement that quotes its article; give `quote` to quote other words of it."""

    class Meta:
        model = Statement

    article = factory.SubFactory(ArticleFactory)
    actor = factory.SubFactory(ActorFactory)
    target = factory.SubFactory(ProposalFactory)
    quote = "We back the plan if Kyiv agrees"
    start = factory.LazyAttribute(lambda statement: statement.article.text.index(statement.quote))
    end = factory.LazyAttribute(lambda statement: statement.start + len(statement.quote))
    position = "support"
    said_on = DAY
    direct = True
    state = "accepted"


class StanceFactory(DjangoModelFactory):
    """A published stance that rests on one accepted statement."""

    class Meta:
        model = Stance
        skip_postgeneration_save = True

    actor = factory.SubFactory(ActorFactory)
    target = factory.SubFactory(ProposalFactory)
    period = factory.LazyFunction(lambda: period(DAY, None))
    position = "support"
    published = True

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        with transaction.atomic():  # the rule of evidence is checked at its end
            return super()._generate(strategy, params)

    @factory.post_generation
    def evidence(self, create: bool, statements: list[Statement] | None, **kwargs: object) -> None:
        if statements is None:
            statements = [
                StatementFactory(
                    actor=self.actor, target=self.target, position=self.position, said_on=self.period.lower
                )
            ]
        for statement in statements:
            Evidence.objects.create(stance=self, statement=statement)
