from django.apps import AppConfig


class ActorsConfig(AppConfig):
    name = "peacetracker.actors"
    verbose_name = "Actors"
