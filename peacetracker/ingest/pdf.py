"""The text of a PDF, as communiqués are often published."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from statistics import median

MOST_PAGES = 300
_SOFT_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad]\s*\n\s*(?=[a-zà-öø-ÿа-яіїєґ])")
_SENTENCE_END = re.compile(r"[.!?:;…][\"”»’)\]]*$")

logging.getLogger("pypdf").setLevel(logging.ERROR)


class UnreadablePdf(Exception):
    """A PDF without a text that could be read; the message says why."""


@dataclass(frozen=True)
class PdfText:
    text: str
    title: str = ""
    author: str = ""
    created_on: dt.date | None = None


def read_pdf(body: bytes) -> PdfText:
    """The text of a PDF in paragraphs, and what its metadata say. Raises UnreadablePdf."""
    from pypdf import PdfReader  # PDFs are few, and it would cost every process a third of its start

    try:
        reader = PdfReader(BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadablePdf("the PDF asks for a password")
        if len(reader.pages) > MOST_PAGES:
            raise UnreadablePdf(f"the PDF has more than {MOST_PAGES} pages")
        pages = [page.extract_text() for page in reader.pages]
        about = reader.metadata
        created = about.creation_date if about else None
        title, author = (about.title or "", about.author or "") if about else ("", "")
    except UnreadablePdf:
        raise
    except Exception as error:  # a broken PDF can raise nearly anything in its reader
        raise UnreadablePdf(f"the PDF cannot be read: {type(error).__name__}: {error}") from error
    text = "\n\n".join(filter(None, ("\n".join(_paragraphs(page)) for page in pages)))
    if not text.strip():
        raise UnreadablePdf("the PDF holds no text: it may be scanned pages")
    return PdfText(text, str(title), str(author), created.date() if created else None)


def _paragraphs(page: str) -> Iterator[str]:
    """Lines joined to paragraphs: one ends at an empty line, or where a sentence ends before the line does."""
    lines = [line.strip() for line in _SOFT_HYPHEN.sub("", page).splitlines()]
    usual = median([len(line) for line in lines if line] or [0])
    paragraph: list[str] = []
    for line in lines:
        if line:
            paragraph.append(line)
        if paragraph and (not line or (len(line) < 0.8 * usual and _SENTENCE_END.search(line))):
            yield " ".join(paragraph)
            paragraph = []
    if paragraph:
        yield " ".join(paragraph)
