"""Children of a parent: as many as there are, by a counter where they are many, under concurrent writes too."""

import asyncio
from random import Random

import pytest
from sqlalchemy import func, select

from gateway.db import child_counts
from gateway.db.cursors import Order
from gateway.db.failures import Busy, Refused
from gateway.db.filters import eq
from gateway.db.links import FILES_OF_REQUEST
from gateway.db.pages import Listing
from gateway.db.tables import (
    child_counters,
    comments,
    connection_requests,
    file_attachments,
    files,
    integrations,
)
from tests.db import model
from tests.db.test_writes import Undo, write

pytestmark = pytest.mark.anyio

PLAIN = {"requester_id": None, "target_user_id": None}
PARENTS = [f"r{n}" for n in range(6)]
TABLES = (integrations, file_attachments)


def row(random, table, id, parent):
    more = {"file_id": id} if table is file_attachments else {}
    return model.random_row(random, table.name, id, connection_request_id=parent, **more)


async def add(changes, random, table, rows):
    """Insert rows; of attachments each is of a file of its own."""
    if table is file_attachments:
        await changes.insert(files, [model.random_row(random, "files", each["id"]) for each in rows])
    await changes.insert(table, rows)


def listed(table, organization="o", **more):
    children_of = FILES_OF_REQUEST if table is file_attachments else "connection_request_id"
    rows = files if table is file_attachments else table
    return Listing(rows, organization, Order.of(rows, []), children_of=children_of, **more)


async def counters_of(database, organization="o"):
    """(table, parent) -> n, as the counters say."""
    said = select(child_counters).where(child_counters.c.organization_id == organization)
    rows = await database.fetch(database.prepare(("child counters", organization), lambda: said), {})
    return {(each.table_name, each.parent_id): each.n for each in rows}


async def children_of(database, table, organization="o"):
    """parent -> children, counted one by one."""
    parent = table.c.connection_request_id
    counted = (
        select(parent.label("parent"), func.count().label("n"))
        .where(table.c.organization_id == organization, parent.is_not(None))
        .group_by(parent)
    )
    statement = database.prepare(("children there", table.name, organization), lambda: counted)
    return {each.parent: each.n for each in await database.fetch(statement, {})}


@pytest.fixture
async def parents(database):
    random = Random(1)
    rows = [model.random_row(random, "connection_requests", id, **PLAIN) for id in PARENTS]
    await model.insert(database, "o", {"connection_requests": rows})
    return rows


async def test_a_counter_is_made_for_more_than_a_hundred_children_and_kept(database, parents):
    random = Random(2)
    async with write(database, "o") as changes:
        new = [row(random, integrations, f"a{n}", "r0") for n in range(100)]
        await changes.insert(integrations, new)
    assert await counters_of(database) == {}
    async with write(database, "o") as changes:
        await changes.insert(integrations, [row(random, integrations, "b", "r0")])
        await add(changes, random, file_attachments, [row(random, file_attachments, "f", "r0")])
        await changes.insert(files, [model.random_row(random, "files", "loose")])
    assert await counters_of(database) == {("integrations", "r0"): 101}
    async with write(database, "o") as changes:
        await changes.delete(integrations, [f"a{n}" for n in range(60)])
    assert await counters_of(database) == {("integrations", "r0"): 41}
    assert await child_counts.counts_of_children(database, listed(integrations), ["r1", "r0", "r0"]) == [
        0,
        41,
        41,
    ]
    assert await child_counts.counts_of_children(database, listed(file_attachments), ["r0", "absent"]) == [
        1,
        0,
    ]
    assert await child_counts.counts_of_children(database, listed(integrations, "other"), ["r0"]) == [0]


async def test_a_filtered_count_counts_what_the_filter_lets_through(database, parents):
    random = Random(3)
    async with write(database, "o") as changes:
        new = [row(random, integrations, f"a{n}", "r0") for n in range(150)]
        await changes.insert(integrations, new)
    kind = new[0]["integration_type"]
    listing = listed(integrations, where=eq("integration_type", kind))
    expected = sum(each["integration_type"] == kind for each in new)
    assert await child_counts.counts_of_children(database, listing, ["r0"]) == [expected]
    assert expected < 150


