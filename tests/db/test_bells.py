"""Processes hear of each other's events, by what each store has for that."""

import asyncio

import pytest

from gateway.db.bells import DEAF_SECONDS, HEARD_SECONDS
from gateway.db.database import open_database
from gateway.events import Event
from gateway.resolvers.writes import writing
from tests.data import NORTH, fill

pytestmark = pytest.mark.anyio

ENOUGH = 30.0  # seconds, which nothing takes that comes at all


class Listener:
    """What one process hears, in order."""

    def __init__(self):
        self.heard = asyncio.Queue()

    async def next(self):
        async with asyncio.timeout(ENOUGH):
            return await self.heard.get()


@pytest.fixture
async def other(database_url):
    """The same store, as another process has it opened."""
    opened = open_database(database_url)
    await opened.start()
    yield opened
    await opened.stop()


async def test_a_process_hears_that_another_has_written(database, other):
    await fill(database, NORTH)
    listener, mine, theirs = Listener(), database.bell(), other.bell()
    other.after_events = theirs.ring
    mine.listen(listener.heard.put_nowait)
    try:
        assert await listener.next() is None  # from here on it hears; what was before, it has to look at
        async with writing(other, "north", None) as write:
            write.happened(Event("something.happened", "organizations", "north"))
        # Whose rows have changed, SQLite's file does not say.
        wanted = None if database.dialect_name == "sqlite" else "north"
        while await listener.next() != wanted:
            pass
    finally:
        await mine.stop()
        await theirs.stop()


async def test_who_hears_nothing_looks_more_often(database):
    listener, bell = Listener(), database.bell()
    expected = HEARD_SECONDS if database.dialect_name == "sqlite" else DEAF_SECONDS
    assert bell.seconds == expected
    bell.listen(listener.heard.put_nowait)
    try:
        await listener.next()
        async with asyncio.timeout(ENOUGH):
            while bell.seconds != HEARD_SECONDS:  # it is proven by hearing itself
                await asyncio.to_thread(lambda: None)
    finally:
        await bell.stop()


async def test_nothing_is_told_of_what_was_not_committed(database):
    await fill(database, NORTH)
    told = []
    database.after_events = told.append

    async def fail():
        async with writing(database, "north", None) as write:
            write.happened(Event("something.happened", "organizations", "north"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert told == []
    async with writing(database, "north", None) as write:
        write.happened(Event("something.happened", "organizations", "north"))
    assert told == ["north"]
