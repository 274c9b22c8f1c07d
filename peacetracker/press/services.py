"""Commands that change sources and articles."""

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from peacetracker.press.models import Article, Snapshot


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
