import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from peacetracker.ingest.feeds import BadFeed, opml
from peacetracker.ingest.subscriptions import follow


class Command(BaseCommand):
    help = "Follow the feeds of an OPML list, as other feed readers write it. Those that we follow stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="an OPML file, or - for standard input")

    def handle(self, *, file: str, **options: Any) -> None:
        try:
            body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            listed = opml.read(body)
            added = follow(listed)
        except (OSError, BadFeed) as problem:
            raise CommandError(f"{file}: {getattr(problem, 'strerror', None) or problem}") from problem
        self.stdout.write(f"{len(listed)} feeds listed, {added} of them new.")
