from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask


class Command(BaseCommand):
    help = "Fails unless beat has sent a task lately: the health check of its container."

    def add_arguments(self, parser: ArgumentParser) -> None:
        # It writes down what it has sent every three minutes.
        parser.add_argument("--within", type=int, default=600, metavar="SECONDS")

    def handle(self, *args: Any, within: int, **options: Any) -> None:
        since = timezone.now() - timedelta(seconds=within)
        if not PeriodicTask.objects.filter(enabled=True, last_run_at__gte=since).exists():
            raise CommandError(f"beat has sent nothing for {within} s")
