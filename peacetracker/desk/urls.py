from django.urls import path, re_path

from peacetracker.desk import operations, views

app_name = "desk"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    re_path(
        r"^statements/(?P<pk>[0-9]{1,18})/(?P<decision>accept|record|reject|reopen)/$", views.decide, name="decide"
    ),
    path("operations/", operations.operations, name="operations"),
    re_path("^operations/(?P<verb>retry|pull_in|poll)/$", operations.act, name="act"),
]
