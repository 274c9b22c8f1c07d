"""What workers do. A task carries an id, calls a service and hands on to the next queue; it can run twice."""

from celery import shared_task

from peacetracker.ingest import services
from peacetracker.press.models import Article


@shared_task
def fetch_article(article_id: int) -> None:
    """Fetch and parse, then hand on to extraction."""
    if services.advance(article_id, until=Article.State.PARSED) == Article.State.PARSED:
        extract_article.delay(article_id)


@shared_task
def extract_article(article_id: int) -> None:
    services.advance(article_id, until=Article.State.EXTRACTED)


@shared_task
def requeue_unfinished() -> None:
    """Send on what nothing has moved for a while: the broker may have lost it, or a worker died with it."""
    for article_id, state in Article.objects.unfinished(idle_for=services.IDLE_FOR).values_list("pk", "state")[:1000]:
        send(article_id, state)


def send(article_id: int, state: str) -> None:
    """Queue an article for the step that it waits for."""
    task = extract_article if state == Article.State.PARSED else fetch_article
    task.delay(article_id)
