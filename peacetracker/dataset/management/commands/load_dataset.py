from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from peacetracker.dataset.coverage import coverage
from peacetracker.dataset.loading import load_data_set
from peacetracker.dataset.reading import BadDataSet


class Command(BaseCommand):
    help = "Bring the record in line with a YAML data set. Loading it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the data set's folder, such as data/ukraine")
        parser.add_argument(
            "--overwrite", action="store_true", help="also what somebody changed since a data set was loaded"
        )

    def handle(self, *, path: Path, overwrite: bool = False, **options: object) -> None:
        try:
            loaded = load_data_set(path, overwrite=overwrite)
        except BadDataSet as error:
            raise CommandError(f"{error}\nNothing was loaded.") from error
        counts = ", ".join(f"{count} {what}" for what, count in coverage(loaded.data_set).items() if count)
        self.stdout.write(f"Loaded {path}: {counts}.")
        for problem in [*loaded.breaches, *loaded.left]:
            self.stderr.write(str(problem))
