"""The pool of PostgreSQL connections: its bound, its order, and what becomes of broken connections."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import literal, select

from gateway.db import counts, lookups
from gateway.db.cursors import Order
from gateway.db.database import open_database
from gateway.db.failures import Unreachable
from gateway.db.pages import Listing
from gateway.db.pool import Pool
from gateway.db.tables import people
from tests.db import model
from tests.patience import ENOUGH
from tests.stores import open_store

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(postgresql_server, anyio_backend):
    opened = Pool(lambda: asyncpg.connect(postgresql_server), 2)
    yield opened
    await opened.close()


async def turns():
    """Let every other task run as far as it can without input."""
    for _ in range(5):
        await asyncio.sleep(0)


async def pid(connection):
    return await connection.fetchval("SELECT pg_backend_pid()")


async def test_no_more_connections_are_open_than_the_size(pool):
    pids = set()

    async def use():
        async with pool.connection() as connection:
            pids.add(await pid(connection))

    await asyncio.gather(*[use() for _ in range(20)])
    assert len(pids) <= 2


async def test_waiters_are_served_in_order(pool):
    held = [await pool.acquire(), await pool.acquire()]
    served = []

    async def use(number):
        async with pool.connection():
            served.append(number)

    tasks = [asyncio.create_task(use(number)) for number in range(6)]
    await turns()
    assert served == []
    for connection in held:
        pool.release(connection)
    await asyncio.gather(*tasks)
    assert served == [0, 1, 2, 3, 4, 5]


async def test_a_broken_connection_is_replaced(pool):
    first = await pool.acquire()
    first.terminate()
    pool.release(first)
    idle = await pool.acquire()
    pool.release(idle)
    idle.terminate()
    held = [await pool.acquire(), await pool.acquire()]
    assert [await each.fetchval("SELECT 1") for each in held] == [1, 1]
    waiting = asyncio.create_task(pool.acquire())
    await turns()
    held[0].terminate()
    pool.release(held[0])
    assert await (await waiting).fetchval("SELECT 1") == 1
    pool.release(waiting.result())
    pool.release(held[1])


async def test_a_cancelled_waiter_leaks_nothing(pool):
    held = [await pool.acquire(), await pool.acquire()]
    tasks = [asyncio.create_task(pool.acquire()) for _ in range(3)]
    await turns()
    tasks[0].cancel()
    await turns()
    pool.release(held[0])  # given to the second waiter, which is cancelled before it runs
    tasks[1].cancel()
    await turns()
    assert tasks[1].cancelled()
    connection = await asyncio.wait_for(tasks[2], ENOUGH)
    pool.release(connection)
    pool.release(held[1])
    held = [await pool.acquire(), await pool.acquire()]
    for each in held:
        pool.release(each)


async def test_a_failed_opening_leaves_room_for_the_next(postgresql_server):
    failures = [OSError("down"), OSError("down"), None, None]

    async def connect():
        if failure := failures.pop(0):
            raise failure
        return await asyncpg.connect(postgresql_server)

    pool = Pool(connect, 1)
    results = await asyncio.gather(*[pool.acquire() for _ in range(2)], return_exceptions=True)
    assert [str(each) for each in results] == ["down", "down"]
    connection = await pool.acquire()
    assert await connection.fetchval("SELECT 1") == 1
    pool.release(connection)
    await pool.close()


async def test_a_cancelled_query_leaves_its_connection_usable(pool):
    connection = await pool.acquire()
    task = asyncio.create_task(connection.fetchval("SELECT pg_sleep(20)"))
    while not await running(pool, "SELECT pg_sleep(20)"):
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pool.release(connection)
    again = await pool.acquire()
    assert again is connection
    assert await again.fetchval("SELECT 1") == 1
    pool.release(again)


@pytest.mark.parametrize("turns_before", range(4))
async def test_closing_leaves_nothing_of_a_query_that_was_just_cancelled(pool, turns_before):
    before = asyncio.all_tasks()
    connection = await pool.acquire()
    task = asyncio.create_task(connection.fetchval("SELECT pg_sleep(30)"))
    while not await running(pool, "SELECT pg_sleep(30)"):
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pool.give_up(connection)
    for _ in range(turns_before):
        await asyncio.sleep(0)
    await pool.close()
    assert asyncio.all_tasks() == before
    assert connection.is_closed()


async def running(pool, sql):
    async with pool.connection() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query = $1 AND state = 'active'"
        return await connection.fetchval(asked, sql)


async def test_a_connection_left_inside_a_transaction_is_replaced(pool):
    connection = await pool.acquire()
    await connection.execute("BEGIN")
    pool.release(connection)
    assert connection.is_closed()
    other = await pool.acquire()
    assert not other.is_in_transaction()
    pool.release(other)


async def test_a_closed_pool_says_so_to_those_who_wait_and_those_who_come(pool):
    held = [await pool.acquire(), await pool.acquire()]
    waiting = asyncio.create_task(pool.acquire())
    await turns()
    await pool.close()
    for late in (waiting, pool.acquire()):
        with pytest.raises(Unreachable, match="closed"):
            await late
    for connection in held:
        pool.release(connection)
        assert connection.is_closed()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:secret@127.0.0.1:1/gateway",
        "postgresql://nobody:secret@/gateway?host=/nonexistent",
        "sqlite:////nonexistent/folder/gateway.db",
    ],
)
async def test_starting_without_a_database_is_one_clear_error(url):
    database = open_database(url)
    with pytest.raises(Unreachable) as raised:
        await database.start()
    assert "secret" not in str(raised.value)
    await database.stop()


async def test_a_database_that_does_not_exist_is_named(postgresql_server):
    database = open_database(postgresql_server.replace("/postgres?", "/absent?"))
    with pytest.raises(Unreachable, match="absent"):
        await database.start()
    await database.stop()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_restart_of_the_server_costs_readers_and_writers_nothing(database, postgresql_server):
    await model.insert(database, "o", {"people": [model.random_row(model.Random(1), "people", "p")]})
    listing = Listing(people, "o", Order.of(people, []))
    administrator = await asyncpg.connect(postgresql_server)
    for _ in range(3):
        assert await counts.count(database, listing) == 1
        async with database.pool.connection() as connection:
            name = await connection.fetchval("SELECT current_database()")
        await administrator.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = $1", name
        )
        rows = await lookups.rows_by_key(database, people, "o", ("id",), ["p"])
        assert list(rows) == ["p"]
    await administrator.close()
    await model.insert(database, "other", {})


async def test_a_stopped_store_refuses_reads_and_writes(database_url):
    async with open_store(database_url) as database:
        await lookups.ping(database)
    slow = database.prepare(("slow",), lambda: select(literal(1).label("one")))
    slow.is_slow = True
    with pytest.raises(Unreachable):
        await lookups.ping(database)
    with pytest.raises(Unreachable):
        await database.fetch(slow, {})
    with pytest.raises(Unreachable):
        async with database.transaction():
            pass
