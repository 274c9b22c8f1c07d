from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "peacetracker.desk"
    verbose_name = "Desk"
