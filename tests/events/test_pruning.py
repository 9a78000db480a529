"""Pruning: old events go, versions stay, cursors behind what went stay good, and followers lose nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway import administration
from gateway.db import tables as db
from gateway.db.data_versions import TooOld, version, version_after
from gateway.events import Event, pruning
from gateway.resolvers.errors import CursorTooOld, NotFound
from gateway.resolvers.event_log import event_cursor, read_events
from gateway.resolvers.writes import writing
from tests.data import NORTH, SOUTH, changing, context_of, events_of, fill

pytestmark = pytest.mark.anyio

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


async def happen(store, number):
    async with writing(store, "north", None) as write:
        for _ in range(number):
            write.happened(Event("test.happened", "people"))
    return await version(store, "north")


async def ids(store, organization_id="north"):
    return [each.id for each in await events_of(store, organization_id)]


async def test_everything_is_pruned_and_the_version_stays(store):
    context = context_of(store, "north")
    early = await event_cursor(context)
    known = await happen(store, 2500)
    cursor = await event_cursor(context)
    assert (await pruning.prune(store, "north", LATER)) == (2501, False)
    assert (await ids(store), await ids(store, "south")) == ([], [1])
    assert await version(store, "north") == known
    assert await version_after(store, "north", known) == known
    assert await read_events(context, cursor) == ([], cursor, False)
    with pytest.raises(CursorTooOld):
        await read_events(context, early)
    later = await happen(store, 1)
    assert (later.event_id, await ids(store)) == (2502, [2502])
    assert [each.id for each in (await read_events(context, cursor)).events] == [2502]
    assert await pruning.prune(store, "north", LATER) == (1, False)
    assert await pruning.prune(store, "north", LATER) == (0, False)
    with pytest.raises(CursorTooOld):
        await read_events(context, cursor)


async def test_what_is_young_stays_with_all_that_came_after_it(store):
    places = [await happen(store, 1) for _ in range(5)]
    [*_, young] = await events_of(store, "north")
    third = (await events_of(store, "north"))[3]
    assert (await pruning.prune(store, "north", third.occurred_at)).events == 3
    assert await ids(store) == [4, 5, 6]
    with pytest.raises(TooOld):
        await version_after(store, "north", places[0])
    for place in places[1:]:
        assert await version_after(store, "north", place) == places[-1]
    assert young.id == 6


async def test_what_a_follower_needs_stays(store, monkeypatch):
    monkeypatch.setattr(pruning, "_FOLLOWED", [])
    needed = {"north": 3}

    @pruning.keep_for
    async def followed(reader, organization_id):
        return needed.get(organization_id)

    await happen(store, 4)
    assert await pruning.prune(store, "north", LATER) == (3, True)
    assert await ids(store) == [4, 5]
    assert await pruning.prune(store, "north", LATER) == (0, True)
    assert await pruning.prune(store, "south", LATER) == (1, False)
    needed["north"] = 5
    assert await pruning.prune(store, "north", LATER) == (2, False)


async def test_an_operator_prunes_what_is_older_than_an_age(store):
    await happen(store, 3)
    assert (await administration.prune_events(store, timedelta(days=1))).events == 0
    async with changing(store, "north") as write:
        await write.update(db.people, "ada", {"phone": "1"})
    assert (await administration.prune_events(store, timedelta(0), "north")).events == 5
    assert (await administration.prune_events(store, timedelta(0))).events == 1
    for wrong in ("nowhere", "a\0b"):
        with pytest.raises(NotFound):
            await administration.prune_events(store, timedelta(0), wrong)
