from celery import shared_task

from peacetracker.database import revision


@shared_task
def fold_revision_log() -> None:
    revision.fold_revision_log()
