"""Every query that callers can cause reads an index, and no more of it than its answer needs."""

import asyncio
import json
import shutil
import sqlite3
from datetime import timedelta
from random import Random

import asyncpg
import pytest

from gateway.db import child_counts, counts, filters, lookups
from gateway.db.cursors import Order
from gateway.db.database import open_database
from gateway.db.filters import all_of, eq
from gateway.db.links import FILES_OF_REQUEST, REQUESTS_OF_FILE, Link
from gateway.db.pages import Listing, Window, page, pages_of_children
from gateway.db.search import matching
from gateway.db.tables import (
    approvals,
    child_counters,
    comments,
    connection_requests,
    counters,
    files,
    integrations,
    metadata,
    organizations,
    people,
)
from tests.conftest import database_at, execute, new_database
from tests.db import model
from tests.stores import open_store

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("plan", ["custom", "generic"])]

REQUESTS = 4000
PAGE = 20


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled_url(request, tmp_path_factory):
    """A database with enough rows for its planner to have a reason."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("plans") / "filled.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        asyncio.run(fill(f"sqlite:///{path}"))
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("migrated_postgresql")

    with new_database(server, "plans", template) as name:
        url = database_at(server, name)
        asyncio.run(fill(url))
        asyncio.run(execute(url, "VACUUM ANALYZE"))
        yield url


async def fill(url):
    async with open_store(url) as database:
        random = Random(1)
        await model.insert(database, "o", rows_of(random, REQUESTS))
        await model.insert(database, "small", rows_of(random, 50))
        async with database.transaction() as transaction:
            await model.make_organization(database, transaction, *[f"other{n}" for n in range(2000)])
            statement = database.prepare(("fill counters",), counters.insert)
            rows = [
                {"organization_id": f"other{n}", "table_name": table, "kind": "", "status": status, "n": 1}
                for n in range(2000)
                for table in ("people", "connection_requests")
                for status in ("", "pending")
            ]
            await transaction.run_many(statement, rows)
            statement = database.prepare(("fill child counters",), child_counters.insert)
            none = {"organization_id": "o", "table_name": "requested_items", "n": 0}
            rows = [{**none, "parent_id": f"r{n:06}"} for n in range(REQUESTS)]
            await transaction.run_many(statement, rows)


def rows_of(random, requests):
    """Requests with children; times, names and statuses spread, a third of the names null."""
    found = {name: [] for name in model.DOMAINS}
    found["people"] = [
        model.random_row(random, "people", f"p{n}", last_name=f"name{n % 300}", email=f"{n}@example.org")
        for n in range(max(3, requests // 4))
    ]
    for n in range(requests):
        then = {"created_at": at(n), "updated_at": at(requests - n)}
        request = f"r{n:06}"
        found["connection_requests"].append(
            model.random_row(
                random,
                "connection_requests",
                request,
                **then,
                kind="access" if n % 10 == 0 else "trading_partner",
                status=random.choice(["pending", "approved", "denied"]),
                org_name=None if n % 3 == 0 else f"organization {n % 2000:04}",
                requested_at=at(n),
                requester_id=f"p{n % len(found['people'])}",
            )
        )
        for m in range(2 if n else 2000):
            child = {"connection_request_id": request, "position": m, **then}
            child_id = f"{request}-{m}"
            integration = {"integration_type": f"type {m % 7}", "update_frequency": f"{n % 60} * * * *"}
            found["integrations"].append(
                model.random_row(random, "integrations", child_id, **child, **integration)
            )
            found["files"].append(
                model.random_row(random, "files", child_id, position=m, **then, name=f"file {n % 500}")
            )
            for file in {child_id, f"r000001-{m}"} if m < 2 < n < 100 else {child_id}:
                attached = {**child, "file_id": file}
                found["file_attachments"].append(
                    model.random_row(random, "file_attachments", f"{request}+{file}", **attached)
                )
        comment = {"connection_request_id": request, "created_at": at(n), "author_id": "p1"}
        found["comments"].append(model.random_row(random, "comments", request, **comment))
        if n % 3 == 0:
            approval = {"connection_request_id": request, "person_id": "p1", "approved_at": at(n)}
            found["approvals"].append(model.random_row(random, "approvals", request, **approval))
    return found


def at(minute):
    return model.EPOCH + timedelta(minutes=minute)


class Recorder:
    """The database itself, remembering what it was asked."""

    uncounted = None

    def __init__(self, database):
        self.prepare, self.dialect_name, self._fetch = database.prepare, database.dialect_name, database.fetch
        self.asked = []

    async def fetch(self, statement, parameters):
        self.asked.append((statement, parameters))
        return await self._fetch(statement, parameters)


@pytest.fixture
async def recorder(filled_url, anyio_backend):
    database = open_database(filled_url, connections=2)
    await database.start()
    yield Recorder(database)
    await database.stop()


async def explained(url, recorder, plan):
    """Each recorded statement's plan: SQLite's lines, or PostgreSQL's nodes with what they really read.

    ``plan`` is custom or generic: PostgreSQL may change to one made without the values after five runs.
    """
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        plans = [
            [
                row[3]
                for row in connection.execute(
                    f"EXPLAIN QUERY PLAN {statement.sql}", statement.arguments(parameters)
                )
            ]
            for statement, parameters in recorder.asked
        ]
        connection.close()
        return plans
    connection = await asyncpg.connect(url)
    await connection.execute(f"SET plan_cache_mode = force_{plan}_plan; SET jit = off")
    plans = []
    for statement, parameters in recorder.asked:
        await connection.execute(f"PREPARE asked AS {statement.sql}")
        values = ", ".join(map(quoted, statement.arguments(parameters)))
        [record] = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked({values})")
        await connection.execute("DEALLOCATE asked")
        plans.append([*nodes(json.loads(record[0])[0]["Plan"])])
    await connection.close()
    return plans


def quoted(value):
    """A value of these tests as an SQL literal."""
    return "'{" + ",".join(value) + "}'" if isinstance(value, list) else f"'{value}'"


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def check(url, plan, *, most_rows, sorts=False):
    """The plan reads ranges of indexes only; ``sorts`` allows to sort what was found."""
    if url.startswith("sqlite"):
        for line in plan:
            assert not line.startswith("SCAN") or reads_no_table(line), plan
            assert sorts or "TEMP B-TREE" not in line, plan
        return
    summary = "\n".join(map(summed_up, plan))
    assert "Seq Scan" not in summary, summary
    assert sorts or "Sort" not in summary, summary
    assert sum(map(rows_read, plan)) <= most_rows, summary


def rows_read(node):
    """How many rows a node took from a table or index."""
    if "Relation Name" not in node:
        return 0
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return (node["Actual Rows"] + removed) * node["Actual Loops"]


def summed_up(node):
    place = node.get("Index Name") or node.get("Relation Name") or ""
    read = f"{rows_read(node):.0f} rows read" if place else ""
    return f"{node['Node Type']} {place} {read} {node.get('Index Cond', '')} {node.get('Filter', '')}"


def reads_no_table(line):
    """A scan of an array's values, of nothing, or of a limited part of a page."""
    what = line.split()[1]
    return "VIRTUAL TABLE" in line or (what not in metadata.tables and what != "child")


