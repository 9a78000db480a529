"""Looks at data versions that many share: exact for each of them, and nobody's end or failure is another's."""

import asyncio
from threading import Thread

import asyncpg
import pytest

from gateway.administration import touch
from gateway.db.data_versions import NOTHING, version
from gateway.db.failures import Unreachable
from gateway.db.tables import CATALOGUE
from gateway.db.version_looks import VersionLooks
from tests.data import NORTH, SOUTH, fill
from tests.stores import open_store

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


@pytest.fixture
def begun(store):
    """The statements that were begun, and an event for each."""
    seen = asyncio.Queue()
    store.on_statement = seen.put_nowait
    yield seen
    store.on_statement = None


async def test_who_comes_at_once_shares_one_statement_and_is_told_of_their_own(store, begun):
    looks = VersionLooks(store)
    found = await asyncio.gather(*[looks.versions(each) for each in ("north", "south", "nobody") * 20])
    assert begun.qsize() == 1
    north, south, catalogue = [await version(store, each) for each in ("north", "south", CATALOGUE)]
    assert found == [(north, catalogue), (south, catalogue), (NOTHING, catalogue)] * 20
    assert north != south


async def test_nobody_is_told_of_what_was_before_they_asked(store, database_url, begun):
    looks = VersionLooks(store)
    for _ in range(2):  # the statement is prepared, and sent in one go
        await looks.versions("north")
        await begun.get()
    first = asyncio.create_task(looks.versions("north"))
    await begun.get()
    # Another process writes while the first look is under way: this one's loop is blocked until that is acknowledged.
    writer = Thread(target=lambda: asyncio.run(touched(database_url)))
    writer.start()
    writer.join()
    later = await looks.versions("north")
    assert later[0].event_id == (await first)[0].event_id + 1


async def touched(url):
    async with open_store(url) as other:
        await touch(other, "north")


@pytest.mark.parametrize("ended", [0, 1, 2])
async def test_who_is_ended_ends_nobody_else(store, ended):
    looks = VersionLooks(store)
    for turns in range(4):
        tasks = [asyncio.create_task(looks.versions(each)) for each in ("north", "south", "north")]
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks[ended].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        now = [await version(store, each) for each in ("north", "south", "north")]
        for number, (each, known) in enumerate(zip(found, now, strict=True)):
            if number == ended and isinstance(each, asyncio.CancelledError):
                continue
            assert each[0] == known


async def test_each_has_an_error_of_their_own_where_there_is_no_answer(database_url):
    async with open_store(database_url) as closed:
        looks = VersionLooks(closed)
    found = await asyncio.gather(*[looks.versions("north") for _ in range(5)], return_exceptions=True)
    assert {(type(each), str(each)) for each in found} == {
        (Unreachable, "The database connections are closed.")
    }
    assert len({id(each) for each in found}) == 5


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_look_that_hangs_keeps_others_waiting_for_a_moment_only(store, database_url, begun):
    looks = VersionLooks(store)
    connection = await asyncpg.connect(database_url)
    locked = connection.transaction()
    await locked.start()
    await connection.execute("LOCK TABLE data_versions")
    tasks = []
    for _ in range(3):
        tasks.append(asyncio.create_task(looks.versions("north")))
        await begun.get()
        await asyncio.sleep(0)
    assert not any(each.done() for each in tasks)
    await locked.rollback()
    await connection.close()
    assert len(set(await asyncio.gather(*tasks))) == 1
