from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from peacetracker.ingest import polling
from peacetracker.ingest.progress import progress
from peacetracker.press.models import Feed

AT_ONCE = 500  # feeds


class Command(BaseCommand):
    help = "Poll feeds now: those that are named, or all that are switched on. Ends with 1 if one of them failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("feeds", nargs="*", metavar="FEED", help="a feed's address or number; all without one")
        parser.add_argument("--due", action="store_true", help="only those that are due")

    def handle(self, *, feeds: list[str], due: bool, **options: Any) -> None:
        chosen = self._chosen(feeds, Feed.objects.due() if due else Feed.objects.order_by("pk"))
        total: Counter[str] = Counter()
        number = chosen.count()
        with progress("Polling", number, self.stderr) as step:
            for batch in self._claimed(number) if due and not feeds else _batches(chosen):
                total += polling.poll(batch, on_outcome=lambda outcome: step(str(outcome)))
        self.stdout.write(
            f"{number} feeds: {total['changed']} with news, {total['unchanged']} without, {total['failed']} failed; "
            f"{total['articles']} new articles."
        )
        if total["failed"]:
            sys.exit(1)

    def _chosen(self, names: list[str], among: QuerySet[Feed]) -> QuerySet[Feed]:
        if not names:
            return among.filter(enabled=True)
        found = {}
        for name in names:
            lookup = {"pk": int(name)} if name.isdecimal() else {"url": name}
            found[name] = Feed.objects.filter(**lookup).values_list("pk", flat=True).first()
        if missing := [name for name, key in found.items() if key is None]:
            raise CommandError(f"no feed is {', '.join(missing)}: give the address or the number of one")
        return among.filter(pk__in=[key for key in found.values() if key])

    def _claimed(self, most: int) -> Iterator[list[Feed]]:
        """What is due, claimed so that no worker polls it at the same time."""
        for keys in polling.claim_due(most):
            yield list(Feed.objects.filter(pk__in=keys))


def _batches(feeds: QuerySet[Feed]) -> Iterator[list[Feed]]:
    keys = list(feeds.values_list("pk", flat=True))
    for at in range(0, len(keys), AT_ONCE):
        yield list(Feed.objects.filter(pk__in=keys[at : at + AT_ONCE]))
