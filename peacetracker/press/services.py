"""Commands that change sources and articles."""

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.text import slugify

from peacetracker.database.models import Merger
from peacetracker.press.models import Article, Feed, Snapshot, Source


def retry(articles: models.QuerySet[Article]) -> int:
    """Put failed articles back into the pipeline and say how many; beat sends what is due.

    What has an address is read again. What came as a file or from standard input goes on from what is kept of it.
    """
    start_again = Case(
        When(url__startswith="http", then=Value("queued")),
        When(Q(text__gt=""), then=Value("parsed")),
        When(Exists(Snapshot.objects.filter(article=OuterRef("pk"))), then=Value("fetched")),
        default=Value("queued"),
    )
    return articles.filter(state=Article.State.FAILED).update(
        state=start_again, reason="", attempts=0, state_changed_at=timezone.now(), due_at=timezone.now()
    )


def fetch_again(articles: models.QuerySet[Article]) -> int:
    """Read again what stands at the addresses of finished articles, and say of how many.

    A newer version replaces the text, and the older one is kept; see `peacetracker.stances.versions`.
    """
    finished = articles.filter(state=Article.State.EXTRACTED, text_kind=Article.TextKind.FULL, url__startswith="http")
    return finished.update(
        state=Article.State.QUEUED, attempts=0, state_changed_at=timezone.now(), due_at=timezone.now()
    )


def pull_in(articles: models.QuerySet[Article]) -> int:
    """Have articles read that were passed over, and say how many. They are not judged again."""
    kept = Exists(Snapshot.objects.filter(article=OuterRef("pk")))
    go_on = Case(When(kept, then=Value("fetched")), default=Value("queued"))
    return articles.filter(state=Article.State.PASSED_OVER).update(
        state=go_on, gated=False, reason="", attempts=0, state_changed_at=timezone.now(), due_at=timezone.now()
    )


def take_up(articles: models.QuerySet[Article]) -> int:
    """Have articles read that wait for a language model, and say how many."""
    return articles.filter(state=Article.State.WAITING).update(
        state=Article.State.PARSED, attempts=0, state_changed_at=timezone.now(), due_at=timezone.now()
    )


def poll_soon(feeds: models.QuerySet[Feed]) -> int:
    """Have feeds polled at the next occasion, whatever their pace, and say how many. None that is switched off."""
    return feeds.filter(enabled=True).update(next_poll_at=timezone.now())


def source_named(name: str) -> Source:
    """The source of that name; a new one has the grade “cannot be judged” until an editor judges it."""
    found = Source.objects.filter(name__iexact=name).first() or _merged_source(name)
    if found:
        return found
    source, _ = Source.objects.get_or_create(slug=slugify(name)[:80] or "unnamed", defaults={"name": name[:200]})
    return source


def _merged_source(name: str) -> Source | None:
    """The source into which one of that name was merged."""
    kept = Merger.objects.kept_instead_of("press.source", gone_name__iexact=name)
    return Source.objects.filter(pk=kept).first() if kept else None
