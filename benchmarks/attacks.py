"""What one caller can do to another: python -m benchmarks.attacks [--database sqlite] [--attack NAME]

Each attack is sent once, then 200 times at once; meanwhile a neighbour, another organization's caller, asks for one row
again and again. The neighbour's longest wait and the server's growth have bars: a stranger's are 250 ms and 64 MB,
those of a caller with a token 1 s and 256 MB.
"""

import argparse
import asyncio
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from graphql import get_introspection_query

from benchmarks import load, processes
from benchmarks.load import get_request, graphql_request
from benchmarks.processes import Server, resident_bytes
from benchmarks.stores import Postgresql
from gateway.administration import create_organization, create_token
from gateway.db import tables
from gateway.db.database import open_database
from gateway.db.ids import now
from gateway.db.migrate import migrate
from gateway.events import Event
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import writing
from gateway.synthetic.seeding import seed

AT_ONCE = 200
NEIGHBOUR = "{ connectionRequests(first: 1) { nodes { uuid orgName } } }"
CHILDREN = "integrations{a} {{ nodes {{ {f} }} }} uploadedFiles{a} {{ nodes {{ uuid name }} }}"
FEED = "uuid type integrationType updateFrequency feedSourceFileLocations fileSpecs rules createdAt"
PAGE = (
    "query P{n} {{ connectionRequests(first: 1000) {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor "
    "node {{ id uuid orgName status requestedAt additionalInformation approvedBy {{ person {{ fullName }} }} "
    "comments{a} {{ nodes {{ body author {{ fullName }} }} }} {c} }} }} }} }}"
)


def page(arguments: str) -> str:
    """A page of a thousand with all that belongs to it, as a document that never came before."""
    children = CHILDREN.format(a=arguments, f=FEED)
    return PAGE.format(n=secrets.token_hex(8), a=arguments, c=children)


def many(count: int, field: str) -> str:
    """The same field under many names that never came before."""
    mark = secrets.token_hex(4)
    return " ".join(f"a{mark}{n}: {field}" for n in range(count))


MONTH = 'dueBetween: {from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z"}'
AUTHOR = "comments { nodes { author { connectionRequests { nodes { uuid } } } } }"
DOCUMENTS: dict[str, Callable[[], str]] = {
    "page of 1,000, default sizes": lambda: page(""),
    "page of 1,000 with pages of 1,000": lambda: page("(first: 1000)"),
    "children of children": lambda: (
        f"{{ a{secrets.token_hex(4)}: connectionRequests(first: 1000) {{ nodes {{ {AUTHOR} }} }} }}"
    ),
    "200 pages under many names": lambda: (
        f"{{ {many(200, 'connectionRequests(first: 1000) { nodes { uuid } }')} }}"
    ),
    "a text under 300 names": lambda: (
        f"{{ connectionRequests(first: 1000) {{ nodes {{ {many(300, 'orgName')} }} }} }}"
    ),
    "5,000 tokens": lambda: "{ " + many(990, "__typename") + " }",
    "100 runs of every schedule": lambda: (
        f"query Q{secrets.token_hex(4)} {{ integrations(first: 900) {{ nodes {{ schedule {{ nextRuns(first: 100, "
        'after: "2026-01-01T00:00:00Z") } } } }'
    ),
    "20 windows": lambda: (
        f"{{ {many(20, f'integrations(first: 1, filter: {{{MONTH}}}) {{ nodes {{ uuid }} }}')} }}"
    ),
    "introspection": get_introspection_query,
    "introspection, never asked before": lambda: get_introspection_query().replace(
        "IntrospectionQuery", f"I{secrets.token_hex(4)}"
    ),
    "introspection beside a page": lambda: (
        f"{{ __schema {{ queryType {{ name }} }} {page('').partition('{ ')[2]}"
    ),
}
LONG_TEXTS = {"1 MB": ("ACCESS", 200, 1_000_000), "20 kB": ("TRADING_PARTNER", 1_000, 20_000)}
"""Texts of a page, by their length: the kind of the requests that have them, and how many those are."""
STRANGERS = {
    "unknown tokens": lambda: graphql_request(NEIGHBOUR, {}, secrets.token_hex(20)),
    "a long Accept": lambda: graphql_request(NEIGHBOUR, {}, "x").replace(
        b"Accept: application/json", b"Accept: " + b'"\\' * 15_000
    ),
    "no token, 1 MB": lambda: graphql_request("{ a }" + " " * 1_000_000, {}, "x"),
}


@dataclass(frozen=True, slots=True)
class Attack:
    """Requests of one kind, and what they may cost others, in seconds and megabytes."""

    name: str
    make: Callable[[], bytes]
    seconds: float
    megabytes: float


def long_page(kind: str, count: int) -> str:
    """A page of requests with long texts, as a document that never came before."""
    filtered = f"filter: {{kind: {{eq: {kind}}}}}"
    return (
        f"query L{secrets.token_hex(4)} {{ connectionRequests(first: {count}, {filtered}) "
        "{ nodes { additionalInformation } } }"
    )


