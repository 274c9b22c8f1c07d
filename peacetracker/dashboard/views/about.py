"""How the record is made, how far it may be trusted, and for whom the pages work."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from peacetracker.actors.models import Actor
from peacetracker.actors.regions import ELSEWHERE, continent_of
from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.desk import coding
from peacetracker.desk.models import Coding
from peacetracker.press.models import Article, Reliability, Source
from peacetracker.proposals.models import Target
from peacetracker.stances.models import Stance, Statement


@reader_page("dashboard/methodology.html")
def methodology(request: HttpRequest, page: Page) -> Context:
    accepted = Statement.objects.accepted().said_by(page.on)
    return {
        "statements": accepted.count(),
        "direct": accepted.filter(direct=True).count(),
        "articles": Article.objects.readable().count(),
        "sources": Source.objects.count(),
        "stances": Stance.objects.on(page.on).count(),
        "reliabilities": [str(label).split(" · ", 1) for label in Reliability.labels],
        "credibilities": [str(label).split(" · ", 1) for label in Statement.Credibility.labels],
    }


@reader_page("dashboard/accessibility.html")
def accessibility(request: HttpRequest, page: Page) -> Context:
    return {}


OTHERS = gettext_lazy("Organisations, bodies and persons")
MOST_SOURCES = 20
AGES = [
    (30, gettext_lazy("up to 30 days")),
    (180, gettext_lazy("up to half a year")),
    (365, gettext_lazy("up to a year")),
    (10**6, gettext_lazy("older than a year")),
]


@dataclass(frozen=True)
class Share:
    """A part of a whole, for a row of a table."""

    label: str
    count: int
    whole: int

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.whole) if self.whole else 0


@reader_page("dashboard/quality.html")
def quality(request: HttpRequest, page: Page) -> Context:
    accepted = Statement.objects.accepted().said_by(page.on)
    return {
        "coverage": _coverage(page),
        "places": _shares(_by_continent(page)),
        "grades": _shares(_by_grade(page)),
        "ages": _ages(page),
        "versions": _versions(),
        "coders": [one for one in coding.agreement(Coding.objects.all()) if one.units],
        "machine_by_source": _by_source(),
        "statements": accepted.spoken().count(),
        "votes": accepted.votes().count(),
    }


def _coverage(page: Page) -> list[tuple[str, int, int, int]]:
    """Of each kind of target: how many there are, how many anybody has spoken of, and by how many statements."""
    accepted = Q(statements__state="accepted", statements__said_on__lte=page.on, statements__kind="spoken")
    rows = (
        Target.objects.on_the_table(page.on)
        .filter(is_resolution=False)
        .order_by()
        .values("kind")
        .annotate(
            number=Count("pk", distinct=True),
            spoken_of=Count("pk", filter=accepted, distinct=True),
            said=Count("statements", filter=accepted, distinct=True),
        )
    )
    found = {row["kind"]: row for row in rows}
    return [
        (str(kind.label), found[kind]["number"], found[kind]["spoken_of"], found[kind]["said"])
        for kind in Target.Kind
        if kind in found
    ]


def _by_continent(page: Page) -> Counter[str]:
    spoken = Statement.objects.accepted().spoken().said_by(page.on).order_by()
    counts: Counter[str] = Counter()
    for kind, iso3, number in spoken.values_list("actor__kind", "actor__iso3").annotate(Count("pk")):
        counts[continent_of(iso3) or ELSEWHERE if kind == Actor.Kind.STATE else str(OTHERS)] += number
    return counts


def _by_grade(page: Page) -> Counter[str]:
    spoken = Statement.objects.accepted().spoken().said_by(page.on).order_by()
    labels = {value: str(label) for value, label in Reliability.choices}
    counts: Counter[str] = Counter(dict.fromkeys(labels.values(), 0))
    for grade, number in spoken.values_list("article__source__reliability").annotate(Count("pk")):
        counts[labels[grade or Reliability.F]] += number
    return counts


def _shares(counts: Counter[str]) -> list[Share]:
    whole = counts.total()
    return [Share(label, count, whole) for label, count in counts.items()]


def _ages(page: Page) -> list[Share]:
    """How long ago the newest statement was made on which a stance held on the day rests. Votes do not age."""
    newest = (
        Stance.objects.on(page.on)
        .filter(statements__kind="spoken")
        .annotate(newest=Max("statements__said_on"))
        .values_list("newest", flat=True)
    )
    days = [(page.on - day).days for day in newest]
    shares, below = [], -(10**6)
    for limit, label in AGES:
        shares.append(Share(str(label), sum(below < age <= limit for age in days), len(days)))
        below = limit
    return shares


def _versions() -> list[tuple[str, Share]]:
    """Of the candidates that editors have decided: how many they accepted, by what proposed them."""
    rows = Statement.objects.precision_by("extractor", "extractor_version")
    return sorted(
        (f"{row['extractor']} {row['extractor_version']}", Share("", row["accepted"], row["decided"])) for row in rows
    )


def _by_source() -> list[tuple[str, Share]]:
    """The same by source, of those with the most decisions."""
    rows = Statement.objects.precision_by("article__source__name")
    return [
        (row["article__source__name"] or gettext("unknown source"), Share("", row["accepted"], row["decided"]))
        for row in rows[:MOST_SOURCES]
    ]
