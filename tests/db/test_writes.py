"""Writes: exact counters under concurrency, refused rows, and nothing left behind by what did not end well."""

import asyncio
import contextlib
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, literal_column, select, text

from gateway.db.counts import count
from gateway.db.cursors import Order
from gateway.db.failures import Busy, Refused, Rule
from gateway.db.filters import eq
from gateway.db.pages import Listing
from gateway.db.tables import (
    comments,
    connection_requests,
    counters,
    files,
    integrations,
    organizations,
    people,
)
from gateway.db.writes import Changes
from gateway.events.log import OPERATOR, append
from tests.db import model
from tests.patience import ENOUGH
from tests.stores import open_store

pytestmark = pytest.mark.anyio


class Undo(Exception):
    """Ends a transaction that should not have been."""


@asynccontextmanager
async def write(database, organization_id):
    """One transaction as the gateway makes it: its last acts are to wait for the others', and the counters."""
    async with database.transaction() as transaction:
        changes = Changes(database, transaction, organization_id)
        yield changes
        await transaction.hold(organization_id, alone=True)
        await append(changes, (), OPERATOR)


async def counts(database, organization_id):
    """What the counters say, and what there is: (table, kind, status) -> rows."""
    said = select(counters).where(counters.c.organization_id == organization_id, counters.c.n != 0)
    rows = await database.fetch(database.prepare(("said", organization_id), lambda: said), {})
    found = {}
    for table in (connection_requests, integrations, files, people):
        kinds = [table.c.kind, table.c.status] if table is connection_requests else [text("''"), text("''")]
        kinds = [literal_column(str(each)) for each in kinds] if table is not connection_requests else kinds
        counted = (
            select(*[kind.label(name) for kind, name in zip(kinds, ("kind", "status"), strict=True)])
            .add_columns(func.count().label("n"))
            .where(table.c.organization_id == organization_id)
            .group_by(*(kinds if table is connection_requests else ()))
        )
        statement = database.prepare(("there", table.name, organization_id), lambda built=counted: built)
        for row in await database.fetch(statement, {}):
            if row.n:
                found[table.name, row.kind, row.status] = row.n
    return {(row.table_name, row.kind, row.status): row.n for row in rows}, found


async def something(changes, random, name):
    """A few random changes; each transaction inserts at most once and takes each row's lock at most once."""
    ids = [row.id for row in await changes.rows(connection_requests, [f"r{n:02}" for n in range(30)])]
    some = random.sample(ids, min(len(ids), random.randrange(1, 6)))
    match random.choice(["insert", "update", "delete", "children"]):
        case "insert":
            rows = [model.random_row(random, "connection_requests", f"{name}-{n}") for n in range(3)]
            await changes.insert(connection_requests, rows)
            await changes.update_many(connection_requests, [f"{name}-1"], {"status": "canceled"})
        case "update":
            await changes.update_many(
                connection_requests,
                some,
                {"status": random.choice(["pending", "approved"]), "kind": "access"},
            )
        case "delete":
            await changes.delete(connection_requests, some)
        case "children" if ids:
            parent = random.choice(ids)
            child = {"connection_request_id": parent}
            await changes.insert(integrations, [model.random_row(random, "integrations", name, **child)])
            await changes.insert(files, [model.random_row(random, "files", name)])
            await changes.delete(files, [name])


async def test_counters_are_exact_after_random_concurrent_writes(database):
    random = Random(11)
    plain = {"requester_id": None, "target_user_id": None}
    for organization in ("one", "two"):
        rows = [model.random_row(random, "connection_requests", f"r{n:02}", **plain) for n in range(30)]
        await model.insert(database, organization, {"connection_requests": rows})
    outcomes = []

    async def writer(number):
        random = Random(number)
        for step in range(10):
            try:
                async with write(database, random.choice(["one", "two"])) as changes:
                    await something(changes, random, f"w{number}-{step}")
                    if random.random() < 0.2:
                        raise Undo
                outcomes.append("committed")
            except Undo:
                outcomes.append("undone")
            except Refused as refused:  # a parent that another writer deleted, or that has children
                outcomes.append(refused.rule)

    await asyncio.gather(*[writer(number) for number in range(7)])
    assert len(outcomes) == 70
    assert outcomes.count("committed") > 30
    assert set(outcomes) == {"committed", "undone", Rule.FOREIGN_KEY}
    for organization in ("one", "two"):
        said, there = await counts(database, organization)
        assert said == there
        for kind in ("access", "trading_partner"):
            listing = Listing(
                connection_requests, organization, Order.of(connection_requests, []), where=eq("kind", kind)
            )
            assert await count(database, listing) == sum(
                n for (table, each, _), n in there.items() if (table, each) == ("connection_requests", kind)
            )


