"""Processes hear of each other's events, by what each store has for that."""

import asyncio

import pytest

from gateway.db.bells import DEAF_SECONDS, HEARD_SECONDS
from gateway.db.database import open_database
from gateway.db.postgresql_bell import PostgresqlBell
from gateway.db.postgresql_server import PostgresqlServer
from gateway.events import Event
from gateway.resolvers.writes import writing
from tests.conftest import fresh_database
from tests.data import NORTH, fill
from tests.db.pooler import pooler
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio


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


@pytest.fixture
def postgresql_url(request, tmp_path):
    with fresh_database("postgresql", request, tmp_path) as url:
        yield url


async def until(is_so):
    async with asyncio.timeout(ENOUGH):
        while not is_so():
            await asyncio.to_thread(lambda: None)


async def test_behind_a_pooler_it_is_not_taken_for_one_that_hears(postgresql_url):
    listener = Listener()
    async with pooler(postgresql_url) as between:
        await between.session.execute("SET synchronous_commit = on")
        bell = PostgresqlBell(PostgresqlServer.of(f"postgresql://anyone@127.0.0.1:{between.port}/any"))
        bell.listen(listener.heard.put_nowait)
        try:
            assert await listener.next() is None
            bell.ring("it's $any$")
            await until(lambda: len(between.queries) >= 3)
        finally:
            await bell.stop()
        assert between.queries[0] == 'LISTEN "gateway_events"'
        assert any("it's $any$" in each for each in between.queries)
        assert any("?" in each for each in between.queries)  # the proof, which nobody heard
        assert bell.seconds == DEAF_SECONDS
        # The session, which may be a writer's next one, waits for the disk as it did.
        assert await between.session.fetchval("SHOW synchronous_commit") == "on"


async def test_past_a_pooler_it_hears(postgresql_url):
    listener = Listener()
    elsewhere = "postgresql://anyone@127.0.0.1:1/any"
    mine, theirs = (open_database(elsewhere, listen_url=postgresql_url).bell() for _ in range(2))
    mine.listen(listener.heard.put_nowait)
    try:
        assert await listener.next() is None
        await until(lambda: mine.seconds == HEARD_SECONDS)
        theirs.ring("it's $any$")
        assert await listener.next() == "it's $any$"
    finally:
        await mine.stop()
        await theirs.stop()
