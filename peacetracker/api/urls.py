from django.urls import path

from peacetracker.api.v1 import api
from peacetracker.api.views import docs

urlpatterns = [
    path("api/v1/", api.urls),
    path("api/docs", docs, name="api-docs"),
]
