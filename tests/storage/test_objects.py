"""Bytes in a directory: all of them or none, and what is left half-written goes."""

import asyncio

import pytest

from gateway.limits import Limits
from gateway.storage import objects as storage
from gateway.storage.objects import NoSuchObject, Objects, StorageFailure
from gateway.storage.receiving import TooLong, measure, receive
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio

LIMIT = Limits().decided(file_bytes="1000000").file_bytes


@pytest.fixture
def objects(tmp_path):
    return Objects(str(tmp_path / "files"))


@pytest.fixture(params=["directory", "store"])
def any_objects(request, tmp_path):
    """A directory, or what the library has for a store that is none."""
    return Objects(str(tmp_path / "files") if request.param == "directory" else "memory:///")


async def pieces(*given):
    for each in given:
        if isinstance(each, Exception):
            raise each
        yield each


async def read(objects, key, start, end):
    return b"".join([each async for each in objects.pieces(key, start, end)])


async def test_what_is_received_is_there_and_its_users_alone(objects):
    received = await receive(objects, "a/1", pieces(b"hel", b"lo"), LIMIT)
    assert (received.size, received.sha256[:8]) == (5, "2cf24dba")
    assert await measure(objects, "a/1") == received
    assert await objects.size("a/1") == 5
    assert await read(objects, "a/1", 1, 4) == b"ell"
    modes = {path.name: path.stat().st_mode & 0o777 for path in objects.directory.rglob("1")}
    assert modes == {"1": 0o600}
    assert objects.directory.stat().st_mode & 0o777 == 0o700


async def test_a_storage_of_either_kind(any_objects):
    objects = any_objects
    content = b"0123456789" * 700_000
    received = await receive(objects, "a/1", pieces(content[:11], content[11:]), observed("9000000"))
    assert received.size == len(content)
    await objects.copy("a/1", "a/2")
    assert await measure(objects, "a/2") == received
    assert await read(objects, "a/2", 5, 7_000_000) == content[5:]
    await objects.delete("a/3")
    await objects.remove("a", "a/2")
    assert await objects.size("a/2") == len(content)
    for missing in ("a/1", "b/1"):
        with pytest.raises(NoSuchObject):
            await objects.size(missing)
        with pytest.raises(NoSuchObject):
            await objects.copy(missing, "c/1")
        with pytest.raises(NoSuchObject):
            await read(objects, missing, 0, 1)
    await objects.remove("a")
    with pytest.raises(NoSuchObject):
        await objects.size("a/2")
    with pytest.raises(KeyError):
        await receive(objects, "a/4", pieces(b"x", KeyError("gone")), LIMIT)
    with pytest.raises(NoSuchObject):
        await objects.size("a/4")


def observed(number):
    return Limits().decided(file_bytes=f"observe:{number}").file_bytes


async def test_nothing_at_all_is_a_file_too(objects):
    received = await receive(objects, "a/1", pieces(), LIMIT)
    assert received.size == 0
    assert await read(objects, "a/1", 0, 0) == b""


async def test_pieces_are_read_as_they_are_needed(objects, monkeypatch):
    monkeypatch.setattr(objects, "_piece", 3)
    await receive(objects, "a/1", pieces(b"0123456789"), LIMIT)
    assert [each async for each in objects.pieces("a/1", 1, 9)] == [b"123", b"456", b"78"]


@pytest.mark.parametrize("failure", [KeyError("gone"), ValueError("bad"), FileNotFoundError("file")])
async def test_nothing_stays_of_what_its_sender_does_not_finish(objects, failure):
    many = [b"x" * storage.PIECE] * 3
    with pytest.raises(type(failure)) as raised:
        await receive(objects, "a/1", pieces(*many, failure), LIMIT)
    assert raised.value is failure
    assert list(objects.directory.rglob("*.*")) == []
    with pytest.raises(NoSuchObject):
        await objects.size("a/1")


async def test_what_is_too_much_is_refused_as_it_comes(objects):
    taken = 0

    async def without_end():
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 100_000

    with pytest.raises(TooLong) as raised:
        await receive(objects, "a/1", without_end(), LIMIT)
    assert (raised.value.size, taken) == (1_100_000, 11)
    assert (await receive(objects, "a/2", pieces(b"hello"), observed("3"))).size == 5


async def test_a_prefix_goes_with_all_that_it_has_but_what_is_kept(objects):
    for key in ("a/1", "a/2", "b/1"):
        await receive(objects, key, pieces(b"x"), LIMIT)
    (objects.directory / "a" / "3#1").write_text("half")  # as the library leaves it where a process is killed
    await objects.remove("a", "a/2")
    assert sorted(path.name for path in (objects.directory / "a").iterdir()) == ["2"]
    await objects.remove("a")
    await objects.remove("a")
    await objects.delete("b/2")
    await objects.delete("b/1")
    assert [path.name for path in objects.directory.iterdir()] == ["b"]


async def test_a_storage_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    objects = Objects(str(tmp_path / "file" / "files"))
    with pytest.raises(StorageFailure, match="The storage of files failed: "):
        await receive(objects, "a/1", pieces(b"x"), LIMIT)
    full = Objects("/dev/full/files")
    with pytest.raises(StorageFailure):
        await asyncio.wait_for(receive(full, "a/1", pieces(b"x"), LIMIT), ENOUGH)


async def test_several_who_remove_the_same_at_once_all_find_it_gone(objects):
    for place in range(20):
        for number in range(5):
            await receive(objects, f"{place}/{number}", pieces(b"x"), LIMIT)
        await asyncio.gather(*(objects.remove(f"{place}") for _ in range(4)))
    assert list(objects.directory.iterdir()) == []
