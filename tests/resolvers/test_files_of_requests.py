"""Files that come with a request: those that a change takes stay, however its request ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.db import tables as db
from gateway.db.vault import Vault, new_key
from gateway.resolvers.file_receiving import FilesOfRequest
from gateway.resolvers.file_sweeping import objects_of
from gateway.resolvers.file_urls import file_of
from gateway.resolvers.files import NewFile, upload_file
from gateway.resolvers.viewer import Scope
from gateway.settings import Settings
from gateway.storage.objects import NoSuchObject
from tests.data import NORTH, context_of, fill

pytestmark = pytest.mark.anyio


async def hello() -> AsyncIterator[bytes]:
    yield b"hello"


async def test_what_a_change_takes_stays_though_its_request_ends_before_the_commit(database, tmp_path):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    context = context_of(database, "north", settings=Settings(storage_url=str(tmp_path / "files")))
    is_taken, may_end = asyncio.Event(), asyncio.Event()

    async def take(file):
        async with context.write(Scope.WRITE) as write:
            await upload_file(write, NewFile(file=file))
            await write.send()
            is_taken.set()
            await may_end.wait()

    async def request():
        async with FilesOfRequest(context) as files:
            await files.expect(2)
            received = [await files.receive(name, None, hello()) for name in ("taken", "left")]
            keys.extend(each.key for each in received)
            changing.append(asyncio.create_task(take(received[0])))
            await is_taken.wait()

    keys: list[str] = []
    changing: list[asyncio.Task[None]] = []
    ending = asyncio.create_task(request())
    await is_taken.wait()
    await asyncio.wait([ending], timeout=0.1)
    may_end.set()
    await asyncio.gather(ending, *changing)
    rows = await context.rows(db.files, [file_of(each) for each in keys], columns=("name", "storage_key"))
    assert [(row.name, row.storage_key) for row in rows.values()] == [("taken", keys[0])]
    assert await objects_of(context.settings).size(keys[0]) == 5
    with pytest.raises(NoSuchObject):
        await objects_of(context.settings).size(keys[1])
