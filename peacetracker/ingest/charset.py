"""Which characters a response's bytes are: by byte order mark, header and meta element, as browsers do (WHATWG)."""

from __future__ import annotations

import re

import webencodings
from charset_normalizer import from_bytes

_HEADER = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_LOOK_INTO = 4096  # bytes in which a page says its encoding; the standard demands the first 1024
_GUESS_FROM = 50_000  # bytes
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_ENOUGH_TO_GUESS = 100  # such bytes; of fewer, any guess is as good as the web's default


def decode(body: bytes, content_type: str) -> str:
    """The text of a body. Where it is not what it is said to be, UTF-8, then a guess, then what was said, with �."""
    if body.startswith(_MARKS):
        text, _ = webencodings.decode(body, "utf-8")
        return str(text)
    declared = declared_encoding(body, content_type)
    for encoding in (declared, webencodings.UTF8):
        if encoding:
            try:
                return str(encoding.codec_info.decode(body, "strict")[0])
            except UnicodeDecodeError:
                continue
    if declared is None and len(_NOT_ASCII.findall(body[:_GUESS_FROM])) >= _ENOUGH_TO_GUESS:
        if guess := from_bytes(body[:_GUESS_FROM]).best():
            return body.decode(guess.encoding, errors="replace")
    fallback = declared or webencodings.lookup("windows-1252")
    return str(fallback.codec_info.decode(body, "replace")[0])


def declared_encoding(body: bytes, content_type: str) -> webencodings.Encoding | None:
    """What the header says, else the document; nothing where they say nothing that exists."""
    named = _HEADER.search(content_type)
    if named and (encoding := webencodings.lookup(named.group(1))):
        return encoding
    head = body[:_LOOK_INTO]
    said = _META.search(head) or _XML.search(head)
    encoding = webencodings.lookup(said.group(1).decode("ascii", "replace")) if said else None
    # A document whose meta element could be read is not in UTF-16.
    return webencodings.UTF8 if encoding and encoding.name.startswith("utf-16") else encoding
