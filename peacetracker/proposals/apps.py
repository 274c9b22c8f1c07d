from django.apps import AppConfig


class ProposalsConfig(AppConfig):
    name = "peacetracker.proposals"
    verbose_name = "Proposals"
