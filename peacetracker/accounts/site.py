"""The admin site: open to whoever has a role."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import path

from peacetracker.accounts.forms import LogInForm
from peacetracker.accounts.roles import may_enter


class Site(AdminSite):
    site_header = "Peacetracker"
    site_title = "Peacetracker"
    index_title = "The record"
    login_form = LogInForm

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user)

    def get_urls(self) -> list[Any]:
        from peacetracker.accounts.views import second_factor_page

        page = path("second-factor/", self.admin_view(second_factor_page), name="second_factor")
        return [page, *super().get_urls()]
