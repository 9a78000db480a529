"""Whether a page costs the same however much the store holds: python -m benchmarks.large

One page of 50 requests with their integrations, files, approvals and people, and every `totalCount`, is asked of three
databases of one PostgreSQL server: a usual one, one with a hundred times the requests, and one whose requests have
10,000 integrations each instead of 10.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from benchmarks import load, measure, processes
from benchmarks.bulk_rows import Bulk
from benchmarks.processes import Server
from benchmarks.report import Turn
from benchmarks.scenarios import PERSON
from benchmarks.statements import Sent, buffers_touched, statements_of
from benchmarks.stores import Postgresql, Store, database_at

DOCUMENT = f"""query Large($first: Int!, $children: Int!) {{
  connectionRequests(first: $first) {{
    totalCount
    pageInfo {{ hasNextPage hasPreviousPage endCursor }}
    edges {{
      node {{
        id uuid kind status isApproved orgName requestedAt
        requester {{ {PERSON} }}
        approvedBy {{ id approvedAt person {{ {PERSON} }} }}
        integrations(first: $children) {{
          totalCount
          pageInfo {{ hasPreviousPage }}
          nodes {{ id uuid integrationType updateFrequency feedSourceFileLocations createdAt }}
        }}
        uploadedFiles(first: $children) {{ totalCount nodes {{ id name }} }}
      }}
    }}
  }}
}}"""
NEWEST = "query Newest($first: Int!) { connectionRequests(first: $first) { nodes { uuid } } }"
PAGE, CHILDREN = 50, 10
BUFFERS_BAR, CPU_BAR = 1.3, 1.25


@dataclass(slots=True)
class Measured:
    """One database: what a page of it takes.

    Attributes:
        counts: requests in all, and integrations of the page's first request, as the answer says.
        buffers: shared buffers touched by each statement.
    """

    title: str
    counts: tuple[int, int]
    sent: list[Sent]
    buffers: list[int]
    turns: list[Turn]

    @property
    def cpu(self) -> float:
        """Milliseconds of the server's processor time for a page: the median of the turns."""
        return median(turn.server_ms for turn in self.turns)

    @property
    def database_cpu(self) -> float:
        return median(turn.database_ms for turn in self.turns)

    @property
    def both(self) -> float:
        """Of the server and its database together."""
        return median(turn.server_ms + turn.database_ms for turn in self.turns)


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


async def make_databases(postgresql: Postgresql, requests: int, more: int, integrations: int) -> list[Store]:
    """The three databases, all with the same page, one token and exact counters."""
    admin = await asyncpg.connect(postgresql.url)
    stores = [Store(database_at(postgresql.url, name)) for name in ("usual", "requests", "integrations")]
    started = time.perf_counter()
    try:
        await admin.execute("CREATE DATABASE usual")
        usual, many_requests, many_integrations = stores
        await usual.fill(requests)
        variables = {"first": PAGE}
        _, answer = await statements_of(usual.url, usual.token, NEWEST, variables)
        page = [node["uuid"] for node in answer["data"]["connectionRequests"]["nodes"]]
        await fill(usual, page, None, CHILDREN)
        for store, all_requests, each in (
            (many_requests, more, None),
            (many_integrations, None, integrations),
        ):
            store.organization, store.token = usual.organization, usual.token
            name = "requests" if store is many_requests else "integrations"
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE usual STRATEGY FILE_COPY")
            await fill(store, page, all_requests, each)
            say(f"{store.url.partition('?')[0]}: ready after {time.perf_counter() - started:.0f} s")
    finally:
        await admin.close()
    return stores


async def fill(store: Store, page: list[str], requests: int | None, integrations: int | None) -> None:
    """Add rows by SQL, then do what autovacuum would have done, and make the counters exact."""
    connection = await asyncpg.connect(store.url)
    try:
        bulk = Bulk(connection)
        if integrations is not None:
            await bulk.give_integrations(page, integrations)
        if requests is not None:
            await bulk.multiply(requests)
        await bulk.count(store.organization)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def examine(title: str, store: Store) -> Measured:
    """The statements of a page, and the buffers that they touch."""
    variables = {"first": PAGE, "children": CHILDREN}
    sent, answer = await statements_of(store.url, store.token, DOCUMENT, variables)
    if "errors" in answer:
        raise load.Refused(str(answer["errors"][:3]))
    found = answer["data"]["connectionRequests"]
    counts = (found["totalCount"], found["edges"][0]["node"]["integrations"]["totalCount"])
    await buffers_touched(store.url, sent)  # hint bits and the catalogue's caches
    return Measured(title, counts, sent, await buffers_touched(store.url, sent), [])


