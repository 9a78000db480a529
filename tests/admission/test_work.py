"""An operation and a legacy call end at their deadline, and when their caller goes away; nothing is left behind."""

import asyncio
import json
from types import SimpleNamespace

import asyncpg
import pytest
from starlette.requests import ClientDisconnect

from gateway.admission.work import BoundedWork, Bounds
from gateway.app import create_app
from gateway.db.database import open_database
from gateway.db.lookups import ping
from gateway.limits import Limits
from gateway.observe.records import RequestRecord, enter, leave
from gateway.resolvers.errors import Unavailable
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.db.test_writes import endless
from tests.graph import open_graph, open_http
from tests.observe.told import Told
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio

HASTY = Limits().decided(seconds=0.2)
SAID = "The answer took longer than 0.2 seconds, and was given up. Ask for less, or try again later."
REFUSED = {"errors": [{"message": SAID, "extensions": {"code": "SERVICE_UNAVAILABLE"}}]}

RUNNING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND state = 'active' AND pid <> pg_backend_pid()"
)


async def is_quiet(other):
    """Wait until the server runs nothing but what this connection asks."""
    async with asyncio.timeout(ENOUGH):
        while await other.fetchval(RUNNING):
            await other.execute("SELECT pg_stat_clear_snapshot()")
        for task in asyncio.all_tasks():
            if "Connection._cancel" in repr(task):  # the driver's, which says goodbye
                await task


async def stays():
    """What a request's `receive` says whose caller waits for the answer."""
    await asyncio.Event().wait()


async def is_gone():
    return {"type": "http.disconnect"}


@pytest.fixture
async def one(database_url, anyio_backend):
    """A database with one connection."""
    opened = open_database(database_url, connections=1)
    await opened.start()
    yield opened
    await opened.stop()


async def test_what_takes_too_long_is_ended_and_its_connection_serves_again(one):
    for _ in range(2):
        too_long = pytest.raises(Unavailable, match=r"longer than 0\.2 seconds")
        with too_long, BoundedWork(Bounds(HASTY, 8), {}, stays):
            await one.fetch(endless(one), {})
        assert asyncio.current_task().cancelling() == 0
        await asyncio.wait_for(ping(one), ENOUGH)


async def test_what_nobody_waits_for_is_ended(one):
    with pytest.raises(ClientDisconnect), BoundedWork(Bounds(Limits().decided(seconds=20), 8), {}, is_gone):
        await one.fetch(endless(one), {})
    await asyncio.wait_for(ping(one), ENOUGH)


async def test_what_has_read_much_waits_for_its_turn():
    bounds = Bounds(Limits(), 8)
    context = SimpleNamespace(viewer=SimpleNamespace(organization_id="north", token_id="t"))
    first, second = (BoundedWork(bounds, {"headers": []}, stays) for _ in range(2))

    async def read(work):
        with work:
            work.bytes_read = 10_000_000
            assert work.bytes_read > work.bytes_allowed
            await work.charge_read()
            assert work.bytes_read < work.bytes_allowed

    assert first.take(context)
    assert second.take(context)
    await read(first)
    waiting = asyncio.create_task(read(second))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    first.leave()
    await waiting
    second.leave()


async def test_a_deadline_that_is_observed_ends_nothing(one):
    limits = Limits().decided(seconds="observe:0.2")
    told = Told()
    token = enter(RequestRecord(told, "", "", ""))
    with BoundedWork(Bounds(limits, 8), {}, stays), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await one.fetch(endless(one), {})
    leave(token)
    await asyncio.wait_for(ping(one), ENOUGH)
    assert told.limits == [("seconds", 0.2, 0.2, "observe")]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_door_says_so_and_the_server_runs_nothing_on(database, database_url):
    await fill(database, NORTH)
    settings = Settings(database_url=database_url, limits=HASTY)
    async with open_graph(database, database_url, "north", settings=settings) as graph:
        other = await asyncpg.connect(database_url)
        async with other.transaction():
            await other.execute("LOCK TABLE people, connection_requests IN ACCESS EXCLUSIVE MODE")
            query = "{ connectionRequests { nodes { uuid } } }"
            answer = await graph.post(query)
            assert (answer.status_code, answer.json()) == (503, REFUSED)
            assert answer.headers["retry-after"] == "5"
            batch = await graph.http.post("/graphql", json=[{"query": query}, {"query": "{ __typename }"}])
            assert batch.json() == [REFUSED, {"data": {"__typename": "Query"}}]
            answer = await graph.http.get("/v1/requests")
            assert (answer.status_code, answer.json()["Message"]) == (503, SAID)
            assert answer.headers["retry-after"] == "5"
            await is_quiet(other)
        await other.close()
    async with open_graph(database, database_url, "north") as patient:
        assert (await patient.post(query)).status_code == 200


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_rows_that_a_loader_waits_for_are_given_up_too(database, database_url):
    """The people of an approval come by a loader, whose fetch is a task of its own."""
    await fill(database, NORTH)
    settings = Settings(database_url=database_url, limits=HASTY)
    async with open_graph(database, database_url, "north", settings=settings) as graph:
        other = await asyncpg.connect(database_url)
        async with other.transaction():
            await other.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
            query = "{ connectionRequests { nodes { uuid requester { fullName } } } }"
            assert (await graph.post(query)).json() == REFUSED
            fetching = [each for each in asyncio.all_tasks() if "batch" in repr(each.get_coro())]
            for each in fetching:
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.wait_for(each, ENOUGH)
            await is_quiet(other)
        await other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_caller_that_goes_away_cancels_its_work(database, database_url):
    await fill(database, NORTH)
    told = Told()
    settings = Settings(database_url=database_url, demo_token="demo-token")
    app = create_app(settings, database, observer=told)
    other = await asyncpg.connect(database_url)
    body = json.dumps({"query": "{ connectionRequests { nodes { uuid } } }"}).encode()
    messages = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
    headers = [(b"authorization", b"Bearer demo-token"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}

    async def receive():
        return messages.pop(0)

    async with other.transaction(), open_http(app):
        await other.execute("LOCK TABLE connection_requests IN ACCESS EXCLUSIVE MODE")
        await asyncio.wait_for(app(scope, receive, None), ENOUGH)
        await is_quiet(other)
    await other.close()
    assert [(each.status, each.code) for each in told.requests] == [(None, None)]
