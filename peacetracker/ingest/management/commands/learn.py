from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from peacetracker.extraction.detector import detector
from peacetracker.extraction.evaluation import GoldError
from peacetracker.ingest import lessons
from peacetracker.ingest.gazetteer import record_names


class Command(BaseCommand):
    help = (
        "Learn from what editors accepted, corrected and rejected, beside gold files: the detector that judges the "
        "rules' candidates, and its calibration. It replaces the one in use only where it is better."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "gold", type=Path, metavar="GOLD", nargs="?", help="a folder of gold with its gazetteer.yaml"
        )
        parser.add_argument("--dry-run", action="store_true", help="report, and replace nothing")
        parser.add_argument(
            "--examples", action="store_true", help="print the examples, one JSON object a line, and stop"
        )

    def handle(self, *, gold: Path | None, **options: Any) -> None:
        found = lessons.lessons()
        if options["examples"]:
            for lesson in found:
                self.stdout.write(json.dumps(lesson.as_dict(), ensure_ascii=False))
            return
        if gold is None:
            raise CommandError("name a folder of gold files: decisions alone tell only of what was proposed")
        self._tell(found)
        self._learn(found, gold, options["dry_run"])

    def _tell(self, found: list[lessons.Lesson]) -> None:
        for (name, version), each in sorted(_by_version(found).items()):
            counts = ", ".join(f"{each[verdict]} {verdict}" for verdict in ("accepted", "corrected", "rejected"))
            self.stdout.write(f"{name} {version}: {counts}")

    def _learn(self, found: list[lessons.Lesson], gold: Path, dry_run: bool) -> None:
        try:
            from peacetracker.extraction.evaluation import read_gold
            from peacetracker.extraction.training.__main__ import examples
            from peacetracker.extraction.training.decisions import relearn, taught
        except ImportError as error:
            raise CommandError("learning needs scikit-learn: .venv/bin/uv pip install scikit-learn") from error
        lessons.use_learnt_detector()
        until = lessons.learnt_until()
        texts = list(lessons.decided_texts(found))
        new = [text for text in texts if until is None or text.last > until]
        known = [text for text in texts if text not in new]
        names = record_names().gazetteer
        try:
            result = relearn(examples(read_gold(gold)), taught(known, names), taught(new, names), detector())
        except (GoldError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"before, cross-validated:          {result.before}")
        self.stdout.write(f"after, cross-validated:           {result.after}")
        self.stdout.write(f"new decisions, detector in use:   {result.in_use_on_new}")
        self.stdout.write(f"new decisions, learnt from others: {result.after_on_new}")
        if not result.better:
            self.stdout.write("It is not better: nothing is replaced.")
        elif dry_run:
            self.stdout.write("It is better; with --dry-run nothing is replaced.")
        else:
            lessons.store_detector(result.data, max(text.last for text in texts))
            self.stdout.write(f"It is better, and in use from now on: {lessons.detector_path()}")


def _by_version(found: list[lessons.Lesson]) -> dict[tuple[str, str], Counter[str]]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for lesson in found:
        counts.setdefault((lesson.extractor, lesson.version), Counter())[lesson.verdict] += 1
    return counts
