from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from peacetracker.dataset.dumping import CannotDump, dump_data_set


class Command(BaseCommand):
    help = "Write the record to a folder as a YAML data set, in the canonical form that load_dataset reads back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a new folder, or that of an earlier dump, which is replaced")

    def handle(self, *, path: Path, **options: object) -> None:
        try:
            problems = dump_data_set(path)
        except (CannotDump, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote the record to {path}.")
        if problems:
            self.stderr.write("\n".join(map(str, problems)))
            self.stderr.write("These break the rules that check_dataset keeps; load_dataset loads them all the same.")
