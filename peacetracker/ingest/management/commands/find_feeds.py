from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from peacetracker.ingest.feeds.opml import Subscription
from peacetracker.ingest.fetch import FetchProblem
from peacetracker.ingest.subscriptions import Found, find_feeds, follow


class Command(BaseCommand):
    help = "Find the feeds of a site from its address: RSS, Atom, JSON Feed and news sitemaps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", metavar="ADDRESS")
        parser.add_argument("--add", action="store_true", help="follow the first one that is found")
        parser.add_argument("--publisher", default="", help="who publishes it; else the feed's own title")

    def handle(self, *, site: str, add: bool, publisher: str, **options: Any) -> None:
        try:
            found = find_feeds(site if "://" in site else f"https://{site}")
        except FetchProblem as problem:
            raise CommandError(f"{site}: {problem}") from problem
        if not found:
            raise CommandError(f"{site}: no feed was found; a page with links can be followed with a CSS selector")
        for feed in found:
            self.stdout.write(f"{feed.url}  {feed.kind}, {feed.items} items  {feed.title}")
        if add:
            self._follow(found[0], publisher, site)

    def _follow(self, feed: Found, publisher: str, site: str) -> None:
        homepage = site if "://" in site else f"https://{site}"
        added = follow([Subscription(feed.url, publisher or feed.title, homepage, feed.kind)])
        self.stdout.write("Followed from now on." if added else "It is followed already.")
