"""Find the articles whose text an article repeats, word for word or nearly so; the earliest is their original."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Q
from rensa import RMinHash

from peacetracker.press.models import Article, Fingerprint

HASHES = 128
ROWS_A_BAND = 4
SHINGLE = 4  # words
SAME_TEXT = 0.7  # estimated Jaccard similarity of two texts' shingles from which one is a copy of the other
MOST_COMPARED = 50
_WORD = re.compile(r"\w+")

Signature = npt.NDArray[np.uint32]


def fingerprint(text: str) -> Signature:
    """The MinHash of a text's shingles: 128 numbers; case and punctuation do not matter."""
    words = _WORD.findall(text.lower())
    minhash = RMinHash(num_perm=HASHES, seed=1)
    shingles = zip(*(words[first:] for first in range(SHINGLE)), strict=False)
    minhash.update(list(map(" ".join, shingles)) or [" ".join(words)])
    return np.asarray(minhash.digest(), dtype="<u4")


def likeness(one: Signature, other: Signature) -> float:
    """The estimated Jaccard similarity of two texts, from 0 to 1."""
    return float(np.mean(one == other))


def _bands(signature: Signature) -> list[int]:
    """One number a band; texts of 0.7 similarity share one of the 32 with a probability of 0.9998."""
    return [_number(index, row.tobytes()) for index, row in enumerate(signature.reshape(-1, ROWS_A_BAND))]


def _number(band: int, content: bytes) -> int:
    """A signed 64-bit number that is the same on every machine."""
    digest = hashlib.blake2b(content, digest_size=8, salt=band.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big", signed=True)


def place_among_copies(article: Article, signature: Signature) -> set[int]:
    """Remember an article's fingerprint; let it and its copies point to the earliest of them.

    Earliest by day of publication, else by arrival. Returns the originals that are copies now. Nobody else may do the
    same meanwhile: two copies that arrive at once would miss each other.
    """
    originals = _originals(article, signature)
    first = min([article, *originals], key=_arrival)
    later = {original.pk for original in [article, *originals]} - {first.pk}
    if later:
        _point(Q(pk__in=later) | Q(syndicated_from__in=later), first)
    if first.pk == article.pk and article.syndicated_from_id:
        _point(Q(pk=article.pk), None)
    return later - {article.pk}


def keep(signatures: dict[int, Signature]) -> None:
    """Remember the fingerprints of articles that are alone with their texts."""
    rows = [Fingerprint(article_id=key, bands=_bands(s), signature=s.tobytes()) for key, s in signatures.items()]
    fields = ["bands", "signature"]
    Fingerprint.objects.bulk_create(rows, update_conflicts=True, unique_fields=["article"], update_fields=fields)


def alike(signatures: dict[int, Signature]) -> set[int]:
    """The articles whose texts share a band with one another's or with a stored one: copies are among them."""
    bands = {key: _bands(signature) for key, signature in signatures.items()}
    times = Counter(band for each in bands.values() for band in each)
    found = {key for key, each in bands.items() if any(times[band] > 1 for band in each)}
    rows = [{"article": key, "bands": each} for key, each in bands.items() if key not in found]
    with connection.cursor() as cursor:
        cursor.execute(_HAS_NEAR, [json.dumps(rows)])
        while cursor.nextset():
            pass
        return found | {key for (key,) in cursor.fetchall()}


def _originals(article: Article, signature: Signature) -> list[Article]:
    """The originals of the stored texts that are like this one."""
    near = _keep_and_find_near(article, signature)
    alike = {key for key, other in near if likeness(np.frombuffer(other, dtype="<u4"), signature) >= SAME_TEXT}
    if not alike:
        return []
    copies = (
        Article.objects.filter(text_kind=Article.TextKind.FULL)
        .select_related("syndicated_from")
        .defer("text", "search", "syndicated_from__text", "syndicated_from__search")
    )
    originals = (other.syndicated_from or other for other in copies.in_bulk(alike).values())
    found = {original.pk: original for original in originals}
    found.pop(article.pk, None)
    return list(found.values())


# The planner takes a seventh of all rows to overlap, having no statistics of values that hardly ever repeat, and would
# walk through the table in the order asked for. Only the index over bands is flat in cost; what follows in the same
# transaction are rows by their keys, which bitmaps find as well.
_ONLY_BITMAPS = "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off;"
_HAS_NEAR = f"""
{_ONLY_BITMAPS}
SELECT read.article FROM jsonb_to_recordset(%s::jsonb) AS read(article bigint, bands bigint[])
CROSS JOIN LATERAL (
    SELECT FROM press_fingerprint WHERE bands && read.bands AND article_id <> read.article LIMIT 1
) near
"""
_KEEP_AND_FIND_NEAR = f"""
{_ONLY_BITMAPS}
WITH kept AS (
    INSERT INTO press_fingerprint (article_id, bands, signature)
    VALUES (%(article)s, %(bands)s::bigint[], %(signature)s)
    ON CONFLICT (article_id) DO UPDATE SET bands = EXCLUDED.bands, signature = EXCLUDED.signature
)
SELECT article_id, signature FROM press_fingerprint
WHERE bands && %(bands)s::bigint[] AND article_id <> %(article)s ORDER BY article_id LIMIT %(most)s
"""


def _keep_and_find_near(article: Article, signature: Signature) -> list[tuple[int, bytes]]:
    """Keep an article's fingerprint; article and signature of others that share a band with it, the earliest first."""
    values: dict[str, Any] = {"article": article.pk, "bands": _bands(signature), "signature": signature.tobytes()}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_AND_FIND_NEAR, values | {"most": MOST_COMPARED})
        while cursor.nextset():
            pass
        return [(key, bytes(other)) for key, other in cursor.fetchall()]


def _arrival(article: Article) -> tuple[dt.date, int]:
    return article.published_on or article.added_at.date(), article.pk


def _point(articles: Q, original: Article | None) -> None:
    itself = {original.pk} if original else set()
    elsewhere = Article.objects.filter(articles).exclude(pk__in=itself).exclude(syndicated_from=original)
    elsewhere.update(syndicated_from=original)
