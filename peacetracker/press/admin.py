from typing import Any

import cssselect
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from peacetracker.database.admin import ReadOnly, RecordAdmin, RecordForm, RecordInline
from peacetracker.database.merge_admin import MergingAdmin
from peacetracker.press.models import Article, Feed, Snapshot, Source
from peacetracker.press.services import fetch_again, poll_soon, pull_in, retry


class FeedForm(RecordForm):
    def clean_selector(self) -> str:
        selector = self.cleaned_data["selector"].strip()
        try:
            cssselect.parse(selector or "*")
        except cssselect.SelectorError as error:
            raise ValidationError(f"This is no CSS selector: {error}") from error
        return selector


class FeedInline(RecordInline):
    model = Feed
    form = FeedForm
    fields = ["url", "kind", "selector", "general", "enabled", "polled_at", "failures", "problem"]
    readonly_fields = ["polled_at", "failures", "problem"]


@admin.register(Source)
class SourceAdmin(MergingAdmin):
    list_display = ["name", "reliability", "country", "article_count", "feed_count", "homepage"]
    list_filter = ["reliability", "country"]
    search_fields = ["name", "slug", "homepage"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [FeedInline]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Source]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                number_of_articles=Count("articles", distinct=True),
                number_of_feeds=Count("feeds", distinct=True),
            )
        )

    @admin.display(description="articles", ordering="number_of_articles")
    def article_count(self, source: Any) -> int:
        return source.number_of_articles

    @admin.display(description="feeds", ordering="number_of_feeds")
    def feed_count(self, source: Any) -> int:
        return source.number_of_feeds


@admin.register(Feed)
class FeedAdmin(RecordAdmin):
    form = FeedForm
    actions = ["poll_now"]
    list_display = ["url", "source", "kind", "enabled", "polled_at", "next_poll_at", "failures", "problem"]
    list_filter = ["enabled", "general", "kind", ("problem", admin.EmptyFieldListFilter)]
    list_select_related = ["source"]
    search_fields = ["url", "source__name"]
    autocomplete_fields = ["source"]
    readonly_fields = ["polled_at", "changed_at", "interval", "failures", "problem", "retired_at"]
    fieldsets = [
        (None, {"fields": ["source", "url", "kind", "selector", "general", "enabled"]}),
        ("How it fares", {"fields": ["next_poll_at", *readonly_fields]}),
    ]
    object_history_template = "admin/object_history.html"  # not a part of the record: nothing tracks it

    @admin.action(description="Poll now", permissions=["change"])
    def poll_now(self, request: HttpRequest, feeds: models.QuerySet[Feed]) -> None:
        self.message_user(request, f"{poll_soon(feeds)} feeds are polled within half a minute.", messages.SUCCESS)


class AddArticleForm(RecordForm):
    """An article by its address, for the pipeline to fetch, or with its text."""

    url = forms.URLField(max_length=2000, assume_scheme="https", help_text="Where it stands.")

    def clean_text(self) -> str:
        # Browsers send \r\n, and offsets count both.
        return self.cleaned_data["text"].replace("\r\n", "\n")

    def _post_clean(self) -> None:
        data, article = self.cleaned_data, self.instance
        article.canonical_url = data.get("url", "")
        if data.get("text"):
            note = data.get("text_kind") == Article.TextKind.NOTE
            article.state = Article.State.EXTRACTED if note else Article.State.PARSED
        super()._post_clean()
        if article.canonical_url and Article.objects.filter(canonical_url=article.canonical_url).exists():
            self.add_error("url", "An article of this address is in the record already.")