async def test_many_rows_are_locked_in_one_order_whatever_order_they_are_named_in(database):
    random = Random(3)
    rows = [model.random_row(random, "comments", f"c{n:03}", connection_request_id="r") for n in range(60)]
    request = model.random_row(random, "connection_requests", "r")
    await model.insert(database, "o", {"connection_requests": [request], "comments": rows})

    async def change(number):
        ids = [row["id"] for row in rows]
        Random(number).shuffle(ids)
        async with write(database, "o") as changes:
            if number % 2:
                await changes.update_many(comments, ids, {"body": str(number)})
            else:
                await changes.delete(comments, ids[:5])

    await asyncio.gather(*[change(number) for number in range(12)])


@pytest.mark.parametrize("table", ["integrations", "file_attachments", "comments"])
async def test_a_child_under_another_organizations_parent_is_refused(database, table):
    random = Random(1)
    await model.insert(
        database, "theirs", {"connection_requests": [model.random_row(random, "connection_requests", "r")]}
    )
    await model.insert(database, "ours", {})
    child = model.random_row(random, table, "c", connection_request_id="r")
    if table == "file_attachments":
        file = model.random_row(random, "files", "f")
        child["file_id"] = "f"
        for each in ("theirs", "ours"):
            await model.insert(database, each, {"files": [file]}, new=False)
    before = await counts(database, "ours")
    with pytest.raises(Refused) as raised:
        async with write(database, "ours") as changes:
            await changes.insert(model.TABLES[table], [child])
    assert raised.value.rule is Rule.FOREIGN_KEY
    assert await counts(database, "ours") == before
    await model.insert(database, "theirs", {table: [child]}, new=False)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"id": "r"}, Rule.UNIQUE),
        ({"kind": "none"}, Rule.CHECK),
        ({"status": None}, Rule.NOT_NULL),
        ({"requester_id": "nobody"}, Rule.FOREIGN_KEY),
    ],
)
async def test_a_refused_row_in_the_middle_leaves_nothing_and_a_usable_database(database, changed, rule):
    random = Random(1)
    await model.insert(
        database, "o", {"connection_requests": [model.random_row(random, "connection_requests", "r")]}
    )
    before = await counts(database, "o")
    rows = [model.random_row(random, "connection_requests", f"new{n}") for n in range(5)]
    rows[3].update(changed)
    with pytest.raises(Refused) as raised:
        async with write(database, "o") as changes:
            await changes.insert(connection_requests, rows)
    assert raised.value.rule is rule
    assert await counts(database, "o") == before
    await model.insert(database, "o", {"connection_requests": rows[:3]}, new=False)


async def test_a_failure_that_the_caller_swallows_still_undoes_the_transaction(database):
    random = Random(1)
    await model.insert(database, "o", {})
    person = model.random_row(random, "people", "p")
    orphan = model.random_row(random, "integrations", "i", connection_request_id="absent")

    async def swallow(table, *rows):
        async with write(database, "o") as changes:
            for row in rows:
                with contextlib.suppress(Refused):
                    await changes.insert(table, [row])

    with pytest.raises(Refused):
        await swallow(people, person, person)
    with pytest.raises(Refused):
        await swallow(integrations, orphan)
    with pytest.raises(Refused):
        await swallow(people, person, person, {**person, "id": "another"})
    assert await counts(database, "o") == ({}, {})


async def test_a_statement_that_writes_is_no_read(database):
    statement = database.prepare(("remove",), lambda: people.delete())
    with pytest.raises(TypeError, match="transaction"):
        await database.fetch(statement, {})


LONG = {
    "sqlite": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) AS n FROM t",
    "postgresql": "SELECT count(pg_sleep(60)) AS n",
}


def endless(database):
    """A statement that ends only when it is stopped."""
    return database.prepare(
        ("endless",), lambda: select(text(f"n FROM ({LONG[database.dialect_name]}) AS t"))
    )


