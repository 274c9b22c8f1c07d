"""Find the earlier article whose text an article repeats, word for word or nearly so."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import numpy.typing as npt
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


def _bands(signature: Signature) -> list[int]:
    """One number a band; texts of 0.7 similarity share one of the 32 with a probability of 0.9998."""
    return [_number(index, row.tobytes()) for index, row in enumerate(signature.reshape(-1, ROWS_A_BAND))]


def _number(band: int, content: bytes) -> int:
    """A signed 64-bit number that is the same on every machine."""
    digest = hashlib.blake2b(content, digest_size=8, salt=band.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big", signed=True)


def find_original(article: Article) -> Article | None:
    """The first article with this one's text, or nothing. Remembers this one's fingerprint for later ones."""
    signature = fingerprint(article.text)
    bands = _bands(signature)
    Fingerprint.objects.update_or_create(
        article=article,
        defaults={"bands": bands, "signature": signature.tobytes()},
    )
    alike = (
        Fingerprint.objects.filter(bands__overlap=bands, article_id__lt=article.pk, article__text_kind="full")
        .select_related("article__syndicated_from")
        .order_by("article_id")[:MOST_COMPARED]
    )
    for other in alike:
        if np.mean(np.frombuffer(bytes(other.signature), dtype="<u4") == signature) >= SAME_TEXT:
            return other.article.syndicated_from or other.article
    return None