async def test_children_move_from_counter_to_counter(database, parents):
    random = Random(4)
    async with write(database, "o") as changes:
        for parent in ("r0", "r1"):
            new = [row(random, integrations, f"{parent}-{n}", parent) for n in range(101)]
            await changes.insert(integrations, new)
    async with write(database, "o") as changes:
        await changes.update(integrations, "r0-0", {"connection_request_id": "r1"})
        await changes.update_many(integrations, ["r0-1", "r0-2"], {"connection_request_id": "r2"})
        await changes.update_each(
            integrations, {"r1-0": {"connection_request_id": "r0"}, "r1-1": {"rules": "x"}}
        )
    assert await counters_of(database) == {("integrations", "r0"): 99, ("integrations", "r1"): 101}
    assert await children_of(database, integrations) == {"r0": 99, "r1": 101, "r2": 2}


async def test_a_new_parent_of_many_has_a_counter_and_takes_it_with_it(database):
    random = Random(5)
    await model.insert(database, "o", {})
    for _ in range(2):  # the second parent of that id has nothing of the first
        async with write(database, "o") as changes:
            await changes.insert(
                connection_requests,
                [model.random_row(random, "connection_requests", id, **PLAIN) for id in ("many", "few")],
            )
            new = [row(random, comments, f"c{n}", "many") for n in range(101)]
            await changes.insert(comments, [*new, row(random, comments, "one", "few")])
        assert await counters_of(database) == {("comments", "many"): 101}
        async with write(database, "o") as changes:
            await changes.delete(comments, [*[f"c{n}" for n in range(101)], "one"])
        assert await counters_of(database) == {("comments", "many"): 0}
        async with write(database, "o") as changes:
            await changes.delete(connection_requests, ["many", "few"])
        assert await counters_of(database) == {}


async def change(changes, random, name):
    """A few random changes of children; each row is touched once."""
    table = random.choice(TABLES)
    there = sorted(await changes.rows(table, random.sample(PARENTS, 2), key="connection_request_id"))
    ids = [each.id for each in random.sample(there, min(len(there), 3))]
    match random.choice(["insert", "insert", "move", "move each", "delete"]):
        case "insert":
            parents = random.choices(PARENTS, k=4)
            new = [row(random, table, f"{name}-{n}", parent) for n, parent in enumerate(parents)]
            await add(changes, random, table, new)
        case "move":
            await changes.update_many(table, ids, {"connection_request_id": random.choice(PARENTS)})
        case "move each":
            each = {id: {"connection_request_id": random.choice(PARENTS)} for id in ids}
            await changes.update_each(table, each)
        case "delete":
            await changes.delete(table, ids)


async def test_counts_are_exact_after_random_concurrent_writes(database, parents, monkeypatch):
    monkeypatch.setattr(child_counts, "MANY", 3)
    outcomes = []

    async def writer(number):
        random = Random(number)
        for step in range(12):
            try:
                async with write(database, "o") as changes:
                    await change(changes, random, f"w{number}-{step}")
                    if random.random() < 0.2:
                        raise Undo
                outcomes.append("committed")
            except (Undo, Refused, Busy) as undone:
                outcomes.append(type(undone).__name__)

    await asyncio.gather(*[writer(number) for number in range(7)])
    assert outcomes.count("committed") > 40
    counters = await counters_of(database)
    assert len(counters) > 4
    for table in TABLES:
        there = await children_of(database, table)
        assert {parent: n for (name, parent), n in counters.items() if name == table.name} == {
            parent: there.get(parent, 0) for (name, parent) in counters if name == table.name
        }
        counted = await child_counts.counts_of_children(database, listed(table), PARENTS)
        assert counted == [there.get(parent, 0) for parent in PARENTS]
