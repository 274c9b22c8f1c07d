from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("peacetracker.dashboard.urls")),
    path("", include("peacetracker.api.urls")),
    path("desk/", include("peacetracker.desk.urls")),
    path("admin/", admin.site.urls),
]
