"""A read never needs a write: a full disk, a read-only server, another process that writes for long."""

import asyncio
import os
import re
import resource
import subprocess
import sys
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest

from gateway import auth
from gateway.administration import create_token
from gateway.app import create_app
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import gid, open_http
from tests.observe.told import Told
from tests.patience import ENOUGH
from tests.stores import open_store
from tests.test_unavailable import ask, check_all_is_well

pytestmark = pytest.mark.anyio

NORTH_REQUEST = NORTH["connection_requests"][0]["id"]
READS_ONLY = {
    "status": "reads only",
    "checks": {"database": "ok", "migrations": "ok", "keys": "ok", "writes": "failed"},
}


async def filled(url, tokens=1):
    """Put an organization into a store; its tokens."""
    async with open_store(url) as database:
        await fill(database, NORTH)
        scopes = ["read", "write"]
        made = [await create_token(database, "north", name="test", scopes=scopes) for _ in range(tokens)]
    return [token for _, token in made]


@asynccontextmanager
async def serving(url, token):
    told = Told()
    app = create_app(Settings(database_url=url, token_cache_seconds=0), observer=told)
    async with app.router.lifespan_context(app), open_http(app) as http:
        http.token = token
        yield http
    assert told.failures == []


async def check_reads_go_on(http):
    await check_all_is_well(http)
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, READS_ONLY)


async def check_a_write_is_unavailable(http, token):
    mutation = (
        'mutation($id: ID!) { addComment(input: {connectionRequestId: $id, body: "x"}) { comment { id } } }'
    )
    answer = await http.post(
        "/graphql",
        json={"query": mutation, "variables": {"id": gid("ConnectionRequest", NORTH_REQUEST)}},
        headers={"authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), answer.text
    assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def check_writes_go_on(http):
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_reads_go_on_while_another_process_writes(database_url):
    [token] = await filled(database_url)
    async with open_store(database_url) as other, serving(database_url, token) as http:
        async with other.transaction():
            async with asyncio.timeout(ENOUGH):
                await check_reads_go_on(http)
        await check_writes_go_on(http)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_reads_go_on_where_transactions_only_read(database_url, caplog):
    [token] = await filled(database_url)
    only_reading = f"{database_url}&options=-c%20default_transaction_read_only%3Don"
    async with serving(only_reading, token) as http:
        await check_reads_go_on(http)
    # It is tried again half a minute later, which a busy machine may need for all of this.
    warning, *_ = [each for each in caplog.messages if "the use of a token" in each]
    assert "cannot execute UPDATE in a read-only transaction" in warning


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file'; END $$;
CREATE TRIGGER full_disk BEFORE UPDATE ON api_tokens EXECUTE FUNCTION full_disk();
"""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_reads_go_on_while_the_servers_disk_is_full(database_url):
    [token] = await filled(database_url)
    administrator = await asyncpg.connect(database_url)
    await administrator.execute(FULL)
    async with serving(database_url, token) as http:
        await check_writes_go_on(http)
        async with asyncio.timeout(ENOUGH):
            while (await http.get("/readyz")).json()["status"] == "ok":
                await check_all_is_well(http)
        await check_reads_go_on(http)
    await administrator.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_uses_of_many_tokens_are_noted_one_at_a_time(database_url, monkeypatch):
    """However many tokens come at once, one connection waits for their rows at most."""
    monkeypatch.setattr(auth, "NOTE_SECONDS", 2 * ENOUGH)
    tokens = await filled(database_url, 30)
    writer, administrator = [await asyncpg.connect(database_url) for _ in range(2)]
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with serving(database_url, tokens[0]) as http, writer.transaction():
        await writer.execute("SELECT FROM api_tokens FOR UPDATE")
        counts = set()
        for http.token in tokens:
            answer = await ask(http, {"query": "{ viewer { name } }"})
            assert answer.status_code == 200
            counts.add(await administrator.fetchval(waiting))
        async with asyncio.timeout(ENOUGH):
            while counts <= {0}:
                counts.add(await administrator.fetchval(waiting))
        assert max(counts) == 1
    for each in (writer, administrator):
        await each.close()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits other processes")
async def test_reads_go_on_while_the_disk_is_full_and_so_do_writes_later(tmp_path, migrated_sqlite):
    """A real process, which may write no byte into any file for a while."""
    (tmp_path / "gateway.db").write_bytes(migrated_sqlite.read_bytes())
    url = f"sqlite:///{tmp_path}/gateway.db"
    first, second, writer = await filled(url, 3)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment |= {"PYTHONPATH": os.getcwd(), "GATEWAY_DATABASE_URL": url}
    command = [sys.executable, "-m", "gateway.cli", "serve", "--port", "0"]
    server = await asyncio.to_thread(
        subprocess.Popen, command, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        [port] = re.findall(r":(\d+)/graphql\n", server.stderr.readline())
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=ENOUGH) as http:
            await check_writes_go_on(http)
            _, most = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            http.token = first
            await check_reads_go_on(http)
            await check_a_write_is_unavailable(http, writer)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, most))
            await check_writes_go_on(http)
            http.token = second
            await check_all_is_well(http)
    finally:
        server.terminate()
        printed = server.communicate()[1]
    assert "the use of a token was not noted: The database file cannot be used" in printed
    assert "Traceback" not in printed