@admin.register(Article)
class ArticleAdmin(MergingAdmin):
    list_display = [
        "headline",
        "source",
        "published_on",
        "state",
        "reason",
        "statement_count",
        "candidate_count",
    ]
    list_filter = ["state", ("withdrawn_at", admin.EmptyFieldListFilter), "text_kind", "language", "source"]
    list_select_related = ["source"]
    search_fields = ["title", "canonical_url", "source__name"]
    date_hierarchy = "published_on"
    autocomplete_fields = ["source", "syndicated_from"]
    actions = ["merge_duplicates", "retry", "pull_in", "fetch_again"]
    # A browser would turn the text's newlines into others and strip it: every offset after them would be wrong.
    readonly_fields = [
        "text", "text_kind", "digest", "url", "canonical_url", "state", "reason", "attempts", "added_at",
        "state_changed_at", "withdrawn_at", "found", "kept", "former",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["title", "source", "author", "published_on", "date_provenance", "language"]}),
        ("Where", {"fields": ["url", "canonical_url", "syndicated_from"]}),
        (
            "Pipeline",
            {"fields": ["state", "reason", "attempts", "added_at", "state_changed_at", "withdrawn_at", "kept"]},
        ),
        ("Statements", {"fields": ["found"]}),
        ("Text", {"fields": ["text_kind", "digest", "text", "former"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["url", "source", "title", "author", "published_on", "language"]}),
        (
            "Text",
            {
                "fields": ["text_kind", "text"],
                "description": "Empty: the pipeline fetches the address. An editor's note holds our own words.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Article]:
        articles = super().get_queryset(request).defer("search")
        if request.resolver_match and request.resolver_match.url_name == "press_article_changelist":
            return articles.defer("search", "text").annotate(
                number_of_statements=Count("statements"),
                number_of_candidates=Count("statements", filter=Q(statements__state="candidate")),
            )
        return articles

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = AddArticleForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.add_fieldsets if obj is None else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else self.readonly_fields

    @admin.display(description="article", ordering="title")
    def headline(self, article: Article) -> str:
        return str(article)

    @admin.display(description="statements", ordering="number_of_statements")
    def statement_count(self, article: Any) -> int:
        return article.number_of_statements

    @admin.display(description="candidates", ordering="number_of_candidates")
    def candidate_count(self, article: Any) -> int:
        return article.number_of_candidates

    @admin.display(description="statements")
    def found(self, article: Article) -> SafeString | str:
        # The model is not imported: the press does not know what is made of it.
        statements = article.statements.select_related("actor", "target").order_by("start")
        rows = (
            (reverse("admin:stances_statement_change", args=[s.pk]), s, s.get_state_display(), s.quote)
            for s in statements
        )
        return format_html_join("", '<p><a href="{}">{}</a> ({})<br>“{}”</p>', rows) or "none"

    @admin.display(description="snapshots")
    def kept(self, article: Article) -> SafeString | str:
        rows = (
            (reverse("admin:press_snapshot_change", args=[snapshot.pk]), snapshot)
            for snapshot in article.snapshots.all()
        )
        return format_html_join("", '<p><a href="{}">{}</a></p>', rows) or "none"

    @admin.display(description="former texts")
    def former(self, article: Article) -> SafeString | str:
        rows = ((former, former.text) for former in article.former_texts.all())
        return format_html_join("", "<details><summary>{}</summary><pre>{}</pre></details>", rows) or "none"

    @admin.action(description="Fetch again what was read before", permissions=["change"])
    def fetch_again(self, request: HttpRequest, articles: models.QuerySet[Article]) -> None:
        number = fetch_again(articles)
        level = messages.SUCCESS if number else messages.WARNING
        self.message_user(request, f"{number} of the chosen articles are fetched again.", level)

    @admin.action(description="Retry what failed", permissions=["change"])
    def retry(self, request: HttpRequest, articles: models.QuerySet[Article]) -> None:
        number = retry(articles)
        level = messages.SUCCESS if number else messages.WARNING
        self.message_user(request, f"{number} of the chosen articles had failed and go through again.", level)

    @admin.action(description="Pull in what was passed over", permissions=["change"])
    def pull_in(self, request: HttpRequest, articles: models.QuerySet[Article]) -> None:
        number = pull_in(articles)
        level = messages.SUCCESS if number else messages.WARNING
        self.message_user(request, f"{number} of the chosen articles had been passed over and are read now.", level)


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnly, RecordAdmin):
    """Proof: it can be seen, and nobody changes it."""

    list_display = ["url", "fetched_at", "status", "content_type", "article"]
    list_select_related = ["article"]
    search_fields = ["url", "digest", "article__title"]
    date_hierarchy = "fetched_at"
    fields = [
        "article", "url", "fetched_at", "status", "content_type", "digest", "size", "file", "offset", "length",
    ]  # fmt: skip
    object_history_template = "admin/object_history.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Snapshot]:
        return super().get_queryset(request).defer("article__text", "article__search")
