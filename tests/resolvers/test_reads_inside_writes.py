"""What a write reads of itself: the same that everybody reads once it has ended, counts included."""

from random import Random

import pytest

from gateway.db import sqlite_transactions
from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.failures import Busy
from gateway.db.filters import EVERYTHING, all_of, eq
from gateway.db.links import FILES_OF_REQUEST
from gateway.db.pages import Window
from gateway.resolvers.errors import Unavailable
from gateway.resolvers.lists import PageParts, Slice, list_children, list_rows
from gateway.resolvers.viewer import Scope
from gateway.settings import Settings
from tests.data import DAY, NORTH, SOUTH, changing, context_of, fill, told

pytestmark = pytest.mark.anyio

TOLD = told(*db.metadata.tables)
MANY = 130  # so many children have a stored counter
REQUEST = {"kind": "trading_partner", "status": "pending", "requested_at": DAY}
KINDS, STATUSES = ("trading_partner", "access"), ("pending", "approved", "denied")
WHERES = (
    EVERYTHING,
    eq("kind", "access"),
    eq("status", "approved"),
    all_of(eq("kind", "access"), eq("status", "pending")),
    eq("org_name", "X"),
)


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    async with changing(database, "north") as write:
        await write.insert(db.connection_requests, [{**REQUEST, "id": each} for each in ("m1", "m2")])
        for parent in ("m1", "m2"):
            child = {"connection_request_id": parent, "position": 0, "integration_type": "y"}
            await write.insert(db.integrations, [child] * MANY)
            await attach(write, parent, MANY)
    return database


async def attach(write, parent, count):
    """New files of a request."""
    files = await write.insert(db.files, [{"name": "x", "position": 0}] * count)
    attached = [{"connection_request_id": parent, "file_id": file, "position": 0} for file in files]
    await write.insert(db.file_attachments, attached)


def named(rows):
    """What a caller sees of rows, which bring the stored counter along besides."""
    return [(row.id, row.org_name) for row in rows]


async def everything(context, parents):
    """All that a caller reads of lists, their lengths and their children."""
    requests = db.connection_requests
    order = Order.of(requests, (("org_name", False),))
    found = []
    for where in WHERES:
        page = await context.page(
            requests, order, Window(4), columns=("org_name",), where=where, total_count=True
        )
        found.append(
            (named(page.rows), page.has_next_page, page.total_count, await context.length(page, where))
        )
        found.append(await context.count(requests, where))
        wanted = PageParts(columns=("org_name",), total_count=True, next_page=True, previous_page=True)
        listed = await list_rows(context, requests, Slice(last=3), order, wanted, where)
        found.append((named(listed.rows), listed.has_previous_page, listed.total_count))
    for table in (db.integrations, db.files, db.comments, db.connected_accounts):
        children = Order.of(table, (("created_at", False),))
        children_of = FILES_OF_REQUEST if table is db.files else "connection_request_id"
        found.append(await context.count(table))
        found.append(await context.counts_of_children(table, children_of, parents))
        pages = await list_children(
            context, table, children_of, parents, Slice(first=2), children, PageParts(total_count=True)
        )
        found.append([(page.rows, page.total_count) for page in pages])
        rows = await context.children(table, children_of, parents, children, columns=("created_at",))
        found.append(sorted(rows))
    found.append(await context.distinct(db.integrations, "update_frequency"))
    found.append(await context.rows(requests, parents, columns=("org_name", "status")))
    found.append(await context.row(requests).load_many(parents))
    return found


