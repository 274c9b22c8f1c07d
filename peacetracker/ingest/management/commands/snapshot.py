from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from peacetracker.press import archive
from peacetracker.press.models import Snapshot


class Command(BaseCommand):
    help = "Write out a response as it was kept, after checking that it is what came."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("article", type=int, metavar="ARTICLE", help="the number of an article")
        parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (standard output)")
        parser.add_argument("--list", action="store_true", help="list what is kept of the article, newest first")
        parser.add_argument("--number", type=int, default=1, metavar="N", help="which of the list (1, the newest)")

    def handle(self, *, article: int, out: Path | None, number: int, **options: Any) -> None:
        kept = list(Snapshot.objects.filter(article=article))
        if not kept:
            raise CommandError(f"of article {article} nothing is kept")
        if options["list"]:
            for position, snapshot in enumerate(kept, 1):
                self.stdout.write(f"{position}  {_line(snapshot)}")
            return
        if not 1 <= number <= len(kept):
            raise CommandError(f"--number goes from 1 to {len(kept)}")
        self._write(kept[number - 1], out)

    def _write(self, snapshot: Snapshot, out: Path | None) -> None:
        try:
            body = snapshot.body()
        except archive.Lost as problem:
            raise CommandError(str(problem)) from problem
        if out is None:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
        else:
            out.write_bytes(body)
        self.stderr.write(_line(snapshot))


def _line(snapshot: Snapshot) -> str:
    return (
        f"{snapshot.fetched_at:%Y-%m-%d %H:%M:%S} UTC  {snapshot.url}  {snapshot.content_type or 'no type'}  "
        f"{snapshot.size:,} bytes  sha256:{snapshot.digest}  {snapshot.file}:{snapshot.offset}"
    )
