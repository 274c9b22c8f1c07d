"""What was published, by whom, and how it was fetched."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from peacetracker.database.fields import validate_text
from peacetracker.database.triggers import raise_revision, refuse
from peacetracker.press import archive
from peacetracker.press.querysets import AddressQuerySet, ArticleQuerySet, FeedQuerySet
from peacetracker.press.states import UNFINISHED, State, only_known_ways


class Reliability(models.TextChoices):
    """Reliability of a source: the Admiralty code (NATO AJP-2.1)."""

    A = "A", _("A · completely reliable")
    B = "B", _("B · usually reliable")
    C = "C", _("C · fairly reliable")
    D = "D", _("D · not usually reliable")
    E = "E", _("E · unreliable")
    F = "F", _("F · cannot be judged")


@pghistory.track()
class Source(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    homepage = models.URLField(max_length=500, blank=True)
    country = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as FRA.")],
    )
    reliability = models.CharField(max_length=1, choices=Reliability, default=Reliability.F)
    reliability_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reliability__in=["A", "B", "C", "D", "E", "F"]),
                name="reliability_is_admiralty_a_to_f",
            ),
        ]
        triggers = raise_revision()

    def __str__(self) -> str:
        return self.name


class Feed(models.Model):
    """Where a source tells of new articles. How it fares is told beside what an editor chose; it is no part of the
    record, so no history is kept of it."""

    class Kind(models.TextChoices):
        RSS = "rss", "RSS or Atom"
        JSON = "json", "JSON Feed"
        SITEMAP = "sitemap", "news sitemap"
        LINKS = "links", "page with links"

    class Health(models.TextChoices):
        NEW = "new", "not polled yet"
        WELL = "well", "well"
        ODD = "odd", "read with a remark"
        FAILING = "failing", "failing"
        RETIRED = "retired", "retired by its publisher"
        OFF = "off", "switched off"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="feeds")
    url = models.URLField(max_length=1000, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RSS)
    selector = models.CharField(
        "CSS selector",
        max_length=300,
        blank=True,
        help_text="Of a page with links: which of them lead to articles, such as “main h3 a”.",
    )
    enabled = models.BooleanField(default=True)
    general = models.BooleanField(
        "about many things",
        default=True,
        help_text="Only its articles about a process are read. Untick for a feed that is about nothing else.",
    )
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    polled_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it last brought something new."
    )
    next_poll_at = models.DateTimeField(default=timezone.now)
    interval = models.DurationField(default=dt.timedelta(minutes=30), editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="In a row.")
    problem = models.CharField(max_length=500, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["source__name", "url"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="links") & ~Q(selector="")) | (~Q(kind="links") & Q(selector="")),
                name="a_page_with_links_and_no_other_has_a_selector",
            ),
        ]
        indexes = [models.Index(fields=["next_poll_at"], condition=Q(enabled=True), name="feed_due")]

    def __str__(self) -> str:
        return self.url

    @property
    def health(self) -> "Feed.Health":
        if not self.enabled:
            return self.Health.RETIRED if self.retired_at else self.Health.OFF
        if self.failures:
            return self.Health.FAILING
        if self.problem:
            return self.Health.ODD
        return self.Health.WELL if self.polled_at else self.Health.NEW


# How often a step was tried and when it is due are workings: kept as events, each would hold the whole text again.
@pghistory.track(exclude=["search", "attempts", "state_changed_at", "due_at", "sent_at"])
class Article(models.Model):
    State = State

    class TextKind(models.TextChoices):
        FULL = "full", "full text"
        NOTE = "note", "editor's note"

    url = models.CharField(max_length=2000, help_text="Where it was read.")
    canonical_url = models.CharField(
        max_length=2000,
        unique=True,
        help_text="The address that it goes by. A text without one goes by the digest of its words (urn:sha256:…).",
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="articles")
    feed = models.ForeignKey(
        Feed,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="articles",
        help_text="The feed that told of it first.",
    )
    gated = models.BooleanField(
        "only if relevant",
        default=False,
        editable=False,
        help_text="It came from a feed about many things, and is read only if it is about a process.",
    )
    title = models.CharField(max_length=500, blank=True)
    author = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(null=True, blank=True)
    date_provenance = models.CharField(
        max_length=20, blank=True, help_text="Where the date was read: given, metadata, url, text or feed."
    )
    language = models.CharField(max_length=8, blank=True)
    text = models.TextField(blank=True, validators=[validate_text])
    text_kind = models.CharField(max_length=8, choices=TextKind, default=TextKind.FULL)
    digest = models.CharField("SHA-256 of the text", max_length=64, blank=True, editable=False)
    syndicated_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="copies",
        help_text="The first article with this text.",
    )
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True, help_text="Why it failed, or why nothing was extracted.")
    attempts = models.PositiveSmallIntegerField(default=0)
    added_at = models.DateTimeField(auto_now_add=True)
    state_changed_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text="When its next step may be taken: later while a worker has it, its host is busy or an error passes.",
    )
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its address first answered that it is gone."
    )
    sent_at = models.DateTimeField(null=True, editable=False, help_text="When it was last handed to the broker.")
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("text", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(state="failed") | Q(reason__gt=""), name="a_failed_article_says_why"),
            models.CheckConstraint(
                condition=Q(state__in=State.values),
                name="article_is_in_a_known_state",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["parsed", "extracted"]) | Q(text__gt=""),
                name="a_parsed_article_has_a_text",
            ),
            models.CheckConstraint(condition=~Q(syndicated_from=F("id")), name="no_article_copies_itself"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="article_search"),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=UNFINISHED),
                name="article_unfinished",
            ),
            models.Index(fields=["digest"], name="article_digest"),
            models.Index(fields=["-published_on", "-id"], name="article_newest"),
        ]
        triggers = [
            only_known_ways(),
            pgtrigger.Trigger(
                name="quotes_stay_verbatim",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("text"),
                func=(
                    "IF EXISTS (SELECT 1 FROM stances_statement s WHERE s.article_id = NEW.id "
                    "AND s.former_text_id IS NULL "
                    'AND s.quote IS DISTINCT FROM substr(NEW.text, s.start + 1, s."end" - s.start)) '
                    "THEN RAISE EXCEPTION 'A statement quotes words that the new text lacks at that place.' "
                    "USING ERRCODE = 'check_violation', CONSTRAINT = 'quotes_stay_verbatim'; END IF; RETURN NEW;"
                ),
            ),
            # Readers see an article once a statement in it is accepted; what lies in the inbox changes no page.
            pgtrigger.Trigger(
                name="revision_update",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf(
                    "url",
                    "canonical_url",
                    "source_id",
                    "title",
                    "author",
                    "published_on",
                    "text",
                    "syndicated_from_id",
                ),
                func=(
                    "IF EXISTS (SELECT 1 FROM stances_statement WHERE article_id = NEW.id AND state = 'accepted') "
                    "THEN INSERT INTO revision_log DEFAULT VALUES ON CONFLICT DO NOTHING; END IF; RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.canonical_url

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        validate_text(self.text)
        self.digest = digest_of(self.text)
        if update_fields is not None and "text" in update_fields:
            update_fields = {*update_fields, "digest"}
        new = self._state.adding
        super().save(*args, update_fields=update_fields, **kwargs)
        if new:
            self.is_known_by(self.canonical_url, self.url)

    def get_absolute_url(self) -> str:
        return reverse("dashboard:article", args=[self.pk])

    def is_known_by(self, *urls: str) -> None:
        """Remember addresses under which this article is found; one that is another article's stays its own."""
        Address.objects.remember((self, url) for url in urls)

    @property
    def link(self) -> str:
        """The address a reader can follow, or nothing."""
        return self.url if self.url.startswith(("http://", "https://")) else ""


