"""Editors keep what they could do before: deciding and publishing are permissions of their own now."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = ["decide_statement", "publish_stance"]


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    config = apps.get_app_config("stances")
    config.models_module = True  # what create_permissions asks for; a migration's apps have none
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    rights = Permission.objects.filter(content_type__app_label="stances", codename__in=RIGHTS)
    for group in Group.objects.filter(name="editor"):
        group.permissions.add(*rights)


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    rights = Permission.objects.filter(content_type__app_label="stances", codename__in=RIGHTS)
    for group in Group.objects.filter(name="editor"):
        group.permissions.remove(*rights)


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_desk"), ("stances", "0004_desk_queue")]
    operations = [migrations.RunPython(grant, take_back)]
