"""What traces cost: python -m benchmarks.traces [--requests 20000] [--rounds 5]

Four gateways on one PostgreSQL answer the same requests in turn: without traces, and with 0, 10 and 100 of a hundred
requests sampled, which go to a collector on this machine. The processor time of each, with that of its exporting
thread; the collector's own is not in it.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, cast

from benchmarks import measure, processes
from benchmarks.deliveries import content_length
from benchmarks.processes import Server
from benchmarks.scenarios import SCENARIOS, Facts
from benchmarks.stores import Postgresql, Store

MEASURED: Final = [each for each in SCENARIOS if each.name in ("page-50", "typename", "crux-list")]
RATIOS: Final = ("0", "0.1", "1")
OFF: Final = "off"


class Collector(asyncio.Protocol):
    """One connection of an exporter's, whose spans are taken and forgotten."""

    def __init__(self) -> None:
        self._left = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not self._left:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            self._head, self._left = b"", content_length(head)
        self._left -= len(data)
        if not self._left:
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


@asynccontextmanager
async def open_collector() -> AsyncIterator[str]:
    """A collector's URL."""
    listening = await asyncio.get_running_loop().create_server(Collector, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()


def settings(ratio: str, collector: str) -> Mapping[str, str]:
    kept = {"GATEWAY_KEPT_ANSWERS_BYTES": "0", "GATEWAY_DATABASE_CONNECTIONS": str(processes.POOL)}
    if ratio == OFF:
        return kept
    return {
        **kept,
        "GATEWAY_TRACES": "true",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": ratio,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_BSP_MAX_QUEUE_SIZE": "100000",  # no span is lost, since then it would cost less
    }


async def measure_all(store: Store, plan: measure.Plan, logs: Path) -> None:
    servers: list[Server] = []
    async with open_collector() as collector:
        try:
            for ratio in (OFF, *RATIOS):
                port, log = processes.free_port(), logs / f"{ratio}.log"
                command = processes.gateway_command(port, store.url)
                servers.append(
                    processes.launch(ratio, "postgresql", command, port, settings(ratio, collector), log)
                )
                processes.wait_until_ready(servers[-1], log)
            facts = {each.name: Facts(store.request_id, None) for each in servers}
            print(f"{'ms of processor time a request':<34}" + "".join(f"{each.name:>8}" for each in servers))
            for scenario in MEASURED:
                found = await measure.run(scenario, servers, facts, store.token, plan, None)
                shown = "".join(
                    f"{sorted(turn.server_ms for turn in found[each.name].turns)[plan.rounds // 2]:>8.3f}"
                    for each in servers
                )
                print(f"{scenario.title:<34}{shown}")
        finally:
            for each in servers:
                each.end()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traces", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="connection requests in the table")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    plan = measure.Plan(given.rounds, 2.0, 1.0, 4)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-traces-")))
        postgresql = Postgresql()
        stack.callback(postgresql.end)
        store = Store(postgresql.url)
        asyncio.run(store.fill(given.requests))
        postgresql.tidy()
        asyncio.run(measure_all(store, plan, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
