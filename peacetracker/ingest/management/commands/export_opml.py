from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from peacetracker.ingest.subscriptions import as_opml


class Command(BaseCommand):
    help = "Write the feeds that are switched on as an OPML list, which other readers of feeds import."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="PATH", help="where to write it, or - for standard output")

    def handle(self, *, path: str, **options: Any) -> None:
        written = as_opml()
        if path == "-":
            self.stdout.write(written.decode())
            return
        try:
            Path(path).write_bytes(written)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
