"""The application's life: it opens its own store, serves when it can, and closes it."""

import asyncio

import pytest

from gateway.app import create_app
from gateway.db.migrate import pending
from gateway.lifespan import NotMigrated, every
from gateway.settings import Settings
from tests.graph import open_http
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio

READY = {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "keys": "ok", "writes": "ok"}}


async def test_the_application_opens_its_own_store_and_closes_it(database_url):
    app = create_app(Settings(database_url=database_url))
    async with app.router.lifespan_context(app), open_http(app) as http:
        assert (await http.get("/readyz")).json() == READY
        assert (await http.get("/healthz")).json() == {"status": "ok"}
    async with open_http(app) as http:
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failed")
        assert (await http.get("/healthz")).status_code == 200


async def test_the_embedded_store_is_made_and_migrated_at_the_start(tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"
    app = create_app(Settings(database_url=url))
    async with app.router.lifespan_context(app), open_http(app) as http:
        assert (await http.get("/readyz")).json() == READY
    assert await pending(url) == []


async def test_a_shared_store_is_migrated_by_its_operator_alone(empty_postgresql):
    app = create_app(Settings(database_url=empty_postgresql))
    with pytest.raises(NotMigrated, match=r"The database has no tables yet\. Run `gateway migrate`\."):
        async with app.router.lifespan_context(app):
            pass
    assert "0001" in await pending(empty_postgresql)


async def test_a_store_that_is_handed_over_stays_open(database, database_url):
    app = create_app(Settings(database_url=database_url), database)
    async with app.router.lifespan_context(app), open_http(app) as http:
        assert (await http.get("/readyz")).json() == READY
    async with open_http(app) as http:
        assert (await http.get("/readyz")).json() == READY


async def test_what_is_done_from_time_to_time_is_done_again_after_a_fault(caplog):
    done = asyncio.Queue()

    async def fail():
        done.put_nowait(None)
        raise ZeroDivisionError

    doing = asyncio.create_task(every(0, fail))
    async with asyncio.timeout(ENOUGH):
        for _ in range(2):
            await done.get()
    doing.cancel()
    assert "ZeroDivisionError" in caplog.text
