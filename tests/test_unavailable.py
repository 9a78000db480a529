"""The store down, slow or damaged under a running gateway: 503 in everybody's words, the reason told, and recovery."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from sqlalchemy import select

from gateway import auth
from gateway.administration import create_token
from gateway.app import create_app
from gateway.db.migrate import migrate
from gateway.db.tables import api_tokens
from gateway.settings import Settings
from tests.conftest import database_at
from tests.data import NORTH, fill
from tests.graph import open_http
from tests.observe.told import Told
from tests.patience import ENOUGH
from tests.stores import open_store

pytestmark = pytest.mark.anyio

LEGACY = {
    "/organizations/connections/request/": ("Token", "detail"),
    "/v1/requests": ("Bearer", "Message"),
    "/api/3/connections": ("Api-Token", "message"),
    "/v1/connection": ("Bearer", "message"),
}
REQUESTS = "{ connectionRequests { nodes { uuid } } }"


@asynccontextmanager
async def serving(url, store=None, **settings):
    """A running gateway on a database of its own: its client with a token, and what its observer is told.

    Args:
        store: an open one, to be used in place of its own.
    """
    async with open_store(url) as database:
        await fill(database, NORTH)
        _, token = await create_token(database, "north", name="test", scopes=["read"])
    told = Told()
    app = create_app(Settings(database_url=url, kept_answers_bytes=0, **settings), store, told)
    async with app.router.lifespan_context(app), open_http(app) as http:
        http.token = token
        yield http, told


async def legacy(http, path):
    scheme, _ = LEGACY[path]
    credential = (
        {"api-token": http.token} if scheme == "Api-Token" else {"authorization": f"{scheme} {http.token}"}
    )
    return await http.get(path, headers=credential)


async def ask(http, body, **headers):
    return await http.post(
        "/graphql", json=body, headers={"authorization": f"Bearer {http.token}", **headers}
    )


async def openapi(http):
    return await http.get("/openapi.json", headers={"authorization": f"Bearer {http.token}"})


async def check_all_is_well(http):
    for path in LEGACY:
        assert (await legacy(http, path)).status_code == 200, path
    answer = await ask(http, {"query": REQUESTS})
    assert (answer.status_code, list(answer.json())) == (200, ["data"])
    assert (await openapi(http)).status_code == 200


async def check_refused(http, told, said, reason):
    """Every door answers 503 with the same words, and its request is told with the reason."""
    told.requests.clear()
    for path, (_, member) in LEGACY.items():
        answer = await legacy(http, path)
        assert (answer.status_code, answer.json()[member]) == (503, said), path
        assert answer.headers["retry-after"] == "5"
    for accepted in ("application/json", "application/graphql-response+json"):
        answer = await ask(http, {"query": REQUESTS}, accept=accepted)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        [error] = answer.json()["errors"]
        assert (error["message"], error["extensions"]) == (said, {"code": "SERVICE_UNAVAILABLE"})
        assert answer.json().get("data") is None
    assert len(told.requests) == 6
    for request in told.requests:
        assert (request.code, request.status) == ("SERVICE_UNAVAILABLE", 503)
        assert reason in request.reason
        assert "hunter2" not in request.reason
    assert told.failures == []


@pytest.fixture
async def down_url(spare_postgresql):
    """A migrated database on a server that a test may stop."""
    spare_postgresql.run("CREATE DATABASE unavailable")
    url = database_at(spare_postgresql.url, "unavailable").replace("postgres:@", "postgres:hunter2@")
    await migrate(url)
    yield url
    spare_postgresql.run("DROP DATABASE unavailable WITH (FORCE)")


LOCKED_OUT = """
SELECT pid, query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"""


@asynccontextmanager
async def locked(url, store, tables):
    """Who reads some tables is kept waiting, and ended as their deadline would; no other read is."""
    holder, watcher = [await asyncpg.connect(url) for _ in range(2)]
    async with holder.transaction():
        await holder.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        ending = asyncio.create_task(end_whoever_is_locked_out(store._deadlines, watcher))
        try:
            yield
        finally:
            ending.cancel()
            await asyncio.wait([ending])
    for each in (holder, watcher):
        await each.close()


async def end_whoever_is_locked_out(deadlines, watcher):
    ended = set()
    while True:
        found = set(await watcher.fetch(LOCKED_OUT)) - ended
        if found and len(found) == len(deadlines.waits):  # nothing else is being read
            for wait in list(deadlines.waits):
                wait.expire()
            ended |= found


CANNOT_BE_REACHED = "The store cannot be reached. Try again later."
NOT_IN_TIME = "The store did not answer in time. Try again later."


@pytest.fixture
def remembered(monkeypatch):
    """A token that is cached stays so, however long the test takes."""
    monkeypatch.setattr(auth, "time", SimpleNamespace(monotonic=lambda: 0.0))


@pytest.mark.parametrize("cached", [0, 5], ids=["unknown token", "cached token"])
@pytest.mark.usefixtures("remembered")
async def test_a_stopped_server_is_said_by_every_door_and_found_again(spare_postgresql, down_url, cached):
    async with serving(down_url, token_cache_seconds=cached) as (http, told):
        await check_all_is_well(http)
        spare_postgresql.stop()
        try:
            await check_refused(http, told, CANNOT_BE_REACHED, "Cannot connect to the PostgreSQL server: ")
            answer = await openapi(http)
            # it needs the store for nothing but the token
            assert answer.status_code == (200 if cached else 503)
            if not cached:
                assert answer.headers["retry-after"] == "5"
                assert answer.json()["errors"] == [
                    {"message": CANNOT_BE_REACHED, "extensions": {"code": "SERVICE_UNAVAILABLE"}}
                ]
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
            assert (await http.get("/healthz")).status_code == 200
        finally:
            spare_postgresql.start()
        await check_all_is_well(http)
        assert (await http.get("/readyz")).status_code == 200


@pytest.mark.parametrize("cached", [0, 5], ids=["unknown token", "cached token"])
async def test_a_slow_server_is_said_by_every_door_and_found_again(down_url, cached):
    async with (
        open_store(down_url, seconds=ENOUGH) as store,
        serving(down_url, store, token_cache_seconds=cached) as (http, told),
    ):
        await check_all_is_well(http)
        async with locked(down_url, store, "connection_requests, connected_accounts"):
            await check_refused(http, told, NOT_IN_TIME, "There was no answer within ")
        await check_all_is_well(http)


PARTS = [
    # what is asked, the answer's data, and what that is
    ('{ connectionRequest(uuid: "x") { uuid } }', {"connectionRequest": None}, "nulls"),
    ('{ organization { name } connectionRequest(uuid: "x") { uuid } }',
     {"organization": {"name": "North Stores"}, "connectionRequest": None}, "partial"),
    ('{ organization { name } connectionRequests { nodes { uuid } } }', None, "nothing"),
    ("{ viewer { name } }", {"viewer": {"name": "test"}}, "whole"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "media", "statuses"),
    [
        ("audit-2025", "json", {"nulls": 503, "partial": 200, "nothing": 503, "whole": 200}),
        ("draft-2026", "graphql-response+json", {"nulls": 294, "partial": 294, "nothing": 503, "whole": 200}),
        ("draft-2026", "json", {"nulls": 200, "partial": 200, "nothing": 503, "whole": 200}),
    ],
)
async def test_an_answer_with_something_to_show_is_no_503(down_url, profile, media, statuses):
    async with (
        open_store(down_url, seconds=ENOUGH) as store,
        serving(down_url, store, http_profile=profile) as (http, _),
    ):
        await check_all_is_well(http)
        async with locked(down_url, store, "connection_requests"):
            for query, data, kind in PARTS:
                answer = await ask(http, {"query": query}, accept=f"application/{media}")
                assert answer.json()["data"] == data
                assert answer.status_code == statuses[kind], query
                assert ("retry-after" in answer.headers) == (statuses[kind] == 503)
            batch = await ask(http, [{"query": query} for query, _, _ in PARTS])
            assert (batch.status_code, [each["data"] for each in batch.json()]) == (
                200,
                [each[1] for each in PARTS],
            )
            batch = await ask(http, [{"query": PARTS[0][0]}, {"query": PARTS[2][0]}])
            assert (batch.status_code, batch.headers["retry-after"]) == (503, "5")


def overwrite(path, content):
    """Write into the file that is there, as a disk does that loses what was written."""
    with path.open("r+b") as file:
        file.write(content)


async def test_a_damaged_file_is_said_by_every_door_and_found_again(tmp_path, migrated_sqlite):
    path = Path(tmp_path, "gateway.db")
    path.write_bytes(migrated_sqlite.read_bytes())
    async with serving(f"sqlite:///{path}", token_cache_seconds=5) as (http, told):
        assert (await openapi(http)).status_code == 200
        whole = path.read_bytes()
        overwrite(path, whole[:4096] + b"\xff" * (len(whole) - 4096))
        await check_refused(http, told, CANNOT_BE_REACHED, "The database file cannot be used: ")
        overwrite(path, whole)
        await check_all_is_well(http)


def select_tokens():
    return select(api_tokens.c.last_used_at)


async def used_at_last(database):
    used = database.prepare(("used",), select_tokens)
    while not any(each.last_used_at for each in await database.fetch(used, {})):
        await asyncio.to_thread(lambda: None)


async def test_readers_wait_for_no_writer_of_another_process(database_url, monkeypatch):
    """When a token was used is noted beside the answer, by whoever gets to write."""
    # Behind one note that could not be made in time, none is made for a while.
    monkeypatch.setattr(auth, "NOTE_SECONDS", 2 * ENOUGH)
    async with serving(database_url, token_cache_seconds=0) as (http, _), open_store(database_url) as other:
        async with other.transaction() as transaction:
            lock = other.prepare(("lock tokens",), lambda: select_tokens().with_for_update())
            await transaction.fetch(lock, {})
            answer = await asyncio.wait_for(ask(http, {"query": "{ viewer { name } }"}), ENOUGH)
            assert answer.status_code == 200
        await used_at_last(other)