async def started(database, task):
    """Wait until a task waits for the database."""
    begun = asyncio.Event()
    database.on_statement = lambda _: begun.set()
    await begun.wait()
    database.on_statement = None
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()


async def test_a_cancelled_reader_frees_its_connection_or_thread(database):
    for _ in range(12):  # more than there are connections
        task = asyncio.create_task(database.fetch(endless(database), {}))
        await started(database, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.wait_for(model.insert(database, "o", {}), ENOUGH)
    assert await asyncio.wait_for(counts(database, "o"), ENOUGH) == ({}, {})


async def test_a_cancelled_writer_leaves_no_transaction_open(database):
    await model.insert(database, "o", {})

    async def slow():
        async with write(database, "o") as changes:
            await changes.insert(people, [model.random_row(Random(1), "people", "p")])
            await changes.transaction.fetch(endless(database), {})

    for _ in range(3):
        task = asyncio.create_task(slow())
        await started(database, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await counts(database, "o") == ({}, {})
    await asyncio.wait_for(model.insert(database, "o", {"people": []}, new=False), ENOUGH)


async def test_a_writer_cancelled_anywhere_leaves_all_or_nothing(database):
    """Cancelled after so many turns of the event loop: before BEGIN is done, between statements, at COMMIT."""

    async def quick(organization, person):
        async with write(database, organization) as changes:
            await changes.insert(people, [model.random_row(Random(1), "people", person)])

    for turns in range(30):
        organization = f"o{turns}"
        await model.insert(database, organization, {})
        task = asyncio.create_task(quick(organization, "cancelled"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        said, there = await counts(database, organization)
        assert said == there
        await quick(organization, "next")
        said, there = await counts(database, organization)
        assert said == there
        assert there["people", "", ""] in (1, 2)


async def test_a_writer_cancelled_while_its_transaction_begins_takes_nothing_from_the_next(database_url):
    """The next one finds no transaction open on the connection, to commit nothing but a part of it."""
    async with open_store(database_url, connections=1) as database:
        await model.insert(database, "o", {})

        async def insert(person):
            async with write(database, "o") as changes:
                await changes.insert(people, [model.random_row(Random(1), "people", person)])

        for n in range(5):
            task = asyncio.create_task(insert(f"cancelled{n}"))
            # before the loop can see that BEGIN was answered
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            await insert(f"next{n}")
            said, there = await counts(database, "o")
            assert said == there == {("people", "", ""): n + 1}


WRITER = """
import asyncio, sys
from tests.db import model
from gateway.db.database import open_database

async def main():
    database = open_database(sys.argv[1])
    await database.start()
    for n in range(15):
        await model.insert(database, f"{sys.argv[2]}-{n}", {})
    await database.stop()

asyncio.run(main())
"""


async def test_processes_that_write_at_once_wait_for_each_other(database_url):
    root = Path(__file__).parents[2]

    async def process(name):
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, database_url, name, cwd=root, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await started.communicate()
        return started.returncode, errors

    assert await asyncio.gather(*[process(str(n)) for n in range(3)]) == [(0, b"")] * 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_writer_that_waited_too_long_says_busy(database, monkeypatch):
    monkeypatch.setattr("gateway.db.sqlite.BUSY_SECONDS", 0.05)
    async with open_store(f"sqlite:///{database.path}") as other:
        async with database.transaction():
            with pytest.raises(Busy):
                await model.insert(other, "o", {})
        await model.insert(other, "o", {})


async def test_the_first_and_the_last_instant_come_back_as_instants(database):
    ends = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    async with database.transaction() as transaction:
        changes = Changes(database, transaction, "ends")
        organization = {"id": "ends", "name": "E", "kind": "none", "timezone": "UTC"}
        await changes.insert(organizations, [{**organization, "created_at": ends[0], "updated_at": ends[1]}])
        [row] = await changes.rows_of_organization()
    assert [row.created_at - ends[0], ends[1] - row.updated_at] == [timedelta.resolution] * 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_commit_waits_for_the_disk(database):
    kept = select(literal_column("synchronous")).select_from(text("pragma_synchronous"))
    async with database.transaction() as transaction:
        [row] = await transaction.fetch(database.prepare(("synchronous",), lambda: kept), {})
    assert row.synchronous == 2  # FULL (https://www.sqlite.org/pragma.html#pragma_synchronous)
