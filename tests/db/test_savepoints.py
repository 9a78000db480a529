"""Parts of a transaction: what a refused one wrote is gone, with its counts, and the rest goes on."""

import asyncio
import contextlib

import pytest

from gateway.db import tables as db
from gateway.db.failures import Busy, Refused
from gateway.events import Event
from gateway.resolvers.writes import Untold, writing
from tests.data import NORTH, context_of, events_of, fill

pytestmark = pytest.mark.anyio

TOLD = Event("test.changed", "people")


class Broken(Exception):
    """What ends a part in these tests."""


async def names(database):
    async with writing(database, "north", None) as write:
        return {row.id: row.first_name for row in await write.rows(db.people, ["ada", "bob", "dot", "eve"])}


async def renamed(write, person_id, name):
    await write.update(db.people, person_id, {"first_name": name})


@contextlib.asynccontextmanager
async def failing(write, failure=Broken):
    """A part of a write that ends by a failure, the test's own unless the database has another."""
    ended = False
    try:
        async with write.attempt():
            yield
            if failure is Broken:
                raise Broken
    except failure:
        ended = True
    assert ended


async def test_a_refused_row_ends_its_part_alone(database):
    await fill(database, NORTH)
    before = await context_of(database, "north").count(db.people)
    async with writing(database, "north", None) as write:
        await renamed(write, "ada", "A")
        async with failing(write, Refused):
            await write.insert(db.people, [{"id": "dot", "first_name": "Dot"}])
            await renamed(write, "bob", "B")
            await write.insert(db.people, [{"id": "ada"}])
        async with write.attempt():
            await write.insert(db.people, [{"id": "eve", "first_name": "Eve"}])
        write.happened(TOLD)
    assert await names(database) == {"ada": "A", "bob": "Bob", "eve": "Eve"}
    assert await context_of(database, "north").count(db.people) == before + 1


async def test_parts_of_parts_end_by_themselves(database):
    await fill(database, NORTH)
    async with writing(database, "north", None) as write:
        async with failing(write):
            async with write.attempt():
                await renamed(write, "ada", "A")
            async with failing(write):
                await renamed(write, "ada", "B")
        await renamed(write, "bob", "B")
        write.happened(TOLD)
    assert await names(database) == {"ada": "Ada", "bob": "B"}


async def test_a_failed_part_tells_nothing_and_has_nothing_to_tell(database):
    await fill(database, NORTH)
    before = len(await events_of(database, "north"))
    write_block = writing(database, "north", None)
    with pytest.raises(Untold):
        await _tell_in_a_part_that_fails(write_block)
    async with writing(database, "north", None) as write, failing(write):
        await renamed(write, "ada", "A")
    assert len(await events_of(database, "north")) == before


async def _tell_in_a_part_that_fails(block):
    async with block as write:
        async with failing(write):
            write.happened(TOLD)
        await renamed(write, "ada", "A")


async def test_a_statement_that_was_cut_short_ends_the_transaction(database):
    await fill(database, NORTH)
    with pytest.raises(Busy):
        await _cut_short(writing(database, "north", None))
    assert await names(database) == {"ada": "Ada", "bob": "Bob"}


async def _cut_short(block):
    async with block as write:
        async with failing(write, asyncio.CancelledError):
            update = asyncio.ensure_future(renamed(write, "ada", "A"))
            await asyncio.sleep(0)
            update.cancel()
            await update
        await renamed(write, "bob", "B")
        write.happened(TOLD)