async def time_pages(
    stores: Sequence[Store], measured: Sequence[Measured], postgresql: Postgresql, plan: measure.Plan
) -> None:
    """Turns of the three servers, one after the other, in rounds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-large-")))
        servers: list[Server] = []
        for index, store in enumerate(stores):
            port, log = processes.free_port(), folder / f"{index}.log"
            command = processes.gateway_command(port, store.url)
            servers.append(processes.launch("gateway", "postgresql", command, port, {}, log))
            stack.callback(servers[-1].end)
            processes.wait_until_ready(servers[-1], log)
        variables: dict[str, Any] = {"first": PAGE, "children": CHILDREN}
        requests = [load.graphql_request(DOCUMENT, variables, store.token) for store in stores]
        pairs = list(zip(servers, requests, strict=True))
        counts = [await measure.warm_up(server, request, plan) for server, request in pairs]
        for number in range(plan.rounds):
            say(f"round {number + 1} of {plan.rounds}")
            for (server, request), count, each in zip(pairs, counts, measured, strict=True):
                each.turns.append(
                    await measure.turn(server, request, min(counts[0], count), plan, postgresql.process)
                )


def table(measured: Sequence[Measured]) -> tuple[str, bool]:
    """The Markdown table, and whether everything stays under its bar."""
    lines = [
        "| database | requests | integrations each | statements | shared buffers | server CPU ms "
        "| database CPU ms | p50 ms | verdict |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    usual, passed = measured[0], True
    for each in measured:
        ratios = (sum(each.buffers) / sum(usual.buffers), each.cpu / usual.cpu, each.both / usual.both)
        missed = [
            what
            for what, is_missed in {
                "statements": len(each.sent) != len(usual.sent),
                "buffers": ratios[0] > BUFFERS_BAR,
                "server CPU": ratios[1] > CPU_BAR,
                "server and database CPU": ratios[2] > CPU_BAR,
            }.items()
            if is_missed
        ]
        passed = passed and not missed
        cells = [
            each.title,
            f"{each.counts[0]:,}",
            f"{each.counts[1]:,}",
            str(len(each.sent)),
            f"{sum(each.buffers)} ({ratios[0]:.2f})",
            f"{each.cpu:.2f} ({ratios[1]:.2f})",
            f"{each.database_cpu:.2f}",
            f"{median(turn.p50_ms for turn in each.turns):.1f}",
            f"ABOVE THE BAR: {', '.join(missed)}" if missed else "within the bars",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", f"Bars: as many statements, buffers by {BUFFERS_BAR}, processor time by {CPU_BAR}."]
    return "\n".join(lines), passed


async def run(given: argparse.Namespace, postgresql: Postgresql) -> int:
    stores = await make_databases(postgresql, given.requests, given.more_requests, given.integrations)
    titles = ("usual", "many requests", "many integrations")
    measured = [await examine(title, store) for title, store in zip(titles, stores, strict=True)]
    if given.explain:
        print_statements(measured)
    await time_pages(stores, measured, postgresql, measure.Plan(given.rounds, 1.2, 1.5, 4))
    text, passed = table(measured)
    print(text)
    return 0 if passed else 1


def print_statements(measured: Sequence[Measured]) -> None:
    """Each statement with the buffers that it touches in each database."""
    for index, sent in enumerate(measured[0].sent):
        touched = [each.buffers[index] for each in measured if index < len(each.buffers)]
        say(f"{touched}: {' '.join(sent.sql.split())[:3000]}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="in the usual database")
    parser.add_argument("--more-requests", type=int, default=2_000_000, help="in the one with many")
    parser.add_argument(
        "--integrations", type=int, default=10_000, help="of each request, in the one with many"
    )
    parser.add_argument("--rounds", type=int, default=7, help="turns of each server")
    parser.add_argument("--explain", action="store_true", help="print every statement with its buffers")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    postgresql = Postgresql()
    with suppress(KeyboardInterrupt):
        try:
            return asyncio.run(run(given, postgresql))
        finally:
            postgresql.end()
    return 130


if __name__ == "__main__":
    sys.exit(main())
