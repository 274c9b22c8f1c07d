import datetime as dt
import gzip
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from peacetracker.press import archive

NOW = dt.datetime(2025, 11, 21, 10, tzinfo=dt.UTC)
HEADERS = [("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def keep(number: int, size: int = 100) -> tuple[archive.Place, bytes]:
    body = f"page {number} ".encode() * size
    url = f"https://a.example/{number}"
    return archive.keep_response(url, 200, HEADERS, gzip.compress(body), NOW), body


def records() -> list[str]:
    """What any WARC reader sees, in all files."""
    found = []
    for path in archive.folder().glob("*.warc.gz"):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                record.content_stream().read()
                if record.rec_type != "warcinfo":
                    found.append(record.rec_headers.get_header("WARC-Target-URI"))
    return sorted(found)


def test_a_response_is_read_back_as_it_came() -> None:
    place, body = keep(1)
    kept = archive.read(place.file, place.offset)
    assert (kept.url, kept.body, kept.status) == ("https://a.example/1", body, 200)
    assert ("Content-Encoding", "gzip") in kept.headers
    assert ("X-Archive-Orig-Transfer-Encoding", "chunked") in kept.headers


def test_several_at_once_lie_one_after_the_other() -> None:
    made = [archive.response_record(f"https://a.example/{n}", 200, [], b"x" * n, NOW) for n in (5, 6, 7)]
    places = archive.append(made)
    assert [archive.read(place.file, place.offset).body for place in places] == [b"x" * n for n in (5, 6, 7)]
    assert len({place.file for place in places}) == 1
    assert records() == [f"https://a.example/{n}" for n in (5, 6, 7)]
    assert archive.append([]) == []


def test_a_file_that_was_handed_in_is_kept_too() -> None:
    place = archive.keep_resource("urn:sha256:1", "text/plain", b"Paris\r\nagrees.\0", NOW)
    assert archive.read(place.file, place.offset).body == b"Paris\r\nagrees.\0"


def test_files_grow_to_their_size_and_are_then_left_alone(settings: Any) -> None:
    settings.WARC_BYTES = 3000
    files = [keep(n)[0].file for n in range(30)]
    assert len(set(files)) > 2
    assert all((archive.folder() / file).stat().st_size >= 3000 for file in set(files[:-5]) - {files[-1]})
    assert len(list(archive.folder().glob("*.open"))) == 1
    assert records() == sorted(f"https://a.example/{n}" for n in range(30))


def _keep_many(folder: Path, first: int) -> None:
    for n in range(first, first + 25):
        keep(n)


def test_several_processes_write_at_once() -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_keep_many, args=(None, 100 * n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert records() == sorted(f"https://a.example/{100 * w + n}" for w in range(4) for n in range(25))


def _keep_until_killed() -> None:
    n = 0
    while True:
        keep(n, size=20_000)
        n += 1


def test_a_writer_that_is_killed_spoils_nothing_that_others_write() -> None:
    fork = multiprocessing.get_context("fork")
    for _ in range(3):
        writer = fork.Process(target=_keep_until_killed)
        writer.start()
        writer.join(0.3)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        place, body = keep(7)
        assert archive.read(place.file, place.offset).body == body


def test_half_a_record_at_the_end_of_a_file_is_not_added_to() -> None:
    first, body = keep(1)
    with (archive.folder() / first.file).open("ab") as file:
        file.write(b"\x1f\x8b half a record")
    second, _ = keep(2)
    assert second.file != first.file
    assert archive.read(first.file, first.offset).body == body


def test_what_is_not_there_is_said() -> None:
    place, _ = keep(1)
    for file, offset in [("none.warc.gz", 0), (place.file, place.offset + 3), (place.file, 10**9)]:
        with pytest.raises(archive.Lost, match="cannot be read"):
            archive.read(file, offset)
