"""`/healthz` and `/readyz`."""

import anyio
import httpx2
import pytest
from starlette.applications import Starlette

from gateway.transport.health import health_routes

pytestmark = pytest.mark.anyio


async def passes():
    pass


async def fails():
    raise RuntimeError("postgresql://user:hunter2@db refused")


async def hangs():
    await anyio.sleep_forever()


async def get(path, *, writes=None, **checks):
    app = Starlette(routes=health_routes(checks, writes=writes, timeout=0.01))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://gateway.test"
    ) as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


async def test_a_living_process_says_so():
    assert await get("/healthz", database=fails) == (200, {"status": "ok"})


async def test_a_ready_process_names_what_it_checked():
    assert await get("/readyz", database=passes, migrations=passes) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "migrations": "ok"}},
    )


async def test_a_process_that_is_not_ready_names_what_failed_without_secrets(caplog):
    assert await get("/readyz", database=fails, migrations=passes, queue=hangs) == (
        503,
        {"status": "unavailable", "checks": {"database": "failed", "migrations": "ok", "queue": "failed"}},
    )
    assert "database failed with RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_process_that_can_only_read_is_ready_and_says_so():
    assert await get("/readyz", database=passes, writes=passes) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "writes": "ok"}},
    )
    for failing in (fails, hangs):
        assert await get("/readyz", database=passes, writes=failing) == (
            200,
            {"status": "reads only", "checks": {"database": "ok", "writes": "failed"}},
        )
    assert await get("/readyz", database=fails, writes=fails) == (
        503,
        {"status": "unavailable", "checks": {"database": "failed", "writes": "failed"}},
    )


async def test_who_asks_while_checks_run_gets_their_answer():
    begun = 0
    may_end = anyio.Event()

    async def counted():
        nonlocal begun
        begun += 1
        await may_end.wait()

    app = Starlette(routes=health_routes({"database": counted}))
    async with (
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://gateway.test") as client,
        anyio.create_task_group() as group,
    ):

        async def ask():
            assert (await client.get("/readyz")).status_code == 200

        for _ in range(20):
            group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        may_end.set()
    assert begun == 1
