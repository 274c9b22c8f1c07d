from django.apps import AppConfig


class APIConfig(AppConfig):
    name = "peacetracker.api"
    verbose_name = "API"