class Address(models.Model):
    """One of the addresses that an article is known by, whatever its guise: see `address_key`."""

    key = models.CharField(max_length=2000, primary_key=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="addresses")

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


def digest_of(text: str) -> str:
    """The SHA-256 of a text in hexadecimal; empty for an empty text."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


class Snapshot(models.Model):
    """A response as it came, kept as proof and so that an article can be parsed again.

    The response itself is a record in a WARC file (`peacetracker.press.archive`); the row says where.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="snapshots")
    fetched_at = models.DateTimeField(default=timezone.now)
    url = models.CharField(max_length=2000)
    status = models.PositiveSmallIntegerField(default=200)
    content_type = models.CharField(max_length=200, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    digest = models.CharField("SHA-256 of the body", max_length=64)
    size = models.PositiveIntegerField("size of the body in bytes")
    file = models.CharField("WARC file", max_length=200)
    offset = models.PositiveBigIntegerField("offset of its record in bytes")
    length = models.PositiveIntegerField("length of its record in bytes")

    class Meta:
        ordering = ["-fetched_at", "-pk"]
        get_latest_by = ["fetched_at", "pk"]
        constraints = [models.UniqueConstraint("file", "offset", name="record_is_of_one_snapshot")]

    def __str__(self) -> str:
        return f"{self.url} at {self.fetched_at:%Y-%m-%d %H:%M}"

    def body(self) -> bytes:
        """The body, which is exactly what came. Raises archive.Lost."""
        kept = archive.read(self.file, self.offset)
        if hashlib.sha256(kept.body).hexdigest() != self.digest:
            raise archive.Lost(f"the record at {self.offset} of {self.file} is not what was kept: its digest differs")
        return kept.body


class FormerText(models.Model):
    """A text that an article had before a newer version of it was read.

    Statements whose words the newer version lacks go on standing in it.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="former_texts")
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(validators=[validate_text])
    digest = models.CharField("SHA-256 of the text", max_length=64)
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["replaced_at", "pk"]
        default_permissions = ("view",)
        triggers = [
            refuse(
                "NEW.text <> OLD.text",
                "former_text_never_changes",
                "A former text is proof: nobody changes it.",
                operation=pgtrigger.UpdateOf("text"),
            ),
        ]

    def __str__(self) -> str:
        return f"text until {self.replaced_at:%Y-%m-%d %H:%M}"


class Fingerprint(models.Model):
    """What near-duplicates of an article's text have in common with it: a MinHash signature and its bands.

    Texts that share a band are compared by signature; the index over bands keeps that flat in cost however many
    articles are stored, as long as it has no list of pending entries (Leskovec, Rajaraman, Ullman: Mining of Massive
    Datasets, chapter 3).
    """

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True)
    bands = ArrayField(models.BigIntegerField())
    signature = models.BinaryField()

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="fingerprint_bands", fastupdate=False)]
        default_permissions = ()

    def __str__(self) -> str:
        return f"fingerprint of {self.article_id}"