LISTS = {
    connection_requests: [
        ["requested_at"],
        ["created_at"],
        ["updated_at"],
        ["org_name_sort"],
        ["status", "requested_at"],
        ["kind", "created_at"],
        [],
    ],
    integrations: [
        ["created_at"],
        ["integration_type", "created_at"],
        ["update_frequency", "created_at"],
        [],
    ],
    files: [["created_at"], ["name_sort"], []],
    people: [["created_at"], ["last_name_sort"], ["email"], []],
    approvals: [[]],
    comments: [[]],
}


@pytest.mark.parametrize("descending", [False, True])
async def test_lists_read_no_more_than_their_page_first_last_and_deep(filled_url, recorder, plan, descending):
    for table, orders in LISTS.items():
        for columns in orders:
            order = Order.of(table, [(column, descending) for column in columns])
            listing = Listing(table, "o", order)
            middle = await page(
                recorder, listing, Window(1, offset=REQUESTS // 8), next_page=False, previous_page=False
            )
            deep = await page(
                recorder, listing, Window(1, offset=REQUESTS - 500), next_page=False, previous_page=False
            )
            recorder.asked.clear()
            for bound in (middle, deep):
                values = order.values(bound.end_cursor) if bound.rows else None
                for window in (
                    Window(PAGE),
                    Window(PAGE, backward=True),
                    Window(PAGE, after=values),
                    Window(PAGE, backward=True, before=values),
                ):
                    await page(
                        recorder, listing, window, next_page=True, previous_page=True, total_count=True
                    )
    for each in await explained(filled_url, recorder, plan):
        check(filled_url, each, most_rows=3 * (PAGE + 1), sorts=united(each))


@pytest.mark.parametrize("descending", [False, True])
async def test_lists_whose_nulls_no_index_has_read_a_page_of_each_stretch(
    filled_url, recorder, plan, descending
):
    order = Order.of(connection_requests, [("org_name_sort", descending)], {"org_name_sort": descending})
    assert order.moved
    listing = Listing(connection_requests, "o", order)
    bounds = [None]
    for offset in (REQUESTS // 8, REQUESTS - 500):
        found = await page(recorder, listing, Window(1, offset=offset), next_page=False, previous_page=False)
        bounds.append(order.values(found.end_cursor))
    assert {each[0] is None for each in bounds[1:]} == {False, True}
    recorder.asked.clear()
    for bound in bounds:
        for window in (Window(PAGE, after=bound), Window(PAGE, backward=True, before=bound)):
            await page(recorder, listing, window, next_page=True, previous_page=True, total_count=True)
    for each in await explained(filled_url, recorder, plan):
        check(filled_url, each, most_rows=3 * (PAGE + 1), sorts=united(each))


def united(plan):
    """Whether a page comes of several ranges, each limited, whose rows are then sorted."""
    return any("UNION ALL" in str(node) or "Append" in str(node) for node in plan)


async def test_a_deep_page_touches_about_as_many_buffers_as_the_first(filled_url, recorder, plan):
    if filled_url.startswith("sqlite"):
        pytest.skip("SQLite does not say what it touches")
    buffers = {}
    for name, offset in (("first", 0), ("deep", REQUESTS - 200)):
        for columns in LISTS[connection_requests]:
            for down in (False, True):
                order = Order.of(connection_requests, [(column, down) for column in columns])
                listing = Listing(connection_requests, "o", order)
                start = await page(
                    recorder, listing, Window(1, offset=offset), next_page=False, previous_page=False
                )
                window = Window(PAGE, after=order.values(start.end_cursor))
                recorder.asked.clear()
                await page(recorder, listing, window, next_page=False, previous_page=False)
                [[root, *_]] = await explained(filled_url, recorder, plan)
                buffers[name, *columns, down] = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    for (name, *key), touched in buffers.items():
        # each row on a page of its own; up to three ranges, each with its own way down the index
        assert touched <= PAGE + 1 + 3 * 4, (name, key)
        if key[0] == "requested_at":
            assert touched <= 1.3 * buffers["first", *key] + 2, (name, key, touched)


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        (eq("kind", "trading_partner"), [("requested_at", False)]),  # the Crux list
        (eq("kind", "access"), [("created_at", True)]),
        (eq("kind", "access"), [("requested_at", True)]),
        (eq("status", "pending"), [("requested_at", True)]),
        (all_of(eq("kind", "access"), eq("status", "pending")), [("requested_at", True)]),
        (eq("requester_id", "p7"), [("requested_at", True)]),
        (filters.clean(connection_requests), [("org_name_sort", False)]),  # for who may not see secrets
        (filters.clean(connection_requests), [("org_name_sort", True)]),
    ],
)
async def test_lists_by_kind_and_status_read_no_more_than_their_page(filled_url, recorder, plan, where, keys):
    order = Order.of(connection_requests, keys)
    listing = Listing(connection_requests, "o", order, where=where)
    whole = await page(recorder, listing, Window(400), next_page=False, previous_page=False)
    last = order.values(whole.end_cursor)
    recorder.asked.clear()
    for window in (Window(PAGE), Window(PAGE, backward=True), Window(PAGE, after=last)):
        await page(recorder, listing, window, next_page=True, previous_page=True, total_count=True)
    for each in await explained(filled_url, recorder, plan):
        most_rows = 3 * (PAGE + 1) if united(each) else 1.5 * PAGE
        check(filled_url, each, most_rows=most_rows, sorts=united(each))


