from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "peacetracker.database"
    verbose_name = "Database"