def attacks(token: str, of_long_texts: str) -> Iterator[Attack]:
    """The attacks with these tokens, the second of an organization that has long texts."""
    for name, stranger in STRANGERS.items():
        yield Attack(name, stranger, 0.25, 64)
    for name, make in DOCUMENTS.items():
        yield Attack(name, lambda make=make: graphql_request(make(), {}, token), 1, 256)  # type: ignore[misc]
    for length, (kind, count, _) in LONG_TEXTS.items():
        make = partial(long_page, kind, count)
        name = f"a page of {count} texts of {length}"
        yield Attack(name, lambda make=make: graphql_request(make(), {}, of_long_texts), 1, 256)  # type: ignore[misc]
    listed = {"filter": {"or": [{"orgName": {"eq": str(n)}} for n in range(4_000)]}}
    query = "query ($filter: ConnectionRequestFilter) { connectionRequests(filter: $filter) { totalCount } }"
    yield Attack("a list of 4,000 conditions", lambda: graphql_request(query, listed, token), 1, 256)
    for path in ("/organizations/connections/request/?limit=100", "/v1/requests?page_size=1000"):
        request = get_request(path, token)
        if path.startswith("/v1"):
            request = request.replace(b"Authorization: Token", b"Authorization: Bearer")
        yield Attack(path, lambda request=request: request, 1, 256)  # type: ignore[misc]


class Neighbour(threading.Thread):
    """Asks for one row again and again, and notes how long that takes.

    A thread, so that it is not kept waiting by what is sent beside it.

    Attributes:
        longest: that one answer took, in seconds.
        busiest: that the server computed meanwhile: what remains of the wait where nothing else runs on the machine.
    """

    def __init__(self, server: Server, token: str) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._request = graphql_request(NEIGHBOUR, {}, token)
        self.longest = self.busiest = 0.0
        self.running = True

    def run(self) -> None:
        with socket.create_connection(("127.0.0.1", self._server.port)) as connection:
            while self.running:
                started, computed = time.perf_counter(), computing_seconds(self._server)
                connection.sendall(self._request)
                connection.recv(65536)
                self.longest = max(self.longest, time.perf_counter() - started)
                self.busiest = max(self.busiest, computing_seconds(self._server) - computed)
                time.sleep(0.005)


def computing_seconds(server: Server) -> float:
    """How long the server's first thread, which has its event loop, has run on a processor; 0 where nobody says."""
    try:
        return int(Path(f"/proc/{server.process.pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


async def send(port: int, request: bytes) -> int:
    try:
        connection = await load.connect(port)
    except OSError:
        return 0
    try:
        return (await connection.answer(request)).status
    except (load.Refused, OSError):
        return 0
    finally:
        connection.close()


async def suffer(server: Server, attack: Attack, count: int, token: str) -> bool:
    """Send an attack so many times at once, print what it did, and return whether that is within the bars."""
    neighbour = Neighbour(server, token)
    neighbour.start()
    await asyncio.sleep(0.5)  # the server is warm
    neighbour.longest = neighbour.busiest = 0.0
    before = most = resident_bytes(server.process)
    requests = [attack.make() for _ in range(count)]
    started = time.perf_counter()
    sending = asyncio.gather(*(send(server.port, request) for request in requests))
    while not sending.done():
        await asyncio.wait([sending], timeout=0.02)
        most = max(most, resident_bytes(server.process))
    took = time.perf_counter() - started
    await asyncio.sleep(0.1)
    neighbour.running = False
    await asyncio.to_thread(neighbour.join)
    grown = (most - before) / 1e6
    passed = neighbour.longest <= attack.seconds and grown <= attack.megabytes
    said = "" if passed else "ABOVE"
    if not passed and neighbour.busiest <= attack.seconds and grown <= attack.megabytes:
        said = "above, but for others on the machine"
    statuses = ", ".join(f"{n} of {status}" for status, n in sorted(Counter(sending.result()).items()))
    print(
        f"| {attack.name} | {count} | {1000 * neighbour.longest:.0f} | {1000 * neighbour.busiest:.0f} | {grown:.0f} | "
        f"{took:.1f} | {statuses} | {said} |",
        flush=True,
    )
    return said != "ABOVE"


async def fill(url: str, requests: int) -> list[str]:
    """Fill a store with two organizations and one that has long texts; returns a token of each, the largest's first."""
    await migrate(url)
    database = open_database(url)
    await database.start()
    try:
        seeded = await seed(database, requests=requests, organizations=2)
        await create_organization(database, "Long", organization_id="long")
        async with writing(database, "long", None) as write:
            for kind, count, length in LONG_TEXTS.values():
                row = {"kind": kind.lower(), "status": "pending", "requested_at": now()}
                text = {"additional_information": "x" * length}
                await write.insert(tables.connection_requests, [{**row, **text}] * count)
            write.happened(Event("connection_requests.imported", tables.connection_requests.name))
        made = [
            await create_token(database, each, name="attacks", scopes=[Scope.READ, Scope.SECRETS])
            for each in (*(each.id for each in seeded.organizations), "long")
        ]
    finally:
        await database.stop()
    return [token for _, token in made]


async def suffer_all(server: Server, tokens: list[str], only: str | None) -> bool:
    first, neighbour, of_long_texts = tokens
    print(
        "| attack | at once | neighbour's longest wait, ms | computed meanwhile, ms | growth, MB | s | answers | |"
    )
    print("|---|--:|--:|--:|--:|--:|---|---|")
    passed = True
    for attack in attacks(first, of_long_texts):
        if only is None or only in attack.name:
            for count in (1, AT_ONCE):
                passed &= await suffer(server, attack, count, neighbour)
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--requests", type=int, default=6_000, help="rows of the two organizations")
    parser.add_argument("--attack", help="a part of the names of those that are sent")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-attacks-")))
        url = f"sqlite:///{folder}/attacks.db"
        if given.database == "postgresql":
            postgresql = Postgresql()
            stack.callback(postgresql.end)
            url = postgresql.url
        tokens = asyncio.run(fill(url, given.requests))
        port, log = processes.free_port(), folder / "gateway.log"
        command = processes.gateway_command(port, url)
        server = processes.launch("gateway", given.database, command, port, {}, log)
        stack.callback(server.end)
        processes.wait_until_ready(server, log)
        return 0 if asyncio.run(suffer_all(server, tokens, given.attack)) else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
