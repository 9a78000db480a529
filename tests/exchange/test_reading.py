"""Bytes of files, pipes and standard input, packed or not, on both databases; and callers who do not wait."""

import asyncio
import gzip
import json
import os
import threading
from pathlib import Path

import pytest

from gateway.db.database import Database
from gateway.exchange import reading
from gateway.exchange.importing import BadFile, Imported, import_files, work_of
from gateway.exchange.reading import Source, in_thread
from gateway.vendors import crux
from tests.exchange.test_importing import exported, request
from tests.patience import ENOUGH
from tests.vendors.gateway import make_organization

pytestmark = pytest.mark.anyio


def lines(*ids: str) -> bytes:
    return "".join(f"{json.dumps(request(id))}\n" for id in ids).encode()


def read_whole(path: Path) -> bytes:
    with Source(path).opened() as stream:
        return b"".join(iter(lambda: stream.read(7), b""))


@pytest.mark.parametrize(
    "stored",
    [
        lines("a"),
        gzip.compress(lines("a")),
        gzip.compress(lines("a")[:50]) + gzip.compress(lines("a")[50:]),
        gzip.compress(lines("a")) + bytes(512),
    ],
    ids=["plain", "packed", "in two members", "padded"],
)
def test_a_file_is_read_packed_or_not(tmp_path: Path, stored: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(stored)
    assert read_whole(path) == lines("a")


@pytest.mark.parametrize("stored", [b"", b"{", b"\x1f", b"{}"])
def test_the_shortest_files_are_read(tmp_path: Path, stored: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(stored)
    assert read_whole(path) == stored


def written_to(path: Path, *pieces: bytes) -> threading.Thread:
    """A writer of a pipe, who writes one piece after the other."""

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for piece in pieces:
                pipe.write(piece)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    return writer


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_pipe_is_read_in_whatever_pieces_it_comes(pipe: Path, is_packed: bool) -> None:
    data = gzip.compress(lines("a", "b")) if is_packed else lines("a", "b")
    writer = written_to(pipe, data[:1], data[1:2], data[2:30], data[30:])
    assert read_whole(pipe) == lines("a", "b")
    writer.join()


def test_a_pipe_that_others_have_made_a_non_blocking_one_is_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    later = threading.Timer(0.05, lambda: (os.write(writer, b"{}"), os.close(writer)))
    later.start()
    assert read_whole(Path(f"/dev/fd/{reader}")) == b"{}"
    later.join()
    os.close(reader)


@pytest.fixture
async def store(database: Database) -> Database:
    await make_organization(database)
    return database


async def test_a_file_a_packed_one_and_a_pipe_are_imported(
    store: Database, tmp_path: Path, pipe: Path
) -> None:
    plain, packed = tmp_path / "plain.json", tmp_path / "packed.json.gz"
    plain.write_bytes(lines("a"))
    packed.write_bytes(gzip.compress(lines("b")))
    writer = written_to(pipe, lines("c"))
    told: list[int] = []
    done: list[str] = []

    imported = await import_files(
        store,
        crux.VENDOR,
        "north",
        [plain, packed, pipe],
        progress=told.append,
        done=lambda file, _: done.append(file),
    )
    writer.join()

    assert imported == Imported(inserted=3)
    assert [each["record_uuid"] for each in await exported(store)] == ["a", "b", "c"]
    assert done == ["plain.json", "packed.json.gz", str(pipe)]
    assert sum(told) == 2 * (plain.stat().st_size + packed.stat().st_size + len(lines("c")))
    assert work_of([plain, packed]) == 2 * (plain.stat().st_size + packed.stat().st_size)
    assert work_of([plain, pipe]) is None


CUT = gzip.compress(lines("a"), mtime=0)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (CUT[:-9], "The gzip file ends too early: it is cut off."),
        (CUT[:12], "The gzip file ends too early: it is cut off."),
        (CUT[:-8] + bytes(8), "The gzip file is damaged: "),
        (CUT[:20] + b"\xff" * 40, "The gzip file is damaged: "),
        (b"BZh91AY&SY", "This is packed by bzip2: unpack it first; gzip alone is read as it is."),
        (b"\x28\xb5\x2f\xfd\x00", "This is packed by zstd: unpack it first; gzip alone is read as it is."),
        (b"PK\x03\x04\x14\x00", "This is packed by zip: unpack it first; gzip alone is read as it is."),
    ],
    ids=["trailer cut", "data cut", "checksum", "data", "bzip2", "zstd", "zip"],
)
async def test_what_cannot_be_unpacked_is_told(store: Database, tmp_path: Path, stored, told) -> None:
    path = tmp_path / "bad.gz"
    path.write_bytes(stored)
    with pytest.raises(BadFile) as failure:
        await import_files(store, crux.VENDOR, "north", [path])
    assert failure.value.problems[0].startswith(f"bad.gz: {told}")
    assert await exported(store) == []