async def test_rows_are_found_by_their_words_without_a_look_at_others(filled_url, recorder, plan):
    order = Order.of(connection_requests, [("requested_at", True)])
    where = matching(connection_requests, "organization 0700")
    listing = Listing(connection_requests, "o", order, where=matching(connection_requests, "0700"))
    found = await page(recorder, listing, Window(PAGE), next_page=True, previous_page=True)
    assert 0 < len(found.rows) <= 2
    assert await counts.count(recorder, listing) == len(found.rows)
    for each in await explained(filled_url, recorder, plan):
        # PostgreSQL's guess without the values may be that there are more; it reads no row twice then
        check(filled_url, each, most_rows=20 if plan == "custom" else 2 * REQUESTS, sorts=True)
    listing = Listing(connection_requests, "o", order, where=where)
    assert (
        await page(recorder, listing, Window(PAGE), next_page=True, previous_page=True)
    ).rows == found.rows


@pytest.mark.parametrize(
    ("table", "key", "columns"),
    [
        (integrations, "connection_request_id", ["position"]),
        (files, FILES_OF_REQUEST, ["position"]),
        (comments, "connection_request_id", ["created_at"]),
        (approvals, "person_id", ["approved_at"]),
        (connection_requests, "requester_id", ["requested_at"]),
        (connection_requests, "target_user_id", ["requested_at"]),
    ],
)
async def test_children_of_many_parents_read_no_more_than_their_pages(
    filled_url, recorder, plan, table, key, columns
):
    of_people = table in (approvals, connection_requests)
    parents = [f"p{n}" for n in range(50)] if of_people else [f"r{n:06}" for n in range(50)]
    for down in (False, True):
        order = Order.of(table, [(column, down) for column in columns])
        listing = Listing(table, "o", order, children_of=key)
        for window in (Window(PAGE), Window(PAGE, backward=True)):
            results = await pages_of_children(
                recorder, listing, parents, window, next_page=True, previous_page=True
            )
        found = next((each for each in results if each.rows), None)
        if found is not None:
            window = Window(PAGE, after=order.values(found.start_cursor))
            await pages_of_children(recorder, listing, parents, window, next_page=True, previous_page=True)
    most_rows = 50 * (PAGE + 1) * (2 if isinstance(key, Link) else 1)  # the rows between, too
    for each in await explained(filled_url, recorder, plan):
        check(filled_url, each, most_rows=most_rows, sorts=filled_url.startswith("sqlite") or united(each))


