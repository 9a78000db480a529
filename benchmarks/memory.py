"""Whether a process that runs for long stays small: python -m benchmarks.memory

A hundred thousand requests, mixed, are sent to one gateway; its memory is looked at on the way. Most of what a server
could keep without end is there: new documents, filters of every form, unknown tokens and ids.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from benchmarks import load, processes
from benchmarks.mixture import Known, Mixture
from benchmarks.processes import Server, resident_bytes
from benchmarks.statements import statements_of
from benchmarks.stores import Postgresql, Store

MEGABYTES_BAR = 120
GROWTH_BAR = 1.05
IDS = "query Ids($first: Int!) { connectionRequests(first: $first) { nodes { uuid } } }"


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


async def known_of(store: Store) -> Known:
    _, answer = await statements_of(store.url, store.token, IDS, {"first": 1000})
    return Known(store.token, [node["uuid"] for node in answer["data"]["connectionRequests"]["nodes"]])


async def send(port: int, mixture: Mixture, count: int, concurrency: int) -> Counter[int]:
    """Send so many requests over a few connections; returns how many answers had each status."""
    statuses: Counter[int] = Counter()
    left = count

    async def work() -> None:
        nonlocal left
        connection = await load.connect(port)
        try:
            while left > 0:
                left -= 1
                statuses[(await connection.answer(mixture.next())).status] += 1
        finally:
            connection.close()

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return statuses


async def watch(server: Server, mixture: Mixture, requests: int, concurrency: int) -> list[tuple[int, float]]:
    """Send requests in ten parts; returns (requests sent, megabytes of memory) after each part."""
    seen = [(0, resident_bytes(server.process) / 1e6)]
    statuses: Counter[int] = Counter()
    started = time.perf_counter()
    for part in range(1, 11):
        statuses += await send(server.port, mixture, requests // 10, concurrency)
        seen.append((part * requests // 10, resident_bytes(server.process) / 1e6))
        say(f"{seen[-1][0]:,} requests: {seen[-1][1]:.1f} MB, {time.perf_counter() - started:.0f} s")
    say(f"statuses: {dict(sorted(statuses.items()))}")
    if failures := {status: n for status, n in statuses.items() if status >= 500}:
        raise load.Refused(f"The server failed: {failures}")
    return seen


def table(seen: Sequence[tuple[int, float]]) -> tuple[str, bool]:
    """The Markdown table, and whether memory stays under its bars."""
    lines = ["| requests | RSS MB |", "|--:|--:|", *[f"| {sent:,} | {size:.1f} |" for sent, size in seen]]
    half, end = seen[len(seen) // 2][1], seen[-1][1]
    passed = end < MEGABYTES_BAR and end <= GROWTH_BAR * half
    verdict = "within the bars" if passed else "ABOVE THE BAR"
    lines += [
        "",
        f"At the end {end:.1f} MB (bar {MEGABYTES_BAR}), {end / half:.3f} of the half (bar {GROWTH_BAR}): {verdict}",
    ]
    return "\n".join(lines), passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="how many to send")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--concurrency", type=int, default=8, help="connections of the client")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-memory-")))
        if given.database == "postgresql":
            postgresql = Postgresql()
            stack.callback(postgresql.end)
            store = Store(postgresql.url)
        else:
            store = Store(f"sqlite:///{folder}/memory.db")
        asyncio.run(store.fill(20_000))
        port, log = processes.free_port(), folder / "gateway.log"
        command = processes.gateway_command(port, store.url)
        server = processes.launch("gateway", given.database, command, port, {}, log)
        stack.callback(server.end)
        processes.wait_until_ready(server, log)
        mixture = Mixture(asyncio.run(known_of(store)))
        text, passed = table(asyncio.run(watch(server, mixture, given.requests, given.concurrency)))
        print(text)
        return 0 if passed else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
