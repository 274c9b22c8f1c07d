"""Users, groups and the audit log: the administrators' pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from peacetracker.accounts import roles
from peacetracker.accounts.models import AuditEntry

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(UserAdmin):
    list_display = ["username", "email", "role", "is_superuser", "is_active", "last_login"]
    list_filter = ["groups", "is_superuser", "is_active"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="role")
    def role(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """The groups of the roles get their rights from the table in `roles`: here they are only shown."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not self._is_role(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._is_role(obj)

    def _is_role(self, group: Any) -> bool:
        return group is not None and group.name in roles.ROLES


@admin.register(AuditEntry)
class AuditAdmin(admin.ModelAdmin):
    list_display = ["at", "who", "event", "about", "address", "more"]
    list_filter = ["event", "at"]
    search_fields = ["username", "about", "address"]
    date_hierarchy = "at"
    list_display_links = None
    show_full_result_count = False
    fields = ["at", "who", "event", "about", "address", "more"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="who", ordering="username")
    def who(self, entry: AuditEntry) -> str:
        return entry.username or "–"

    @admin.display(description="details")
    def more(self, entry: AuditEntry) -> SafeString:
        parts = ((name, _words(value)) for name, value in entry.details.items())
        return format_html_join("; ", "{}: {}", parts)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
