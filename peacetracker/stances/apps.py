from django.apps import AppConfig


class StancesConfig(AppConfig):
    name = "peacetracker.stances"
    verbose_name = "Statements and stances"
