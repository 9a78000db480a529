"""A gateway under load through what happens to servers: python -m benchmarks.stress [--seconds 20]

64 connections send mixed requests. Then PostgreSQL crashes under them, and the gateway has to recover by itself; then
the gateway is asked to stop, and every request that it has begun has to be answered.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from benchmarks import load, processes
from benchmarks.memory import known_of, say
from benchmarks.mixture import Mixture
from benchmarks.processes import Server
from benchmarks.scenarios import PAGE
from benchmarks.stores import Postgresql, Store

CONNECTIONS = 64
RECOVERY_SECONDS = 15


class Clients:
    """Connections that send requests until they are told to stop.

    Attributes:
        statuses: how many answers had each status; 0 for connections that were refused or closed without an answer.
        latencies: seconds of each answer.
        running: whether to go on.
    """

    def __init__(self, port: int, mixture: Mixture) -> None:
        self._port = port
        self._mixture = mixture
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.running = True

    async def run(self, count: int) -> None:
        await asyncio.gather(*(self._client() for _ in range(count)))

    async def _client(self) -> None:
        while self.running:
            try:
                connection = await load.connect(self._port)
            except OSError:
                self.statuses[0] += 1
                await asyncio.sleep(0.05)
                continue
            try:
                while self.running:
                    await self._ask(connection)
            except (load.Refused, OSError):
                self.statuses[0] += 1
            finally:
                connection.close()

    async def _ask(self, connection: load.Connection) -> None:
        started = time.perf_counter()
        answer = await connection.answer(self._mixture.next())
        self.statuses[answer.status] += 1
        self.latencies.append(time.perf_counter() - started)


async def under_load(server: Server, mixture: Mixture, seconds: float) -> bool:
    """Mixed requests over many connections; no failure, and no client that waits for ever."""
    clients = Clients(server.port, mixture)
    running = asyncio.create_task(clients.run(CONNECTIONS))
    await asyncio.sleep(seconds)
    clients.running = False
    await asyncio.wait_for(running, 30)
    times = sorted(clients.latencies)
    p50, p99, most = times[len(times) // 2], times[int(len(times) * 0.99)], times[-1]
    failures = sum(n for status, n in clients.statuses.items() if status >= 500 or not status)
    print(
        f"load: {len(times):,} answers over {CONNECTIONS} connections, {failures} failures; "
        f"p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms, most {1000 * most:.0f} ms"
    )
    return not failures


def kill_backends(postgresql: Postgresql) -> int:
    """Kill one process that serves a connection, on which PostgreSQL restarts all of them; returns its number."""
    for process in postgresql.process.children():
        with suppress(psutil.NoSuchProcess):
            if "[local]" in " ".join(process.cmdline()) or "gateway" in " ".join(process.cmdline()):
                process.kill()
                return int(process.pid)
    raise RuntimeError("PostgreSQL serves no connection.")


async def through_a_crash(server: Server, mixture: Mixture, postgresql: Postgresql) -> bool:
    """PostgreSQL crashes under load; seconds until everything is answered again."""
    clients = Clients(server.port, mixture)
    running = asyncio.create_task(clients.run(CONNECTIONS))
    await asyncio.sleep(2)
    kill_backends(postgresql)
    crashed = time.perf_counter()
    recovered = None
    while recovered is None and time.perf_counter() - crashed < RECOVERY_SECONDS:
        before = clients.statuses.copy()
        await asyncio.sleep(0.5)
        since = clients.statuses - before
        if since[200] > 20 and not any(n for status, n in since.items() if status >= 500 or not status):
            recovered = time.perf_counter() - crashed
    clients.running = False
    await asyncio.wait_for(running, 30)
    failed = {status: n for status, n in sorted(clients.statuses.items()) if status >= 500 or not status}
    print(
        f"crash of PostgreSQL: {failed} on the way; "
        + (f"recovered within {recovered:.1f} s" if recovered else "NOT RECOVERED")
    )
    return recovered is not None and not failed.get(500)


async def to_the_end(server: Server, request: bytes) -> bool:
    """SIGTERM under load: what was begun is answered, and the exit code is 0."""
    connections = [await load.connect(server.port) for _ in range(CONNECTIONS)]
    asked = [asyncio.create_task(connection.answer(request)) for connection in connections]
    await asyncio.sleep(0.05)  # all of them have arrived
    os.kill(server.process.pid, signal.SIGTERM)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    unanswered = sum(isinstance(each, BaseException) or each.status != 200 for each in answers)
    for connection in connections:
        connection.close()
    code = await asyncio.to_thread(server.popen.wait, 20)
    print(f"SIGTERM: {unanswered} of {CONNECTIONS} requests unanswered, exit code {code}")
    return not unanswered and code == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stress", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of mixed requests")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-stress-")))
        postgresql = Postgresql()
        stack.callback(postgresql.end)
        store = Store(postgresql.url)
        asyncio.run(store.fill(20_000))
        port, log = processes.free_port(), folder / "gateway.log"
        command = processes.gateway_command(port, store.url)
        server = processes.launch("gateway", "postgresql", command, port, {}, log)
        stack.callback(server.end)
        processes.wait_until_ready(server, log)
        mixture = Mixture(asyncio.run(known_of(store)))
        page = load.graphql_request(PAGE, {"first": 50, "after": None}, store.token)
        passed = [
            asyncio.run(under_load(server, mixture, given.seconds)),
            asyncio.run(through_a_crash(server, mixture, postgresql)),
            asyncio.run(to_the_end(server, page)),
        ]
        if not all(passed):
            say(log.read_text(errors="replace")[-3000:])
        return 0 if all(passed) else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
