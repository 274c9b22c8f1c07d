"""Undo a response's Content-Encoding within bounds, so that a small bomb cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import brotli

ACCEPTED = "gzip, deflate, br"
MOST_TIMES = 200  # how many times its size a body may unfold to; pages of text reach 5 to 20
NEVER_SUSPECT = 2**20  # bytes: a short page of blanks is no bomb
_STEP = 2**16


class Undecodable(Exception):
    """A body that is not what its Content-Encoding says, or unfolds beyond all bounds."""


def decode(raw: bytes, encoding: str, largest: int) -> bytes:
    """The body as it was before the encodings named in a Content-Encoding header. Raises Undecodable."""
    body = raw
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name != "identity":
            body = _decode_once(body, name, largest)
    return body


def _decode_once(raw: bytes, name: str, largest: int) -> bytes:
    try:
        steps = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _unbrotli}[name]
    except KeyError:
        raise Undecodable(f"the page is encoded as {name!r}, which was not asked for") from None
    body = bytearray()
    try:
        for part in steps(raw):
            body += part
            if len(body) > largest:
                raise Undecodable(f"the page is larger than {largest // 2**20} MiB")
            if len(body) > max(NEVER_SUSPECT, MOST_TIMES * len(raw)):
                raise Undecodable(f"the page unfolds to more than {MOST_TIMES} times its size")
    except (zlib.error, brotli.error, EOFError) as error:
        raise Undecodable(f"the page is not the {name} that it says it is") from error
    return bytes(body)


def _gunzip(raw: bytes) -> Iterator[bytes]:
    """gzip may hold several members, one after the other."""
    while raw:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield from _unzip(member, raw)
        raw = member.unused_data.lstrip(b"\0")
        if raw[:2] != b"\x1f\x8b":
            return


def _inflate(raw: bytes) -> Iterator[bytes]:
    """zlib's format, as the standard has it, or bare deflate, as some servers do."""
    bare = len(raw) < 2 or raw[0] & 0x0F != 8 or (raw[0] << 8 | raw[1]) % 31
    return _unzip(zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS), raw)


def _unzip(unzip: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
    while raw:
        yield unzip.decompress(raw, _STEP)
        raw = unzip.unconsumed_tail
    yield unzip.flush(_STEP)


def _unbrotli(raw: bytes) -> Iterator[bytes]:
    unpack = brotli.Decompressor()
    yield unpack.process(raw, output_buffer_limit=_STEP)
    while not unpack.can_accept_more_data():
        yield unpack.process(b"", output_buffer_limit=_STEP)
