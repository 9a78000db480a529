"""How many changes a second get to the disk: python -m benchmarks.writers [--database sqlite] [--flush-ms 4]

16 callers change one organization, some of them the same requests. Beside it stands what bounds them: on SQLite, how
often the disk can be flushed; on PostgreSQL, how long one writer holds the organization's lock.
"""

import argparse
import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import asyncpg
import httpx2
import orjson

from benchmarks import load, processes
from benchmarks.memory import known_of
from benchmarks.scenarios import CREATE, NEW_REQUEST, global_id
from benchmarks.stores import Postgresql, Store
from gateway.app import create_app
from gateway.db.database import open_database
from gateway.settings import Settings

WRITERS = 16
SHARED = 8  # requests that all of them change
FLUSHES_BAR = 0.6  # changes a second, of flushes a second
LOCK_BAR = 0.8  # changes, of those that fit into the time that the lock is held
FLUSH_SECONDS = 1.0
COMMENT = "mutation ($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }"
UPDATE = """mutation ($input: UpdateConnectionRequestInput!) {
  updateConnectionRequest(input: $input) { errors { code } } }"""
DECIDE = """mutation ($input: DecideConnectionRequestsInput!) {
  decideConnectionRequests(input: $input) { results { errors { code } } } }"""
# Loaded before the C library, it makes every flush take as long as on another disk; for Linux.
SLOW_FLUSHES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int (*flush)(int);
int fdatasync(int file) {
  if (!flush) flush = dlsym(RTLD_NEXT, "fdatasync");
  usleep(MICROSECONDS);
  return flush(file);
}
"""
NOT_LIMITED = {f"GATEWAY_LIMIT_{name}_REQUESTS": "off" for name in ("ORGANIZATION", "TOKEN", "ADDRESS")}


class Changes:
    """Changes of one organization, the same in every run: half of them new requests, the others of what all share."""

    def __init__(self, store: Store) -> None:
        self._token = store.token
        known = asyncio.run(known_of(store))
        self._shared = [global_id(each) for each in known.request_ids[:SHARED]]
        self._random = Random(1)

    def next(self) -> tuple[str, dict[str, Any]]:
        """A document, and its input."""
        one, *others = self._random.sample(self._shared, k=4)
        decisions = [{"id": each, "outcome": "DENIED"} for each in (one, *others)]
        return self._random.choices(
            [
                (CREATE, NEW_REQUEST),
                (COMMENT, {"connectionRequestId": one, "body": "Please hurry."}),
                (UPDATE, {"id": one, "reason": secrets.token_hex(4)}),
                (DECIDE, {"mode": "EACH", "decisions": decisions}),
            ],
            [10, 5, 4, 1],
        )[0]

    def request(self) -> bytes:
        """A whole request, under a key of its own."""
        document, given = self.next()
        return load.graphql_request(document, {"input": given}, self._token, secrets.token_hex(8))


def with_slow_flushes(folder: Path, milliseconds: float) -> dict[str, str]:
    """The environment of a process whose flushes take so much longer."""
    if not milliseconds:
        return {}
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SLOW_FLUSHES.replace("MICROSECONDS", str(round(1000 * milliseconds))))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def flushes_a_second(folder: Path, environment: dict[str, str]) -> float:
    """What a process of this environment finds."""
    program = f"from benchmarks.writers import count_flushes; print(count_flushes({str(folder)!r}))"
    command = [sys.executable, "-c", program]
    found = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True, text=True
    )
    return float(found.stdout)


def count_flushes(folder: str) -> float:
    """How often in a second a small addition to a file can be flushed to the disk, as the log of a store is."""
    path = Path(folder) / "flushed"
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < FLUSH_SECONDS:
            os.write(file, b"x" * 8192)
            os.fdatasync(file)
            count += 1
        return count / (time.perf_counter() - started)
    finally:
        os.close(file)
        path.unlink()


async def write(port: int, changes: Changes, count: int) -> tuple[float, Counter[int]]:
    """Send changes from all writers at once; changes a second, and how many answers had each status."""
    statuses: Counter[int] = Counter()
    left = count

    async def work() -> None:
        nonlocal left
        connection = await load.connect(port)
        try:
            while left > 0:
                left -= 1
                answer = await connection.answer(changes.request())
                is_whole = "errors" not in orjson.loads(answer.body)
                statuses[answer.status if is_whole else 0] += 1
        finally:
            connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(WRITERS)))
    return count / (time.perf_counter() - started), statuses


@contextmanager
def gateway(
    store: Store, folder: Path, *options: str, environment: dict[str, str] | None = None
) -> Iterator[processes.Server]:
    """A server of the store, which waits for nobody but the store."""
    port, log = processes.free_port(), folder / "gateway.log"
    command = [*processes.gateway_command(port, store.url), *options]
    server = processes.launch("gateway", "", command, port, {**NOT_LIMITED, **(environment or {})}, log)
    try:
        processes.wait_until_ready(server, log)
        yield server
    finally:
        server.end()


async def lock_held(store: Store, changes: Changes, count: int) -> float:
    """Seconds from taking the organization's lock to the return of the commit, with one writer: the mean."""
    taken: list[float] = []
    held: list[float] = []
    database = open_database(store.url)
    begin = database.transaction

    def note(sql: str) -> None:
        if "INSERT INTO data_versions" in sql:
            taken.append(time.perf_counter())

    @asynccontextmanager
    async def timed(**how: Any) -> Any:
        async with begin(**how) as transaction:
            yield transaction
        if taken:
            held.append(time.perf_counter() - taken.pop())

    database.on_statement = note
    database.transaction = timed  # type: ignore[method-assign]
    async with AsyncExitStack() as stack:
        await database.start()
        stack.push_async_callback(database.stop)
        app = create_app(Settings(database_url=store.url), database)
        await stack.enter_async_context(app.router.lifespan_context(app))
        http = await stack.enter_async_context(httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)))
        for _ in range(count):
            document, given = changes.next()
            await http.post(
                "http://127.0.0.1/graphql",
                json={"query": document, "variables": {"input": given}},
                headers={"authorization": f"Bearer {store.token}"},
            )
    return mean(held[count // 5 :])


def verdict(ratio: float, bar: float) -> str:
    return f"**{ratio:.2f}** (bar {bar}): {'reached' if ratio >= bar else 'NOT REACHED'}"


@dataclass(frozen=True)
class Rate:
    """What a server did under changes.

    Attributes:
        a_second: changes.
        statuses: how many answers had each status; 0 for those with an error.
        milliseconds: of processor time that each took the server.
        cores: that the server kept busy.
    """

    a_second: float
    statuses: Counter[int]
    milliseconds: float
    cores: float

    def __str__(self) -> str:
        told = "all answered" if set(self.statuses) == {200} else f"ANSWERS: {dict(self.statuses)}"
        return (
            f"{self.a_second:.0f} changes/s of {WRITERS} writers ({told}), each {self.milliseconds:.2f} ms of the "
            f"server's processor time, {self.cores:.1f} cores busy with it"
        )


def measured(server: processes.Server, changes: Changes, count: int) -> Rate:
    """Warm up, then send so many changes."""
    asyncio.run(write(server.port, changes, WRITERS * 20))
    before, started = processes.processor_seconds(server.process), time.perf_counter()
    rate, statuses = asyncio.run(write(server.port, changes, count))
    used = processes.processor_seconds(server.process) - before
    return Rate(rate, statuses, 1000 * used / count, used / (time.perf_counter() - started))


def of_sqlite(folder: Path, given: argparse.Namespace) -> bool:
    store = Store(f"sqlite:///{folder}/writers.db")
    asyncio.run(store.fill(500))
    environment = with_slow_flushes(folder, given.flush_ms)
    with gateway(store, folder, environment=environment) as server:
        before = flushes_a_second(folder, environment)
        rate = measured(server, Changes(store), given.writes // 5)
        flushes = (before + flushes_a_second(folder, environment)) / 2
    print(
        f"SQLite: {rate}. The disk is flushed {flushes:.0f} times/s. "
        f"Changes by flushes: {verdict(rate.a_second / flushes, FLUSHES_BAR)}"
    )
    return rate.a_second / flushes >= FLUSHES_BAR and set(rate.statuses) == {200}


async def deadlocks(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT sum(deadlocks) FROM pg_stat_database"))
    finally:
        await connection.close()


def of_postgresql(folder: Path, given: argparse.Namespace) -> bool:
    postgresql = Postgresql(is_durable=True)
    try:
        store = Store(postgresql.url)
        asyncio.run(store.fill(500))
        changes = Changes(store)
        held = asyncio.run(lock_held(store, changes, 500))
        with gateway(store, folder, "--workers", "2") as server:
            before = processes.processor_seconds(postgresql.process)
            rate = measured(server, changes, given.writes)
            used = processes.processor_seconds(postgresql.process) - before
        met = asyncio.run(deadlocks(store.url))
    finally:
        postgresql.end()
    print(
        f"PostgreSQL: {rate}, and {1000 * used / given.writes:.2f} ms of the database's; {met} deadlocks in "
        f"{given.writes:,} changes. One writer holds the lock for {1000 * held:.2f} ms. "
        f"Changes, of those that fit into this time: {verdict(rate.a_second * held, LOCK_BAR)}"
    )
    return rate.a_second * held >= LOCK_BAR and met == 0 and set(rate.statuses) == {200}


MEASURES = {"sqlite": of_sqlite, "postgresql": of_postgresql}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writers", description=__doc__)
    parser.add_argument("--database", action="append", choices=MEASURES, help="both by default")
    parser.add_argument("--writes", type=int, default=20_000, help="changes on PostgreSQL; a fifth on SQLite")
    parser.add_argument(
        "--flush-ms", type=float, default=0, help="that every flush of SQLite takes longer (Linux, cc)"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    passed = []
    for kind in given.database or MEASURES:
        with tempfile.TemporaryDirectory(prefix="gateway-writers-") as folder:
            passed.append(MEASURES[kind](Path(folder), given))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
