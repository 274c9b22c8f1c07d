from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from peacetracker.extraction import extractor
from peacetracker.extraction.evaluation import GoldError, evaluate
from peacetracker.ingest.lessons import use_learnt_detector


class Command(BaseCommand):
    help = "Measure an extractor on gold files: precision, recall and F1, and the accuracy of each step."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="a folder of gold with its gazetteer.yaml")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--errors", type=int, default=0, metavar="N", help="also the N worst errors, and why")
        parser.add_argument("--extractor", default=settings.EXTRACTOR)

    def handle(self, *, directory: Path, **options: Any) -> None:
        use_learnt_detector()
        try:
            result = evaluate(directory, extractor(options["extractor"]))
        except (GoldError, ValueError) as error:
            raise CommandError(str(error)) from error
        count = max(options["errors"], 0)
        if options["json"]:
            errors = {"errors": [asdict(error) for error in result.errors(count)]} if count else {}
            self.stdout.write(json.dumps({**result.as_dict(), **errors}, indent=2))
            return
        self.stdout.write(result.table())
        if count:
            self.stdout.write(f"\nthe worst errors\n{result.error_report(count)}")
