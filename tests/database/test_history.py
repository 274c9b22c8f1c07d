"""Every change leaves an event row that says who, when and what, and that nobody can change."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import ProgrammingError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pghistory.middleware import HistoryMiddleware

from peacetracker.stances.models import Evidence
from tests.database import doors
from tests.database.test_revision import SHOWN, made
from tests.factories import ActorFactory, ArticleFactory, StanceFactory, StatementFactory


def evidence() -> Evidence:
    stance = StanceFactory()
    statement = StatementFactory(actor=stance.actor, target=stance.target)
    return Evidence.objects.create(stance=stance, statement=statement)


TRACKED = {
    **SHOWN,
    "candidate": (lambda: StatementFactory(state="candidate"), {"role": "minister"}),
    "draft": (lambda: StanceFactory(published=False, evidence=[]), {"note": "Another"}),
    "evidence": (evidence, {"statement": StatementFactory}),
    "article": (ArticleFactory, {"title": "Another"}),
}


def events(row: models.Model) -> models.QuerySet[Any]:
    return row._meta.concrete_model.pgh_event_model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id")


def latest(row: models.Model) -> Any:
    return row._meta.concrete_model.pgh_event_model.objects.latest("pgh_id")


def delete_by_queryset(row: models.Model) -> None:
    type(row)._base_manager.filter(pk=row.pk).delete()


def delete_by_sql(row: models.Model) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


def has(event: Any, change: dict[str, Any]) -> bool:
    return all(getattr(event, name) == value for name, value in change.items())


@pytest.mark.django_db
@pytest.mark.parametrize(("make", "change"), TRACKED.values(), ids=TRACKED)
class TestEveryChange:
    @pytest.mark.parametrize("door", doors.UPDATES, ids=lambda door: door.__name__)
    def test_update(self, make: Callable[[], models.Model], change: dict[str, Any], door: Any) -> None:
        row, change = make(), made(change)
        door(row, change)
        assert [event.pgh_label for event in events(row)][-1] == "update"
        event = events(row).last()
        assert has(event, change)
        assert abs(event.pgh_created_at - timezone.now()) < dt.timedelta(minutes=1)

    @pytest.mark.parametrize("door", doors.INSERTS, ids=lambda door: door.__name__)
    def test_insert(self, make: Callable[[], models.Model], change: dict[str, Any], door: Any) -> None:
        row, change = make(), made(change)
        with transaction.atomic():
            door(row, change)
            event = latest(row)
            assert event.pgh_label == "insert"
            assert has(event, change)
            transaction.set_rollback(True)

    @pytest.mark.parametrize("delete", [lambda row: row.delete(), delete_by_queryset, delete_by_sql])
    def test_delete(self, make: Callable[[], models.Model], change: dict[str, Any], delete: Any) -> None:
        row = make()
        pk = row.pk
        with transaction.atomic():
            delete(row)
            event = latest(row)
            assert (event.pgh_label, event.pgh_obj_id) == ("delete", pk)
            transaction.set_rollback(True)


@pytest.mark.django_db
class TestWho:
    def respond(self, user: Any, change: Callable[[], object]) -> None:
        request = RequestFactory().post("/admin/")
        request.user = user

        def view(request: HttpRequest) -> HttpResponse:
            change()
            return HttpResponse()

        HistoryMiddleware(view)(request)

    def test_the_user_of_a_request(self) -> None:
        editor = get_user_model().objects.create_user("editor")
        actor = ActorFactory()
        self.respond(editor, lambda: type(actor).objects.update(summary="Another"))
        context = latest(actor).pgh_context
        assert context.metadata["user"] == editor.pk
        assert context.metadata["url"] == "/admin/"

    def test_two_editors_are_told_apart(self) -> None:
        actor = ActorFactory()
        editors = [get_user_model().objects.create_user(name) for name in ("one", "two")]
        for editor in editors:
            self.respond(editor, lambda editor=editor: type(actor).objects.update(summary=editor.username))
        users = [event.pgh_context.metadata["user"] for event in events(actor).exclude(pgh_context=None)]
        assert users == [editor.pk for editor in editors]

    def test_a_command_says_which(self) -> None:
        with pghistory.context(command="load_dataset"):
            actor = ActorFactory()
        assert latest(actor).pgh_context.metadata == {"command": "load_dataset"}

    def test_sql_without_a_context_still_leaves_a_row(self) -> None:
        actor = ActorFactory()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE actors_actor SET name = 'By hand'")
        assert latest(actor).name == "By hand"
        assert latest(actor).pgh_context is None


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make for make, _ in TRACKED.values()], ids=TRACKED)
def test_event_rows_stay_as_they_are(make: Callable[[], models.Model]) -> None:
    event = latest(make())
    model, table = type(event), event._meta.db_table
    attempts: list[Callable[[], object]] = [
        lambda: model.objects.filter(pk=event.pk).update(pgh_label="forged"),
        lambda: model.objects.bulk_update([event], ["pgh_label"]),
        lambda: event.save(),
        lambda: event.delete(),
        lambda: model.objects.all().delete(),
        lambda: connection.cursor().execute(f"UPDATE {table} SET pgh_label = 'forged'"),
        lambda: connection.cursor().execute(f"DELETE FROM {table}"),
    ]
    for attempt in attempts:
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            attempt()


@pytest.mark.django_db
def test_what_the_record_holds_is_tracked_and_tried() -> None:
    record = [
        model
        for label in ("actors", "proposals", "press", "stances")
        for model in apps.get_app_config(label).get_models()
        if not model._meta.proxy and not model.__name__.endswith("Event")
    ]
    tracked = {model for model in record if hasattr(model, "pgh_event_model")}
    workings = {model.__name__ for model in record} - {model.__name__ for model in tracked}
    assert workings == {"Feed", "Snapshot", "FormerText", "Address", "Fingerprint"}, (
        "how a text was found and fetched is not the record"
    )
    assert {make()._meta.concrete_model for make, _ in TRACKED.values()} == tracked
