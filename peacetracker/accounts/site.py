"""The admin site: open to whoever has a role."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from peacetracker.accounts.forms import LogInForm
from peacetracker.accounts.roles import may_enter


class Site(AdminSite):
    site_header = "Peacetracker"
    site_title = "Peacetracker"
    index_title = "The record"
    login_form = LogInForm

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user)
