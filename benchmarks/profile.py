"""Where the time of one page goes: python -m benchmarks.profile [--scenario page-50] [--database sqlite]

The application runs inside this process, without a server, under cProfile. Where py-spy is installed, a flame graph
of a real server under load is written beside the results of the benchmarks.
"""

import argparse
import asyncio
import cProfile
import pstats
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import Any

import orjson
import psutil
import uvloop

from benchmarks import load, measure, processes
from benchmarks.report import RESULTS
from benchmarks.scenarios import APPROVE, SCENARIOS, Facts, Scenario
from benchmarks.stores import Postgresql, Store
from gateway.app import create_app
from gateway.settings import Settings

PROFILED = [each for each in SCENARIOS if not each.deep and "postgresql" in each.databases]
SPY_SECONDS = 5
PENDING = 20_000  # more than are decided on in that time


class Caller:
    """Calls an ASGI application with one request, as a server would."""

    def __init__(self, app: Any, scenario: Scenario, store: Store, facts: Facts) -> None:
        self._app = app
        self._scenario = scenario
        self._facts = facts
        path, _, query = (scenario.path or "/graphql").partition("?")
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET" if scenario.path else "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"accept", b"application/json"),
                (b"authorization", f"{'Token' if scenario.path else 'Bearer'} {store.token}".encode()),
                *([] if scenario.path else [(b"content-type", b"application/json")]),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }

    async def call(self) -> bytes:
        """The body of the answer.

        Raises:
            Refused: its status is not 200.
        """
        status, parts, body, scenario = 0, [], b"", self._scenario
        if not scenario.path:
            variables = scenario.variables(self._facts)
            body = orjson.dumps({"query": scenario.document, "variables": variables})
        headers = [*self._scope["headers"], (b"content-length", str(len(body)).encode())]
        if scenario.is_write:
            headers.append((b"idempotency-key", secrets.token_hex(8).encode()))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await self._app({**self._scope, "headers": headers}, receive, send)
        if status != 200:
            raise load.Refused(f"{status} {b''.join(parts)[:1000]!r}")
        return b"".join(parts)


async def profile(scenario: Scenario, store: Store, count: int, lines: int) -> None:
    """Run the scenario ``count`` times under cProfile and print the functions that took most time themselves."""
    app = create_app(Settings(database_url=store.url, kept_answers_bytes=0))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        pending = iter(await store.add_pending(count + 20) if scenario.document == APPROVE else ())
        caller = Caller(app, scenario, store, Facts(store.request_id, None, pending=pending))
        for _ in range(20):  # statements prepared, plans compiled
            answer = await caller.call()
        profiler = cProfile.Profile()
        profiler.enable()
        for _ in range(count):
            await caller.call()
        profiler.disable()
    print(f"{scenario.title}: {len(answer)} bytes, {count} times, by own time")
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(lines)


def spy(scenario: Scenario, store: Store, py_spy: str, folder: Path) -> None:
    """Record a flame graph of a server that answers the scenario."""
    port, log = processes.free_port(), folder / "gateway.log"
    server = processes.launch("gateway", "", processes.gateway_command(port, store.url), port, {}, log)
    RESULTS.mkdir(exist_ok=True)
    graph = RESULTS / f"{scenario.name}.svg"
    try:
        processes.wait_until_ready(server, log)
        pending = iter(asyncio.run(store.add_pending(PENDING)) if scenario.document == APPROVE else ())
        requests = measure.requests_of(scenario, Facts(store.request_id, None, pending=pending), store.token)
        asyncio.run(load.send(port, requests, 50, 2))
        command = [py_spy, "record", "--pid", str(server.process.pid), "--duration", str(SPY_SECONDS)]
        recorder = subprocess.Popen([*command, "--rate", "500", "--output", str(graph)])
        try:
            while recorder.poll() is None:
                asyncio.run(load.send(port, requests, 50, 2))
        finally:
            with suppress(ProcessLookupError):
                recorder.terminate()
            recorder.wait()
        print(f"Flame graph: {graph}" if recorder.returncode == 0 else "py-spy may not look at the server.")
    except psutil.NoSuchProcess:
        print(f"The server ended:\n{log.read_text(errors='replace')[-2000:]}")
    finally:
        server.end()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--scenario", default="page-50", choices=[each.name for each in PROFILED])
    parser.add_argument("--database", default="postgresql", choices=("postgresql", "sqlite"))
    parser.add_argument("--requests", type=int, default=20_000, help="connection requests in the table")
    parser.add_argument("--count", type=int, default=200, help="how many times the scenario is run")
    parser.add_argument("--lines", type=int, default=30, help="functions to print")
    given = parser.parse_args()
    scenario = next(each for each in PROFILED if each.name == given.scenario)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-profile-")))
        if given.database == "postgresql":
            postgresql = Postgresql()
            stack.callback(postgresql.end)
            store = Store(postgresql.url)
            asyncio.run(store.fill(given.requests))
            postgresql.tidy()
        else:
            store = Store(f"sqlite:///{folder}/profile.db")
            asyncio.run(store.fill(given.requests))
        uvloop.run(profile(scenario, store, given.count, given.lines))
        if py_spy := shutil.which("py-spy"):
            spy(scenario, store, py_spy, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
