from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "peacetracker.dashboard"
    verbose_name = "Dashboard"
