"""How the record is made and how far it may be trusted."""

from django.http import HttpRequest

from peacetracker.dashboard.pages import Context, Page, reader_page
from peacetracker.press.models import Article, Reliability, Source
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
        "reliabilities": [label.split(" · ", 1) for label in Reliability.labels],
        "credibilities": [label.split(" · ", 1) for label in Statement.Credibility.labels],
    }
