from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from peacetracker.dataset.checks import check, coverage
from peacetracker.dataset.reading import BadDataSet, read_data_set


class Command(BaseCommand):
    help = "Check a YAML data set without a database, and count what it holds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the data set's folder, such as data/ukraine")

    def handle(self, *, path: Path, **options: object) -> None:
        try:
            data_set = read_data_set(path)
        except BadDataSet as error:
            raise CommandError(str(error)) from error
        problems = check(data_set)
        if problems:
            raise CommandError("\n".join(map(str, problems)))
        for what, count in coverage(data_set).items():
            self.stdout.write(f"{count:6} {what}")
