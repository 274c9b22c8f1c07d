"""From a page that is kept to an article with a text: pages are read one by one, and what they hold is stored together.

What nothing else in the record is like goes in a few statements for all. What may be another article, a copy or a newer
version is stored by itself, after them and in the same transaction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pghistory
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from peacetracker.database.fields import validate_text
from peacetracker.ingest import deduplicate, extract, identity
from peacetracker.ingest.apart import apart
from peacetracker.ingest.deduplicate import Signature
from peacetracker.ingest.gazetteer import gate
from peacetracker.ingest.parse import ParsedArticle, parse
from peacetracker.ingest.visits import NOT_ITS_FAULT, Visit, attempt_in_turn, attempt_step, give_back, move_on
from peacetracker.press.models import Address, Article, Snapshot, digest_of
from peacetracker.press.services import source_named
from peacetracker.press.states import State
from peacetracker.stances.versions import replace_text

_OTHERS_CHANGE = ("state", "text", "title", "published_on", "date_provenance", "source_id", "syndicated_from_id")


@dataclass(frozen=True, eq=False)
class _Text:
    """What was read of an article and is not stored yet."""

    visit: Visit
    parsed: ParsedArticle
    urls: tuple[str, ...]  # where it was found, and what it calls itself
    signature: Signature

    @property
    def article(self) -> Article:
        return self.visit.article


def with_text(fetched: Iterable[Visit]) -> list[int]:
    """Read what was fetched; the articles that have a text now."""
    read = attempt_in_turn("parse", fetched, _read)
    return _keep_texts([text for visit, text in read if text and visit.in_hand])


def _read(visit: Visit) -> _Text:
    article = visit.article
    snapshot, body = visit.came or _kept(article)
    url = snapshot.url if article.link else ""
    parsed = apart(partial(parse, body, snapshot.content_type, url))
    validate_text(parsed.text)
    judged = article.gated and not article.text
    if judged and not (verdict := gate().judge(article.title or parsed.title, parsed.text)).relevant:
        _pass_over(visit, parsed, verdict.reason)
        return _Text(visit, parsed, (), deduplicate.fingerprint(""))  # nobody stores it
    return _Text(visit, parsed, (url, parsed.canonical_url), deduplicate.fingerprint(parsed.text))


def _kept(article: Article) -> tuple[Snapshot, bytes]:
    snapshot = article.snapshots.latest()
    return snapshot, snapshot.body()


def _pass_over(visit: Visit, parsed: ParsedArticle, reason: str) -> None:
    """Keep its headline, and not its text."""
    headline = {name: value for name, value in _values(visit.article, parsed).items() if name != "text"}
    move_on(visit.article, State.FETCHED, State.PASSED_OVER, f"passed over: {reason}", **headline)
    visit.in_hand = False


def _keep_texts(texts: list[_Text]) -> list[int]:
    """Store texts, all of them or, where the database refuses one, each by itself; the articles that have theirs."""
    try:
        return _store(texts) if texts else []
    except NOT_ITS_FAULT:
        raise
    except Exception:
        stored: list[int] = []
        for text in texts:
            stored += attempt_step("parse", text.visit, partial(_store, [text])) or []
        return stored


def _store(texts: list[_Text]) -> list[int]:
    waiting: list[_Text] = []  # for another article to be read
    with transaction.atomic(), pghistory.context(step=State.FETCHED):
        held = _hold_alone(sorted(texts, key=lambda text: text.article.pk))
        plain, others = _sorted_out(held)
        _take_plain(plain)
        stored = [text.article.pk for text in plain]
        for text in others:
            try:
                stored += [text.article.pk] if _take(text) else []
            except identity.NotYet:
                waiting.append(text)
    for text in texts:
        text.visit.in_hand = False
    give_back([text.article for text in waiting], settings.RETRY_SECONDS)
    return stored


_HOLD = f"""
SELECT pg_advisory_xact_lock(hashtextextended('the same text', 0));
SELECT id, {", ".join(_OTHERS_CHANGE)} FROM press_article WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""


