from django.urls import path

from peacetracker.dashboard.views import (
    about,
    actors,
    alignment,
    articles,
    compare,
    health,
    issues,
    matrix,
    overview,
    positions,
    proposals,
    search,
    shifts,
    timeline,
    world,
)

app_name = "dashboard"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<slug:slug>/", proposals.proposal, name="proposal"),
    path("proposals/<slug:slug>/<int:number>/", proposals.provision, name="provision"),
    path("compare/", compare.compare, name="compare"),
    path("actors/", actors.actors, name="actors"),
    path("actors/<slug:slug>/", actors.actor, name="actor"),
    path("issues/", issues.issues, name="issues"),
    path("issues/<slug:slug>/", issues.issue, name="issue"),
    path("positions/<slug:actor>/<slug:target>/", positions.position, name="position"),
    path("shifts/", shifts.shifts, name="shifts"),
    path("timeline/", timeline.timeline, name="timeline"),
    path("alignment/", alignment.alignment, name="alignment"),
    path("map/", world.world, name="map"),
    path("articles/<int:pk>/", articles.article, name="article"),
    path("search/", search.search, name="search"),
    path("about/methodology/", about.methodology, name="methodology"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
