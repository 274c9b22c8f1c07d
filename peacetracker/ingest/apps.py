from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "peacetracker.ingest"
    verbose_name = "Ingest"
