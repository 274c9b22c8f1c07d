from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter

from peacetracker.desk import agreement, bulk, operations, submissions, views


class KeyConverter(IntConverter):
    """The number of a row: no more digits than the database's numbers have."""

    regex = "[0-9]{1,18}"


class VerbConverter:
    regex = "accept|record|reject|grade|split"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


register_converter(KeyConverter, "key")
register_converter(VerbConverter, "verb")

app_name = "desk"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("statements/<key:pk>/correct/", views.correct, name="correct"),
    path("statements/<key:pk>/settle/", agreement.settle, name="settle"),
    path("statements/<key:pk>/<verb:verb>/", views.decide, name="decide"),
    path("articles/<key:pk>/statements/", views.add, name="add"),
    path("articles/<key:pk>/presence/", views.presence, name="presence"),
    path("articles/<key:pk>/assign/", views.assign, name="assign"),
    path("articles/<key:pk>/progress/", submissions.progress, name="progress"),
    path("articles/<key:pk>/retry/", submissions.retry, name="retry"),
    path("sources/<key:pk>/grade/", views.grade_source, name="grade_source"),
    path("suggest/actor/", views.suggest, {"what": "actor"}, name="suggest_actor"),
    path("suggest/target/", views.suggest, {"what": "target"}, name="suggest_target"),
    path("decisions/", views.decisions, name="decisions"),
    path("decisions/<key:pk>/undo/", views.undo_decision, name="undo"),
    path("undo/", views.undo_decision, name="undo_last"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("submit/", submissions.submit, name="submit"),
    path("differences/", agreement.differences, name="differences"),
    path("agreement/", agreement.agreement, name="agreement"),
    path("operations/", operations.operations, name="operations"),
    re_path("^operations/(?P<verb>retry|pull_in|take_up|poll)/$", operations.act, name="act"),
]
