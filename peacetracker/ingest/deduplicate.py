"""Find the articles whose text an article repeats, word for word or nearly so; the earliest is their original."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

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
    minhash.update([" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))])
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
    bands = _bands(signature)
    Fingerprint.objects.bulk_create(
        [Fingerprint(article=article, bands=bands, signature=signature.tobytes())],
        update_conflicts=True,
        unique_fields=["article"],
        update_fields=["bands", "signature"],
    )
    originals = _originals(article, bands, signature)
    first = min([article, *originals], key=_arrival)
    later = {original.pk for original in [article, *originals]} - {first.pk}
    _point(Q(pk__in=later) | Q(syndicated_from__in=later), first)
    if first.pk == article.pk and article.syndicated_from_id:
        _point(Q(pk=article.pk), None)
    return later - {article.pk}


def _originals(article: Article, bands: list[int], signature: Signature) -> list[Article]:
    """The originals of the stored texts that are like this one."""
    near = _near(bands)
    alike = {key for key, other in near if likeness(np.frombuffer(other, dtype="<u4"), signature) >= SAME_TEXT}
    alike.discard(article.pk)
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


def _near(bands: list[int]) -> list[tuple[int, bytes]]:
    """Article and signature of the fingerprints that share a band, the earliest first; within a transaction.

    The planner takes a seventh of all rows to overlap, having no statistics of values that hardly ever repeat, and
    would walk through the table in the order asked for. Only the index over bands is flat in cost.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        near = Fingerprint.objects.filter(bands__overlap=bands).order_by("article_id")
        rows = near.values_list("article_id", "signature")[: MOST_COMPARED + 1]  # one may be the article's own
        found = [(key, bytes(other)) for key, other in rows]
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
    return found


def _arrival(article: Article) -> tuple[dt.date, int]:
    return article.published_on or article.added_at.date(), article.pk


def _point(articles: Q, original: Article | None) -> None:
    itself = {original.pk} if original else set()
    elsewhere = Article.objects.filter(articles).exclude(pk__in=itself).exclude(syndicated_from=original)
    elsewhere.update(syndicated_from=original)
