import gc
import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peacetracker.settings")

app = Celery("peacetracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_process_init.connect
def _set_apart_what_was_loaded(**_: object) -> None:
    """The collector need not walk through half a million objects that stay as long as the process does."""
    gc.freeze()
