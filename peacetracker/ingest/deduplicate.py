"""Find the earlier article whose text an article repeats, word for word or nearly so."""

from __future__ import annotations

import hashlib
import re

import numpy as np
from datasketch import MinHash

from peacetracker.press.models import Article, Fingerprint

HASHES = 128
ROWS_A_BAND = 4
SHINGLE = 4  # words
SAME_TEXT = 0.7  # estimated Jaccard similarity of two texts' shingles from which one is a copy of the other
MOST_COMPARED = 50
_WORD = re.compile(r"\w+")


def fingerprint(text: str) -> MinHash:
    """The MinHash of a text's shingles; case and punctuation do not matter."""
    words = _WORD.findall(text.lower())
    shingles = {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}
    signature = MinHash(num_perm=HASHES, seed=1)
    signature.update_batch([shingle.encode() for shingle in shingles])
    return signature


def _bands(signature: MinHash) -> list[int]:
    """One number a band; texts of 0.7 similarity share one of the 32 with a probability of 0.9998."""
    values = np.asarray(signature.hashvalues, dtype=np.uint64).reshape(-1, ROWS_A_BAND)
    return [hash_of(index, row.tobytes()) for index, row in enumerate(values)]


def hash_of(band: int, content: bytes) -> int:
    """A signed 64-bit number that is the same on every machine."""
    digest = hashlib.blake2b(content, digest_size=8, salt=band.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big", signed=True)


def find_original(article: Article) -> Article | None:
    """The first article with this one's text, or nothing. Remembers this one's fingerprint for later ones."""
    signature = fingerprint(article.text)
    bands = _bands(signature)
    Fingerprint.objects.update_or_create(
        article=article,
        defaults={"bands": bands, "signature": np.asarray(signature.hashvalues, dtype=np.uint64).tobytes()},
    )
    alike = (
        Fingerprint.objects.filter(bands__overlap=bands, article_id__lt=article.pk, article__text_kind="full")
        .select_related("article__syndicated_from")
        .order_by("article_id")[:MOST_COMPARED]
    )
    for other in alike:
        values = np.frombuffer(bytes(other.signature), dtype=np.uint64)
        if float(np.mean(values == signature.hashvalues)) >= SAME_TEXT:
            return other.article.syndicated_from or other.article
    return None
