"""The groups `viewer` and `editor`, with no more rights than their work needs."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RECORD = {
    "actors": ["actor", "alias", "affiliation"],
    "proposals": [
        "process", "party", "target", "proposal", "provision", "issue", "sponsorship", "provisionissue",
        "proposalrelation", "correspondence", "citation",
    ],
    "press": ["source", "feed", "article", "snapshot"],
    "stances": ["statement", "stance", "evidence"],
}
# Snapshots are proof, and the base of all targets serves autocompletes alone.
UNTOUCHED = {"snapshot", "target"}
# Rows that tie others together. Everything else is rejected, withdrawn or corrected: others have linked to it.
TIES = {
    "alias", "affiliation", "party", "sponsorship", "provisionissue", "proposalrelation", "correspondence", "citation",
    "evidence",
}


def rights_of(group: str) -> dict[str, set[str]]:
    """The permissions of a group, app by app."""
    rights: dict[str, set[str]] = {}
    for app, models in RECORD.items():
        for model in models:
            actions = ["view"]
            if group == "editor" and model not in UNTOUCHED:
                actions += ["add", "change"]
                actions += ["delete"] if model in TIES else []
            rights.setdefault(app, set()).update(f"{action}_{model}" for action in actions)
    return rights


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions after all migrations have run: on an empty database there are none yet.
    for label in RECORD:
        config = apps.get_app_config(label)
        config.models_module = True  # what create_permissions asks for; a migration's apps have none
        create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in ["viewer", "editor"]:
        group, _ = Group.objects.get_or_create(name=name)
        for app, codenames in rights_of(name).items():
            granted = Permission.objects.filter(content_type__app_label=app, codename__in=codenames)
            group.permissions.add(*granted)


def remove_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=["viewer", "editor"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("actors", "0001_initial"),
        ("proposals", "0001_initial"),
        ("press", "0001_initial"),
        ("stances", "0002_vacuum_stances_early"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make_groups, remove_groups)]
