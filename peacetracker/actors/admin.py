from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from peacetracker.actors.models import Actor, Affiliation, Alias
from peacetracker.actors.resources import ActorResource
from peacetracker.database.admin import RecordAdmin, RecordInline, in_words
from peacetracker.database.exchange import ExchangeAdmin
from peacetracker.database.merge_admin import MergingAdmin


class AliasInline(RecordInline):
    model = Alias
    fields = ["text", "language", "kind"]


class AffiliationInline(RecordInline):
    model = Affiliation
    fk_name = "actor"
    fields = ["kind", "organisation", "role", "period", "source_url"]
    autocomplete_fields = ["organisation"]


@admin.register(Actor)
class ActorAdmin(ExchangeAdmin, MergingAdmin):
    resource_classes = [ActorResource]
    list_display = ["name", "kind", "iso3", "known_as", "slug"]
    list_filter = ["kind"]
    search_fields = ["name", "slug", "aliases__text", "iso3"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [AliasInline, AffiliationInline]
    change_form_template = "admin/with_new_position.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Actor]:
        return super().get_queryset(request).prefetch_related("aliases")

    @admin.display(description="also known as")
    def known_as(self, actor: Actor) -> str:
        return ", ".join(alias.text for alias in list(actor.aliases.all())[:4])


@admin.register(Alias)
class AliasAdmin(RecordAdmin):
    list_display = ["text", "language", "kind", "actor"]
    list_filter = ["kind", "language"]
    list_select_related = ["actor"]
    search_fields = ["text", "actor__name"]
    autocomplete_fields = ["actor"]


@admin.register(Affiliation)
class AffiliationAdmin(RecordAdmin):
    list_display = ["actor", "kind", "role", "organisation", "days"]
    list_filter = ["kind"]
    list_select_related = ["actor", "organisation"]
    search_fields = ["actor__name", "organisation__name", "role"]
    autocomplete_fields = ["actor", "organisation"]

    @admin.display(description="period", ordering="period")
    def days(self, affiliation: Affiliation) -> str:
        return in_words(affiliation.period)
