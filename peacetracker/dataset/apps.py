from django.apps import AppConfig


class DatasetConfig(AppConfig):
    name = "peacetracker.dataset"
    verbose_name = "Data set"
