from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from peacetracker.api.exports import FORMATS, UnavailableError, export


class Command(BaseCommand):
    help = "Writes the published stances and the statements they rest on: csv into a folder, json into a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("format", choices=FORMATS)
        parser.add_argument("path", type=Path, help="csv: a folder; json: a file.")

    def handle(self, *args: Any, format: str, path: Path, **options: Any) -> None:  # noqa: A002 - the argument's name
        try:
            counts = export(format, path)
        except UnavailableError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote {path}: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
