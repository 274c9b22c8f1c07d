from django.urls import path, re_path

from peacetracker.desk import agreement, bulk, submissions, views

app_name = "desk"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    re_path(
        r"^statements/(?P<pk>[0-9]{1,18})/(?P<verb>accept|record|reject|grade|split)/$", views.decide, name="decide"
    ),
    re_path(r"^statements/(?P<pk>[0-9]{1,18})/correct/$", views.correct, name="correct"),
    re_path(r"^statements/(?P<pk>[0-9]{1,18})/settle/$", agreement.settle, name="settle"),
    re_path(r"^articles/(?P<pk>[0-9]{1,18})/statements/$", views.add, name="add"),
    re_path(r"^articles/(?P<pk>[0-9]{1,18})/presence/$", views.presence, name="presence"),
    re_path(r"^articles/(?P<pk>[0-9]{1,18})/assign/$", views.assign, name="assign"),
    re_path(r"^articles/(?P<pk>[0-9]{1,18})/progress/$", submissions.progress, name="progress"),
    re_path(r"^articles/(?P<pk>[0-9]{1,18})/retry/$", submissions.retry, name="retry"),
    re_path(r"^sources/(?P<pk>[0-9]{1,18})/grade/$", views.grade_source, name="grade_source"),
    re_path(r"^suggest/(?P<what>actor|target)/$", views.suggest, name="suggest"),
    path("decisions/", views.decisions, name="decisions"),
    path("undo/", views.undo_decision, name="undo_last"),
    re_path(r"^decisions/(?P<pk>[0-9]{1,18})/undo/$", views.undo_decision, name="undo"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("submit/", submissions.submit, name="submit"),
    path("differences/", agreement.differences, name="differences"),
    path("agreement/", agreement.agreement, name="agreement"),
]
