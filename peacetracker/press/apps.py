from django.apps import AppConfig


class PressConfig(AppConfig):
    name = "peacetracker.press"
    verbose_name = "Press"
