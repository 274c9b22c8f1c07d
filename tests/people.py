"""Users of every role, for tests of who may do what."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from peacetracker.accounts import roles

ROLES = ["anonymous", *roles.ROLES, "superuser"]


def user_of(role: str) -> User | None:
    """A user whose group is all that lets them in."""
    if role == "anonymous":
        return None
    # Without a password: hashing one takes longer than most tests.
    user = User.objects.create(username=role, is_staff=role == "superuser", is_superuser=role == "superuser")
    if role != "superuser":
        user.groups.add(Group.objects.get(name=role))
    return user


def client_of(role: str, **options: Any) -> Client:
    client = Client(**options)
    if user := user_of(role):
        client.force_login(user)
    return client
