"""The groups come by migration, on an empty database too, and go by its reverse."""

import importlib
from copy import copy

import pytest
from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

pytestmark = pytest.mark.django_db
INTERNAL = {"fingerprint"}  # the pipeline's own
roles = importlib.import_module("peacetracker.desk.migrations.0001_roles")


def rights(group: str) -> set[str]:
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_a_viewer_only_views() -> None:
    assert {right.split("_")[0] for right in rights("viewer")} == {"view"}
    assert {"view_statement", "view_proposal", "view_article"} <= rights("viewer")


def test_an_editor_decides_and_deletes_ties_alone() -> None:
    assert {"change_statement", "change_stance", "add_stance", "change_proposal"} <= rights("editor")
    assert {right for right in rights("editor") if right.startswith("delete")} == {
        f"delete_{tie}" for tie in roles.TIES
    }


def test_nobody_looks_after_users_or_rewrites_proof() -> None:
    for group in ("viewer", "editor"):
        labels = set(Group.objects.get(name=group).permissions.values_list("content_type__app_label", flat=True))
        assert labels == {"actors", "proposals", "press", "stances"}
    assert not {"add_snapshot", "change_snapshot", "delete_snapshot"} & rights("editor")


def test_every_model_of_the_record_is_covered() -> None:
    tracked = {
        model._meta.model_name
        for label in roles.RECORD
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.endswith("Event")
    }
    assert {name for names in roles.RECORD.values() for name in names} == tracked - INTERNAL


def test_it_makes_the_permissions_that_are_missing_and_can_be_undone() -> None:
    with connection.schema_editor() as schema_editor:
        roles.remove_groups(apps, schema_editor)
        assert not Group.objects.filter(name__in=["viewer", "editor"]).exists()
        Permission.objects.all().delete()
        ContentType.objects.clear_cache()

        class Migrated:
            """The registry as a migration gets it: configs of which create_permissions must be told."""

            get_model = staticmethod(apps.get_model)

            @staticmethod
            def get_app_config(label: str) -> AppConfig:
                return copy(apps.get_app_config(label))

        roles.make_groups(apps, schema_editor)
    assert len(rights("viewer")) == 21
    assert "change_statement" in rights("editor")
