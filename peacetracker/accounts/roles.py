"""Who may do what: the one table from which the groups get their permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

VIEWER, CODER, EDITOR, CHIEF_EDITOR = "viewer", "coder", "editor", "chief_editor"

ENTER = "accounts.view_record"
MERGE = "accounts.merge_record"
REVERT = "accounts.revert_record"
IMPORT = "accounts.import_record"
DECIDE = "stances.decide_statement"
PUBLISH = "stances.publish_stance"

# What each role may do beyond the one above it: table → actions. A chief editor is an editor, who is a coder, who is
# a viewer; an administrator (superuser) may do all. Rows that tie others together can be deleted; everything else is
# rejected, withdrawn or corrected, since others have linked to it.
GRANTS: dict[str, dict[str, str]] = {
    VIEWER: {
        "accounts.record": "view",
        "database.merger": "view",
        "actors.actor": "view",
        "actors.alias": "view",
        "actors.affiliation": "view",
        "proposals.process": "view",
        "proposals.party": "view",
        "proposals.target": "view",
        "proposals.proposal": "view",
        "proposals.provision": "view",
        "proposals.issue": "view",
        "proposals.sponsorship": "view",
        "proposals.provisionissue": "view",
        "proposals.proposalrelation": "view",
        "proposals.correspondence": "view",
        "proposals.citation": "view",
        "press.source": "view",
        "press.feed": "view",
        "press.article": "view",
        "press.snapshot": "view",
        "press.formertext": "view",
        "stances.statement": "view",
        "stances.stance": "view",
        "stances.evidence": "view",
    },
    # Proposes: makes candidates and corrects them, as long as nobody has decided.
    CODER: {
        "press.article": "add",
        "stances.statement": "add change",
    },
    # Decides, keeps the record in order, and drafts stances.
    EDITOR: {
        "actors.actor": "add change",
        "actors.alias": "add change delete",
        "actors.affiliation": "add change delete",
        "proposals.process": "add change",
        "proposals.party": "add change delete",
        "proposals.proposal": "add change",
        "proposals.provision": "add change",
        "proposals.issue": "add change",
        "proposals.sponsorship": "add change delete",
        "proposals.provisionissue": "add change delete",
        "proposals.proposalrelation": "add change delete",
        "proposals.correspondence": "add change delete",
        "proposals.citation": "add change delete",
        "press.source": "add change",
        "press.feed": "add change",
        "press.article": "change",
        "stances.statement": "decide",
        "stances.stance": "add change delete",
        "stances.evidence": "add change delete",
    },
    # Publishes and withdraws stances, merges duplicates, reverts changes, imports files.
    CHIEF_EDITOR: {
        "accounts.record": "merge revert import",
        "stances.stance": "publish",
    },
}
ROLES = list(GRANTS)


def rights_of(role: str) -> set[str]:
    """The permissions of a role, as `app.action_model`."""
    steps = ROLES[: ROLES.index(role) + 1]
    return {right for step in steps for right in _rights(GRANTS[step])}


def _rights(grants: Mapping[str, str]) -> set[str]:
    tables = ((*table.split("."), actions.split()) for table, actions in grants.items())
    return {f"{app}.{action}_{model}" for app, model, actions in tables for action in actions}


def grant_roles(**signal: Any) -> None:
    """Give each role's group exactly the permissions of the table. Runs after every `migrate`."""
    from django.contrib.auth.models import Group, Permission

    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[right] for right in rights_of(role) if right in known])


def may_enter(user: User | AnonymousUser) -> bool:
    """Whether the admin and the desk are open to somebody: a role is enough."""
    return user.is_active and (user.is_staff or user.has_perm(ENTER))


def require(user: Any, right: str) -> None:
    """Refuse a command to somebody without the right to it. None is the system itself: a task, a loader, a shell."""
    if user is not None and not user.has_perm(right):
        raise PermissionDenied(f"This needs the right {right}.")
