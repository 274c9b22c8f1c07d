from typing import Any

from django.core.management.base import BaseCommand

from peacetracker.runtime.prepare import prepare


class Command(BaseCommand):
    help = (
        "Does once what must be done before a release opens: migrates, loads the reference data into an"
        " empty database, collects static files, makes the first administrator. `up` does it by itself."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(self.stdout.write)
