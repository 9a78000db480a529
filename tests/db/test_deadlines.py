"""Reads that take too long are ended, on both databases, and nothing else is."""

import asyncio
import threading
from time import perf_counter

import pytest

from gateway.db.deadlines import Deadlines, Wait
from gateway.db.failures import TooSlow
from gateway.db.lookups import ping
from tests.db.test_writes import endless, started
from tests.patience import ENOUGH
from tests.stores import hurried, open_store

pytestmark = pytest.mark.anyio


@pytest.fixture
async def one(database_url, anyio_backend):
    """A database that reads one after the other."""
    async with open_store(database_url, connections=1, seconds=600) as opened:
        yield opened


async def test_a_read_that_takes_too_long_is_ended_and_its_connection_serves_again(one):
    for _ in range(2):
        with hurried(one), pytest.raises(TooSlow, match=r"within 0\.2 seconds"):
            await one.fetch(endless(one), {})
        assert asyncio.current_task().cancelling() == 0
        await asyncio.wait_for(ping(one), ENOUGH)


async def test_a_read_that_waits_too_long_for_a_connection_is_ended(one):
    with hurried(one):
        outcomes = await asyncio.gather(
            *[one.fetch(endless(one), {}) for _ in range(3)], return_exceptions=True
        )
    assert [type(each) for each in outcomes] == [TooSlow] * 3
    await asyncio.wait_for(ping(one), ENOUGH)


async def test_what_was_answered_while_the_process_stood_still_is_read(anyio_backend):
    async def answered(deadlines, answer):
        with Wait(deadlines):
            return await answer

    deadlines, loop = Deadlines(0.2), asyncio.get_running_loop()
    for _ in range(2):
        answer = loop.create_future()
        asked = asyncio.create_task(answered(deadlines, answer))
        await asyncio.sleep(0)
        answering = threading.Thread(target=loop.call_soon_threadsafe, args=(answer.set_result, "answered"))
        answering.start()
        answering.join()
        until = perf_counter() + 0.5
        while perf_counter() < until:
            pass
        assert await asked == "answered"
    asked = asyncio.create_task(answered(deadlines, loop.create_future()))
    await asyncio.sleep(0)
    until = perf_counter() + 0.5
    while perf_counter() < until:
        pass
    with pytest.raises(TooSlow):
        await asked


async def test_a_callers_own_end_of_a_read_is_its_own(database_url):
    async with open_store(database_url, connections=1, seconds=600) as patient:
        task = asyncio.create_task(patient.fetch(endless(patient), {}))
        await started(patient, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await patient.fetch(endless(patient), {})
        await ping(patient)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_servers_own_deadline_is_too_slow_too(database_url):
    async with open_store(database_url, connections=1) as database:
        # Not for the whole store: such a deadline counts how long the client takes between parts of a statement, too.
        for milliseconds in (500, 0):
            async with database.pool.connection() as connection:
                await connection.execute(f"SET statement_timeout = {milliseconds}")
            if milliseconds:
                with pytest.raises(TooSlow, match="canceling statement due to statement timeout"):
                    await database.fetch(endless(database), {})
        await ping(database)


async def test_a_wait_that_has_ended_cancels_nobody():
    """Several reads of one operation may find at the same time that it has read too much."""
    wait = Wait(Deadlines(None))
    with pytest.raises(TooSlow, match="first"), wait:
        wait.stop(TooSlow("first"))
    wait.cancel(TooSlow("second"))
    await asyncio.sleep(0)
    assert asyncio.current_task().cancelling() == 0
