"""Writing the audit log: log-ins, changes of rights, exports, merges, reverts."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from peacetracker.accounts.addresses import client_address
from peacetracker.accounts.models import AuditEntry

Event = AuditEntry.Event
# The request that is being answered, for those who write here from far below a view.
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)
OF_AN_ACCOUNT = ["username", "email", "is_active", "is_staff", "is_superuser", "password"]
ADDED = {"post_add": "added", "post_remove": "removed", "pre_clear": "cleared"}


def note(
    event: str, about: object = "", *, user: Any = None, request: HttpRequest | None = None, **details: Any
) -> None:
    """Write down that somebody did something. Without `user` it is whoever sent the request that is being answered."""
    request = request or current_request.get()
    if user is None and request is not None and hasattr(request, "user") and request.user.is_authenticated:
        user = request.user
    AuditEntry.objects.create(
        event=event,
        user=user,
        username=user.get_username() if user else "",
        address=client_address(request) if request else None,
        about=str(about)[:300],
        details=details,
    )


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, user: Any, **_: Any) -> None:
    note(Event.LOGGED_IN, user=user, request=request)


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        note(Event.LOGGED_OUT, user=user, request=request)


@receiver(user_login_failed)
def _log_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None and not getattr(request, "axes_locked_out", False):
        note(Event.LOG_IN_FAILED, _known(credentials.get("username")), request=request)


@receiver(user_locked_out)
def _locked_out(request: HttpRequest, username: str | None, **_: Any) -> None:
    note(Event.LOCKED_OUT, _known(username), request=request)


def _known(username: str | None) -> str:
    """A name that somebody bears: what else was typed there may be a password."""
    return username if username and get_user_model().objects.filter(username=username).exists() else "(unknown name)"


@receiver(m2m_changed)
def _rights_changed(sender: Any, instance: Model, action: str, pk_set: set[int] | None, model: Any, **_: Any) -> None:
    user = get_user_model()
    if action not in ADDED or sender not in (
        user.groups.through,
        user.user_permissions.through,
        Group.permissions.through,
    ):
        return
    names = [_name(row) for row in model._default_manager.filter(pk__in=pk_set or ())]
    note(Event.RIGHTS_CHANGED, instance, what=ADDED[action], of=str(model._meta.verbose_name_plural), names=names)


def _name(row: Model) -> str:
    return row.codename if isinstance(row, Permission) else str(row)


@receiver(pre_save, sender=get_user_model())
def _account_changed(instance: Any, update_fields: Any = None, raw: bool = False, **_: Any) -> None:
    watched = [field for field in OF_AN_ACCOUNT if update_fields is None or field in update_fields]
    if raw or not watched:
        return
    before = type(instance)._default_manager.filter(pk=instance.pk).values(*watched).first() if instance.pk else {}
    changed = [field for field in watched if (before or {}).get(field) != getattr(instance, field)]
    if changed:
        values = {field: "changed" if field == "password" else getattr(instance, field) for field in changed}
        note(Event.ACCOUNT_CHANGED, instance, is_new=not before, values=values)
