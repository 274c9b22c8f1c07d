from __future__ import annotations

import datetime as dt
import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pghistory
from celery import current_app
from django.core.management.base import BaseCommand, CommandError

from peacetracker.ingest.addresses import BadAddress
from peacetracker.ingest.parse import Unparsable
from peacetracker.ingest.progress import progress
from peacetracker.ingest.services import Submission, submit
from peacetracker.ingest.tasks import send
from peacetracker.press.addresses import address_key
from peacetracker.press.models import Article
from peacetracker.press.states import FINISHED, UNFINISHED

CONTENT_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".txt": "text/plain; charset=utf-8",
}
WARN_AFTER = 15.0  # seconds without a worker's answer


def day(words: str) -> dt.date:
    try:
        return dt.date.fromisoformat(words)
    except ValueError as error:
        raise ArgumentTypeError(f"{words!r} is not a date: write YYYY-MM-DD") from error


class Command(BaseCommand):
    help = "Hand articles to the pipeline: addresses, .html, .pdf or .txt files, or - for standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sources", nargs="+", metavar="SOURCE", help="a URL, an .html, .pdf or .txt file, or -")
        parser.add_argument("--publisher", default="", help="who published them")
        parser.add_argument("--published-on", type=day, metavar="DATE", help="YYYY-MM-DD")
        parser.add_argument("--wait", action="store_true", help="wait until they are extracted or have failed")
        parser.add_argument("--json", action="store_true", help="print one JSON object an article")
        parser.add_argument("--timeout", type=float, default=600, help="seconds to wait at most (600)")

    def handle(self, *, sources: list[str], **options: Any) -> None:
        submissions = [(source, self._submission(source, options)) for source in sources]
        articles = []
        with pghistory.context(command="ingest"):
            for source, submission in submissions:
                try:
                    articles.append(submit(submission))
                except (BadAddress, Unparsable) as problem:
                    raise CommandError(f"{source}: {problem}") from problem
        for state in UNFINISHED:
            send([article.pk for article in articles if article.state == state], state)
        if options["wait"]:
            self._wait(articles, options["timeout"])
        articles = [_as_it_is_now(article) for article in articles]
        for article in articles:
            self.stdout.write(
                json.dumps(as_dict(article), ensure_ascii=False) if options["json"] else in_words(article)
            )
        if any(article.state == Article.State.FAILED for article in articles):
            sys.exit(1)

    def _submission(self, source: str, options: dict[str, Any]) -> Submission:
        given = {"publisher": options["publisher"], "published_on": options["published_on"]}
        if source == "-":
            return Submission(body=sys.stdin.buffer.read(), **given)
        if "://" in source:
            return Submission(url=source, **given)
        path = Path(source)
        if path.suffix.lower() not in CONTENT_TYPES:
            raise CommandError(f"{source}: give a URL, an .html, .pdf or .txt file, or - for standard input")
        try:
            body = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{source}: {error.strerror}") from error
        return Submission(body=body, content_type=CONTENT_TYPES[path.suffix.lower()], **given)

    def _wait(self, articles: list[Article], timeout: float) -> None:
        waiting = [article.pk for article in articles]  # one that proves to be another is gone
        with progress("Reading", len(waiting), self.stderr, lines=False) as step:
            self._follow(waiting, timeout, step)

    def _follow(self, waiting: list[int], timeout: float, step: Callable[[str], None]) -> None:
        begun, warned = time.monotonic(), False
        shown = 0
        while left := Article.objects.filter(pk__in=waiting).exclude(state__in=FINISHED).count():
            done = len(waiting) - left
            for _ in range(done - shown):
                step("")
            shown = max(done, shown)
            waited = time.monotonic() - begun
            if waited > timeout:
                raise CommandError(f"not finished after {timeout:.0f} s; the articles stay queued")
            if not warned and waited > WARN_AFTER:
                warned = True
                if not current_app.control.ping(timeout=2):
                    self.stderr.write("No worker answers: start `make run` in another terminal, or a Celery worker.")
            time.sleep(0.1)


def _as_it_is_now(article: Article) -> Article:
    """The article, or the one that its address leads to since it proved to be the same."""
    there = Article.objects.filter(pk=article.pk).first()
    return there or Article.objects.get(addresses__key=address_key(article.url))


def as_dict(article: Article) -> dict[str, Any]:
    """An article and its statements as `ingest --json` prints them."""
    return {
        "article": article.pk,
        "state": article.state,
        "reason": article.reason,
        "syndicated_from": article.syndicated_from_id,
        "statements": [
            {
                "actor": statement.actor.name if statement.actor else statement.actor_name,
                "speaker": (statement.speaker.name if statement.speaker else statement.speaker_name) or None,
                "target": statement.target.name if statement.target else statement.target_name,
                "position": statement.position,
                "condition": statement.condition or None,
                "quote": statement.quote,
                "start": statement.start,
                "end": statement.end,
                "direct": statement.direct,
                "confidence": statement.confidence,
            }
            for statement in article.statements.select_related("actor", "speaker", "target").order_by("start", "pk")
        ],
    }


def in_words(article: Article) -> str:
    about = f" ({article.reason})" if article.reason else ""
    return f"Article {article.pk}: {article.state}{about}, {article.statements.count()} statements."
