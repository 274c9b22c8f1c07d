from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from peacetracker.dataset.checks import check
from peacetracker.dataset.coverage import as_lines, as_table, coverage
from peacetracker.dataset.reading import BadDataSet, read_data_set
from peacetracker.dataset.schema import DataSet


class Command(BaseCommand):
    help = "Check YAML data sets without a database, and count what they hold."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", type=Path, nargs="+", metavar="path", help="a folder, such as data/ukraine")
        parser.add_argument("--table", type=Path, help="a page that must hold the counts, such as the one in docs/")
        parser.add_argument("--write", action="store_true", help="write that page")

    def handle(self, *, paths: list[Path], table: Path | None = None, write: bool = False, **options: object) -> None:
        data_sets = {path.name: self._checked(path) for path in paths}
        for name, data_set in data_sets.items():
            self.stdout.write(name)
            self.stdout.write("\n".join(as_lines(coverage(data_set))))
        if table:
            self._keep(table, as_table(data_sets), write=write)

    def _checked(self, path: Path) -> DataSet:
        try:
            data_set = read_data_set(path)
        except BadDataSet as error:
            raise CommandError(str(error)) from error
        problems = check(data_set)
        if problems:
            raise CommandError("\n".join(map(str, problems)))
        return data_set

    def _keep(self, table: Path, content: str, *, write: bool) -> None:
        if write:
            table.write_text(content, encoding="utf-8")
        elif not table.exists() or table.read_text(encoding="utf-8") != content:
            raise CommandError(f"{table} is not what the data sets hold: run make coverage.")
