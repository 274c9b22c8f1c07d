"""Users of every role, for tests of who may do what."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

ROLES = ["anonymous", "viewer", "editor", "superuser"]


def user_of(role: str) -> User | None:
    if role == "anonymous":
        return None
    # Without a password: hashing one takes longer than most tests.
    user = User.objects.create(username=role, is_staff=True, is_superuser=role == "superuser")
    if role != "superuser":
        user.groups.add(Group.objects.get(name=role))
    return user


def client_of(role: str, **options: Any) -> Client:
    client = Client(**options)
    if user := user_of(role):
        client.force_login(user)
    return client
