"""Responses as they came, kept as WARC records (ISO 28500), which outlast this program and open in others' tools.

Files grow to WARC_BYTES and are then left alone. A file that still grows has a companion, `….open`, which says up to
where it is whole; whoever appends holds the companion's lock, so that any number of processes can write, each to a
file of its own if need be. A record is on the disk before its place is told: no row ever points to nothing.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import gzip
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from peacetracker import __version__


class Lost(Exception):
    """A kept response cannot be read; the message says which and what to look for."""


@dataclass(frozen=True)
class Place:
    file: str
    offset: int  # bytes from the start of the file
    length: int


@dataclass(frozen=True)
class Kept:
    """A record as it is read back: the body unpacked, and what was said with it."""

    url: str
    body: bytes
    status: int
    headers: list[tuple[str, str]]


def keep_response(
    url: str, status: int, headers: Iterable[tuple[str, str]], raw: bytes, fetched_at: dt.datetime
) -> Place:
    """Keep a server's answer; `raw` is the body as it was sent, compressed as the headers say."""
    return append([response_record(url, status, headers, raw, fetched_at)])[0]


def response_record(
    url: str, status: int, headers: Iterable[tuple[str, str]], raw: bytes, fetched_at: dt.datetime
) -> bytes:
    """A server's answer as `append` takes it."""
    line = StatusAndHeaders(f"{status} ", [_as_stored(header) for header in headers], protocol="HTTP/1.1")
    return _record("response", url, raw, fetched_at, line)


def keep_resource(url: str, content_type: str, body: bytes, given_at: dt.datetime) -> Place:
    """Keep what came as a file or from standard input."""
    return append([_record("resource", url, body, given_at, content_type=content_type)])[0]


def read(file: str, offset: int) -> Kept:
    """The record at a place. Raises Lost."""
    path = folder() / file
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            record = next(ArchiveIterator(stream))
            body = record.content_stream().read()
    except (OSError, StopIteration, ArchiveLoadFailed, ValueError) as error:
        raise Lost(f"the record at {offset} of {path} cannot be read: {error or 'it is not there'}") from error
    http = record.http_headers
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    return Kept(url, body, int(http.get_statuscode()) if http else 200, http.headers if http else [])


def folder() -> Path:
    return Path(settings.DATA_DIR) / "warc"


def _as_stored(header: tuple[str, str]) -> tuple[str, str]:
    """The body is kept without its chunks; a header that speaks of them would mislead readers of the record."""
    name, value = header
    return (f"X-Archive-Orig-{name}", value) if name.lower() == "transfer-encoding" else (name, value)


def _record(
    kind: str,
    url: str,
    payload: bytes,
    when: dt.datetime,
    http: StatusAndHeaders | None = None,
    content_type: str = "",
) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version="1.1")
    day = when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    writer.write_record(
        writer.create_warc_record(
            url,
            kind,
            payload=BytesIO(payload),
            length=len(payload),
            warc_content_type=content_type,
            warc_headers_dict={"WARC-Date": day},
            http_headers=http,
        )
    )
    # A member a record, as the standard has it; not at warcio's level 9, which takes twice the time for 2 % of space,
    # and hardly at all what came compressed.
    packed = http is not None and http.get_header("content-encoding", "identity").lower() != "identity"
    return gzip.compress(out.getvalue(), compresslevel=1 if packed else 6)


def append(records: Sequence[bytes]) -> list[Place]:
    """Where records lie, in one file, once all of them are on the disk."""
    if not records:
        return []
    with _growing_file() as (companion, path):
        with path.open("ab") as file:
            end = file.tell()
            file.write(b"".join(records))
            file.flush()
            os.fsync(file.fileno())
        places = []
        for record in records:
            places.append(Place(path.name, end, len(record)))
            end += len(record)
        companion.seek(0)
        companion.write(f"{end:020}".encode())
        companion.flush()
        if end >= settings.WARC_BYTES:
            _companion_of(path).unlink(missing_ok=True)
    return places


@contextmanager
def _growing_file() -> Iterator[tuple[BinaryIO, Path]]:
    """A file that nobody else appends to for as long as it is held: one that is there, or a new one."""
    folder().mkdir(parents=True, exist_ok=True)
    for path in sorted(folder().glob("*.open")):
        try:
            companion = path.open("r+b")
        except FileNotFoundError:
            continue
        with companion:
            if _lock(companion, path) and _is_whole(companion, path):
                yield companion, path.with_suffix("")
                return
    yield from _new_file()


def _new_file() -> Iterator[tuple[BinaryIO, Path]]:
    path = folder() / f"{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex[:12]}.warc.gz"
    info = BytesIO()
    writer = WARCWriter(info, gzip=True, warc_version="1.1")
    about = {"software": f"Peacetracker/{__version__}", "format": "WARC File Format 1.1"}
    writer.write_record(writer.create_warcinfo_record(path.name, about))
    with _companion_of(path).open("x+b") as companion:
        fcntl.flock(companion, fcntl.LOCK_EX)
        path.write_bytes(info.getvalue())
        _sync_folder()
        yield companion, path


def _companion_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.open")


def _lock(companion: BinaryIO, path: Path) -> bool:
    try:
        fcntl.flock(companion, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return path.exists()  # whoever filled the file has removed its companion


def _is_whole(companion: BinaryIO, path: Path) -> bool:
    """Whether the file ends where the last record did. If not, its writer died on the way, and nothing is added."""
    said = companion.read().decode(errors="replace")
    file = path.with_suffix("")
    if said.isdecimal() and file.exists() and file.stat().st_size == int(said):
        return True
    path.unlink(missing_ok=True)
    return False


def _sync_folder() -> None:
    """A new file's name is on the disk only when its folder is."""
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
