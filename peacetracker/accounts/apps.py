from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "peacetracker.accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from peacetracker.accounts import audit, middleware  # noqa: F401  their signals
        from peacetracker.accounts.roles import grant_roles

        # This app stands last among those installed: by its turn, all others have their permissions.
        post_migrate.connect(grant_roles, sender=self)


class SiteConfig(AdminConfig):
    """Django's admin, on our site."""

    default_site = "peacetracker.accounts.site.Site"