async def test_the_requests_of_files_read_those_alone(filled_url, recorder, plan):
    order = Order.of(connection_requests, [("requested_at", False)])
    listing = Listing(connection_requests, "o", order, children_of=REQUESTS_OF_FILE)
    ids = ["r000001-0", "r000050-0", "r000999-1"]
    results = await pages_of_children(recorder, listing, ids, Window(1), next_page=True, previous_page=True)
    assert [each.rows[0].id for each in results] == ["r000001", "r000050", "r000999"]
    assert await child_counts.counts_of_children(recorder, listing, ids) == [98, 1, 1]
    for each in await explained(filled_url, recorder, plan):
        check(filled_url, each, most_rows=2 * 100, sorts=True)


async def test_lookups_and_counts_read_indexes(filled_url, recorder, plan):
    ids = [f"r{n:06}" for n in range(0, 500, 10)]
    for table, key in (
        (connection_requests, "id"),
        (integrations, "id"),
        (files, "id"),
        (people, "id"),
        (organizations, "id"),
        (approvals, "connection_request_id"),
    ):
        tenant = "o"
        await lookups.rows_by_key(recorder, table, tenant, ("id",), ids, key=key)
    listing = Listing(integrations, "o", Order.of(integrations, []), children_of="connection_request_id")
    counted = await child_counts.counts_of_children(recorder, listing, ids)
    assert sum(counted) == 2000 + 49 * 2
    for where in (
        filters.EVERYTHING,
        eq("kind", "access"),
        all_of(eq("kind", "access"), eq("status", "denied")),
        filters.clean(connection_requests),
        all_of(eq("status", "denied"), filters.clean(connection_requests)),
    ):
        listing = Listing(connection_requests, "o", Order.of(connection_requests, []), where=where)
        assert await counts.count(recorder, listing) > 0
    for each in await explained(filled_url, recorder, plan):
        check(filled_url, each, most_rows=250, sorts=True)


async def test_a_uuid_is_found_by_its_index_whichever_column_holds_it(filled_url, recorder, plan):
    order = Order.of(integrations, [("created_at", True)])
    listing = Listing(integrations, "o", order, where=eq(filters.UUID, "r000007-1"))
    found = await page(recorder, listing, Window(PAGE), next_page=True, previous_page=True)
    assert [row.id for row in found.rows] == ["r000007-1"]
    assert await counts.count(recorder, listing) == 1
    for each in await explained(filled_url, recorder, plan):
        check(filled_url, each, most_rows=1, sorts=True)
        assert "ix_integrations_uuid" in str(each), each