async def something(write, random, parents):
    """A few changes of every kind; parents are added to and taken from."""
    match random.choice(["insert", "insert", "update", "children", "children", "fewer", "move", "delete"]):
        case "insert":
            row = {
                **REQUEST,
                "kind": random.choice(KINDS),
                "status": random.choice(STATUSES),
                "org_name": "X",
            }
            parents += await write.insert(db.connection_requests, [row] * random.randrange(1, 4))
        case "update":
            changes = {"kind": random.choice(KINDS), "status": random.choice(STATUSES)}
            await write.update_many(db.connection_requests, random.sample(parents, 2), changes)
        case "children":
            child = {"connection_request_id": random.choice(parents), "position": 1}
            await write.insert(
                db.integrations, [{**child, "integration_type": "z"}] * random.choice([1, 3, MANY])
            )
            await attach(write, child["connection_request_id"], 2)
        case "fewer":
            rows = await write.rows(db.integrations, parents, key="connection_request_id")
            await write.delete(db.integrations, [row.id for row in random.sample(rows, min(len(rows), 3))])
        case "move":
            rows = await write.rows(db.file_attachments, parents, key="connection_request_id")
            moved = random.sample(rows, 5)
            await write.update_many(
                db.file_attachments,
                [row.id for row in moved],
                {"connection_request_id": random.choice(parents)},
            )
            if len(rows) > MANY:
                await write.delete(db.file_attachments, [moved[0].id])
        case "delete":
            gone = await write.insert(db.connection_requests, [REQUEST])
            await write.delete(db.connection_requests, gone)


@pytest.mark.parametrize("seed", range(4))
async def test_a_write_reads_what_everybody_reads_once_it_has_ended(store, seed):
    random = Random(seed)
    context, parents = context_of(store, "north"), ["r1", "r2", "m1", "m2"]
    before = await everything(context, parents)
    async with context.write(Scope.WRITE) as write:
        assert await everything(write.context, parents) == before
        for _ in range(3):
            for _ in range(4):
                await something(write, random, parents)
            inside = await everything(write.context, parents)
            assert inside != before
        assert await everything(context_of(store, "north"), parents[:4]) == before
        write.happened(TOLD)
    assert await everything(context_of(store, "north"), parents) == inside
    assert await everything(context, parents) == inside


async def test_what_a_write_has_loaded_is_forgotten_at_its_next_change(store):
    context = context_of(store, "north")
    async with context.write(Scope.WRITE) as write:
        names = []
        for name in ("one", "two"):
            await write.update(db.people, "ada", {"first_name": name})
            names.append((await write.context.row(db.people).load("ada")).first_name)
        [made] = await write.insert(db.people, [{"first_name": "new"}])
        assert (await write.context.row(db.people).load(made)).first_name == "new"
        await write.delete(db.people, [made])
        assert await write.context.row(db.people).load(made) is None
        write.happened(TOLD)
    assert names == ["one", "two"]


async def test_a_write_shows_its_viewer_what_they_may_see_and_its_rules_what_is_stored(store):
    context = context_of(store, "north", "read", "write")
    async with context.write(Scope.WRITE) as write:
        shown = await write.context.row(db.integrations).load("i1")
        [row] = await write.present(db.integrations, ["i1"])
        assert await write.context.count(db.people) == 3
        assert await write.context.rows(db.connection_requests, ["s1"], columns=("org_name",)) == {}
    assert shown.feed_source_file_locations == "ftp://***@baz.blerg/items"
    assert row.feed_source_file_locations == "ftp://foo:bar@baz.blerg/items"


async def test_rows_are_present_in_the_order_in_which_they_are_named(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        rows = await write.present(db.people, ["cat", "ada", "bob"])
    assert [row.id for row in rows] == ["cat", "ada", "bob"]


async def impatient(context):
    """Change a row, stop waiting for a count that takes too long, and end as if nothing had been."""
    order = Order.of(db.people, ())
    async with context.write(Scope.WRITE) as write:
        await write.update(db.people, "ada", {"first_name": "X"})
        wanted = PageParts(rows=False, total_count=True)
        page = await list_rows(write.context, db.people, Slice(), order, wanted, eq("last_name", "x"))
        assert isinstance(page.total_count, Unavailable)
        write.happened(TOLD)


async def test_a_write_whose_statement_was_cut_short_is_not_committed(store, monkeypatch):
    monkeypatch.setattr(sqlite_transactions, "HERE_SECONDS", 0.0)  # as of statements that take long
    context = context_of(store, "north", settings=Settings(count_seconds=1e-6))
    with pytest.raises(Busy, match="A statement of the transaction was cut short"):
        await impatient(context)
    assert (await context.row(db.people).load("ada")).first_name == "Ada"
