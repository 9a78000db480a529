"""Connections that fall silent, as behind a network that fails or a server that hangs, while new ones are well."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from gateway.db.database import open_database
from gateway.db.failures import Busy, TooSlow
from gateway.db.lookups import ping
from tests.db.relay import relay_to
from tests.db.test_writes import endless, started
from tests.patience import ENOUGH
from tests.stores import hurried

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

ways = pytest.mark.parametrize("takes_bytes", [True, False], ids=["lost", "not taken"])


@asynccontextmanager
async def four_connections(url):
    """A database of four open connections, behind a relay; it notices what is silent sooner than others do.

    Its reads have time enough on any machine, but for those that a test hurries.
    """
    async with relay_to(url) as (relay, behind):
        database = open_database(behind, connections=4, seconds=600)
        database.pool.answer_seconds = 0.2
        database.trusted_seconds = 0.0  # as if they had been idle for a while
        try:
            await database.start()
            await open_all(database)
            assert relay.opened == 4
            yield database, relay
        finally:
            await asyncio.wait_for(database.stop(), ENOUGH)


async def open_all(database):
    held = [await database.pool.acquire() for _ in range(4)]
    for each in held:
        database.pool.release(each)


async def pids(database):
    held = [await database.pool.acquire() for _ in range(4)]
    found = {await each.fetchval("SELECT pg_backend_pid()") for each in held}
    for each in held:
        database.pool.release(each)
    return found


@ways
async def test_one_reader_after_the_other_meets_one_silent_connection_alone(database_url, takes_bytes):
    async with four_connections(database_url) as (database, relay):
        relay.silence(takes_bytes=takes_bytes)
        with hurried(database), pytest.raises(TooSlow):
            await ping(database)
        async with asyncio.timeout(ENOUGH):
            for _ in range(8):
                await ping(database)
            await asyncio.gather(*[ping(database) for _ in range(8)])


@ways
async def test_readers_at_once_lose_one_deadline(database_url, takes_bytes):
    async with four_connections(database_url) as (database, relay):
        relay.silence(takes_bytes=takes_bytes)
        # Four get a silent connection; those that wait meanwhile for the fifth have as little time.
        with hurried(database):
            outcomes = await asyncio.gather(*[ping(database) for _ in range(8)], return_exceptions=True)
        assert [type(each) for each in outcomes] == [TooSlow] * 8
        async with asyncio.timeout(ENOUGH):
            await asyncio.gather(*[ping(database) for _ in range(8)])


@ways
async def test_writers_meet_one_silent_connection_alone(database_url, takes_bytes):
    async with four_connections(database_url) as (database, relay):
        relay.silence(takes_bytes=takes_bytes)
        with hurried(database), pytest.raises(TooSlow):
            async with database.transaction():
                pass
        async with asyncio.timeout(ENOUGH):
            for _ in range(8):
                async with database.transaction() as transaction:
                    await transaction.hold("o", alone=True)


@ways
@pytest.mark.parametrize("many", [False, True], ids=["one statement", "many"])
async def test_a_transaction_whose_connection_falls_silent_ends_with_its_caller(
    database_url, takes_bytes, many
):
    async with four_connections(database_url) as (database, relay):

        async def write():
            async with database.transaction() as transaction:
                if many:
                    relay.silence(takes_bytes=takes_bytes)
                    await transaction.run_many(endless(database), [{}] * 3)
                else:
                    await transaction.fetch(endless(database), {})

        task = asyncio.create_task(write())
        await started(database, task)
        relay.silence(takes_bytes=takes_bytes)
        task.cancel()
        await asyncio.wait([task], timeout=ENOUGH)
        assert task.cancelled()
        async with asyncio.timeout(ENOUGH):
            for _ in range(8):
                await ping(database)


async def test_a_reader_that_goes_away_leaves_no_silent_connection_behind(database_url):
    async with four_connections(database_url) as (database, relay):
        relay.silence(takes_bytes=True)
        tasks = [asyncio.create_task(ping(database)) for _ in range(4)]
        await started(database, tasks[-1])
        for each in tasks:
            each.cancel()
        await asyncio.wait(tasks)
        async with asyncio.timeout(ENOUGH):
            for _ in range(8):
                await ping(database)


async def test_connections_that_answer_are_kept(database_url):
    async with four_connections(database_url) as (database, relay):
        database.pool.answer_seconds = ENOUGH
        before = await pids(database)
        with hurried(database), pytest.raises(TooSlow):
            await database.fetch(endless(database), {})
        for _ in range(8):
            await ping(database)
        assert await pids(database) == before
        assert relay.opened == 4 + 1  # to have the statement cancelled


async def test_a_store_closes_although_its_connections_are_silent(database_url):
    async with four_connections(database_url) as (database, relay):
        relay.silence(takes_bytes=False)
        with hurried(database, 5.0):
            task = asyncio.create_task(database.fetch(endless(database), {}))
            await started(database, task)
        await asyncio.wait_for(database.stop(), ENOUGH)
        with pytest.raises((TooSlow, Busy)):
            await task