async def test_what_unpacks_to_a_thousand_times_its_size_is_refused_early(
    monkeypatch, store: Database, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "UNSUSPICIOUS", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b" " * (1 << 25)) + b"never read")
    told: list[int] = []
    with pytest.raises(BadFile, match=r"^bomb.gz: The gzip file unpacks to more than 200 times its size"):
        await import_files(store, crux.VENDOR, "north", [path], progress=told.append)


async def test_a_folder_and_a_file_that_is_not_there_are_told(store: Database, tmp_path: Path) -> None:
    for path, told in ((tmp_path, "Is a directory."), (tmp_path / "none", "No such file or directory.")):
        with pytest.raises(BadFile) as failure:
            await import_files(store, crux.VENDOR, "north", [path])
        assert failure.value.problems == [f"{path}: {told}"]


async def test_a_caller_need_not_wait_for_a_pipe_that_nobody_writes_to(store: Database, pipe: Path) -> None:
    importing = asyncio.create_task(import_files(store, crux.VENDOR, "north", [pipe]))
    with await asyncio.to_thread(pipe.open, "wb"):  # which returns when the import has opened its end
        importing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await importing
    assert await exported(store) == []


class Closed(threading.Event):
    """What is read; set once it is closed."""

    close = threading.Event.set


async def test_what_comes_for_a_caller_who_has_gone_is_closed(anyio_backend, tmp_path: Path) -> None:
    read, may_end = Closed(), threading.Event()

    def slowly(source: Source) -> Closed:
        may_end.wait(ENOUGH)
        return read

    reading_it = asyncio.create_task(in_thread(Source(tmp_path), slowly))
    await asyncio.sleep(0)
    reading_it.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading_it
    may_end.set()
    assert await asyncio.to_thread(read.wait, ENOUGH)


async def test_what_comes_while_its_caller_goes_is_closed(anyio_backend, tmp_path: Path) -> None:
    read, loop = Closed(), asyncio.get_running_loop()

    def at_once(source: Source) -> Closed:
        loop.call_soon_threadsafe(loop.call_soon, lambda: reading_it.cancel())
        return read

    reading_it = asyncio.create_task(in_thread(Source(tmp_path), at_once))
    with pytest.raises(asyncio.CancelledError):
        await reading_it
    assert await asyncio.to_thread(read.wait, ENOUGH)


@pytest.mark.parametrize("share", [0.1, 0.6, 0.9])
async def test_a_caller_who_goes_leaves_nothing_behind(store: Database, tmp_path: Path, share: float) -> None:
    """At any time: while the file is read, and while its records are written."""
    path = tmp_path / "many.json"
    path.write_bytes(lines(*map(str, range(2000))))
    loop, wanted, work = asyncio.get_running_loop(), share * 2 * path.stat().st_size, 0

    def progress(more: int) -> None:
        nonlocal work
        work += more
        if work >= wanted:
            loop.call_soon_threadsafe(importing.cancel)

    importing = asyncio.create_task(import_files(store, crux.VENDOR, "north", [path], progress=progress))
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert await exported(store) == []
    assert await import_files(store, crux.VENDOR, "north", [path]) == Imported(inserted=2000)
