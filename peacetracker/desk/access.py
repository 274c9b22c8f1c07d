"""Who may do what at the desk, by the permissions that `accounts.roles` gives to each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required, user_passes_test
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from peacetracker.accounts import roles

DECIDE, PUBLISH, REVERT = roles.DECIDE, roles.PUBLISH, roles.REVERT
CORRECT = "stances.change_statement"
ADD = "stances.add_statement"
RECORD = [DECIDE, "stances.add_stance", "stances.change_stance", "stances.add_evidence"]
GRADE_SOURCE = "press.change_source"
SUBMIT = "press.add_article"

View = Callable[..., HttpResponse]


def at_the_desk(view: View) -> View:
    """For those who decide on statements or correct them; others log in or are refused. Never kept by a browser."""
    return never_cache(login_required(user_passes_test(_works_here)(view)))


def _works_here(user: Any) -> bool:
    if user.has_perm(DECIDE) or user.has_perm(CORRECT):
        return True
    raise PermissionDenied


def need(user: Any, *permissions: str) -> None:
    """Refuse whoever lacks one of them."""
    if not user.has_perms(permissions):
        raise PermissionDenied


def rights(user: Any) -> dict[str, bool]:
    """What the templates offer."""
    return {
        "decide": user.has_perm(DECIDE),
        "record": user.has_perms(RECORD),
        "revert": user.has_perm(REVERT),
        "publish": user.has_perm(PUBLISH),
        "correct": user.has_perm(CORRECT),
        "add": user.has_perm(ADD),
        "grade_source": user.has_perm(GRADE_SOURCE),
        "submit": user.has_perm(SUBMIT),
        "add_actor": user.has_perm("actors.add_actor"),
    }
