from celery import shared_task

from peacetracker.stances import worth


@shared_task
def reweigh_candidates() -> int:
    """Take new grades of sources and new parties into account, and what decisions left to be weighed."""
    return worth.reweigh()