def _hold_alone(texts: list[_Text]) -> list[_Text]:
    """Lock the articles' rows, and take over what others may have changed in them; those that are still to be read.

    Until the end of the transaction nobody else is here: two copies that arrive at once would miss each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [[text.article.pk for text in texts]])
        while cursor.nextset():
            pass
        rows = {row[0]: dict(zip(_OTHERS_CHANGE, row[1:], strict=True)) for row in cursor.fetchall()}
    held = [text for text in texts if rows.get(text.article.pk, {}).get("state") == State.FETCHED]
    for text in held:
        for name, value in rows[text.article.pk].items():
            setattr(text.article, name, value)
    return held


def _sorted_out(texts: list[_Text]) -> tuple[list[_Text], list[_Text]]:
    """Texts that nothing in the record or among them is like, with addresses that are nobody else's; and the others."""
    keys = {text.article.pk: identity.keys_of(text.urls) for text in texts}
    led = Address.objects.led_to({key for each in keys.values() for key in each})
    shared = Counter(key for each in keys.values() for key in each)
    alike = deduplicate.alike({text.article.pk: text.signature for text in texts})

    def is_plain(text: _Text) -> bool:
        pk = text.article.pk
        own = all(led.get(key, pk) == pk and shared[key] == 1 for key in keys[pk])
        return own and pk not in alike and not text.article.text and not text.article.syndicated_from_id

    told = [(text, is_plain(text)) for text in texts]
    return [text for text, plain in told if plain], [text for text, plain in told if not plain]


def _take(text: _Text) -> bool:
    """Store one text; whether the article has it, and is no other one."""
    article = text.article
    if identity.is_known(article, text.urls, text.signature):
        Article.objects.filter(pk=article.pk).delete()
        return False
    if article.text:
        replace_text(article, text.parsed.text)
    row = _row(text)
    _update([row])
    article.published_on = row["published_on"]  # the earliest of copies is their original
    if turned := deduplicate.place_among_copies(article, text.signature):
        extract.drop_undecided(turned)
    return True


def _take_plain(texts: list[_Text]) -> None:
    if texts:
        Address.objects.lead((key, text.article.pk) for text in texts for key in identity.keys_of(text.urls))
        _update([_row(text) for text in texts])
        deduplicate.keep({text.article.pk: text.signature for text in texts})


def _row(text: _Text) -> dict[str, Any]:
    """The columns of an article that has been read. The object stays as it is: all may be rolled back."""
    article, parsed = text.article, text.parsed
    row = {name: getattr(article, name) for name in ("id", "title", "published_on", "date_provenance", "source_id")}
    return row | _values(article, parsed) | {"digest": digest_of(parsed.text), "reason": parsed.remark}


_UPDATE = """
UPDATE press_article article SET
    text = read.text, digest = read.digest, language = read.language, author = read.author, title = read.title,
    published_on = read.published_on, date_provenance = read.date_provenance, source_id = read.source_id,
    state = 'parsed', reason = read.reason, attempts = 0, state_changed_at = %(now)s, due_at = %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS read(
    id bigint, text text, digest text, language text, author text, title text, published_on date, date_provenance text,
    source_id bigint, reason text)
WHERE article.id = read.id
"""


def _update(rows: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"rows": json.dumps(rows, cls=DjangoJSONEncoder), "now": timezone.now()})


def _values(article: Article, parsed: ParsedArticle) -> dict[str, Any]:
    """What the page says, where nobody said otherwise."""
    values: dict[str, Any] = {"text": parsed.text, "language": parsed.language, "author": parsed.author}
    if not article.title:
        values["title"] = parsed.title
    if not article.published_on and parsed.published_on:
        values |= {"published_on": parsed.published_on, "date_provenance": parsed.date_provenance}
    if not article.source_id and parsed.publisher:
        values["source_id"] = source_named(parsed.publisher).pk
    return values
