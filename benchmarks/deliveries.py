"""What webhooks cost: python -m benchmarks.deliveries [--events 2000]

One endpoint that takes everything at once is sent each new connection request, first as they are made by eight writers,
then all of them again, as after an outage. The server's processor time for each delivery, beside what the same changes
cost without an endpoint; how long after its answer the last change was delivered; how many come in a second.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import orjson
from cryptography.fernet import Fernet

from benchmarks import load, processes
from benchmarks.processes import Server, processor_seconds
from benchmarks.stores import Postgresql, Store
from gateway.administration import create_token
from gateway.db.database import open_database
from gateway.resolvers.viewer import Scope

MILLISECONDS_BAR = 1.0
LAG_BAR = 0.25
WRITERS = 8
WRITE = 'mutation { createConnectionRequest(input: {orgName: "Acme"}) { connectionRequest { id } } }'
CREATE = """mutation ($url: String!) {
  createWebhookEndpoint(input: {url: $url, types: ["connection_request.created"]}) {
    webhookEndpoint { id } errors { message } } }"""
AGAIN = """mutation ($id: ID!, $after: String!) {
  redeliverWebhookEvents(input: {id: $id, after: $after}) { errors { message } } }"""
SETTINGS = {
    "GATEWAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "GATEWAY_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "GATEWAY_LOG_LEVEL": "error",
}


class Deliveries:
    """What has come to the endpoint, on all of its connections."""

    def __init__(self) -> None:
        self.count = 0
        self.last_at = 0.0
        self._wanted = 0
        self._reached: asyncio.Future[None] | None = None

    def came(self) -> None:
        self.count += 1
        self.last_at = time.perf_counter()
        if self._reached is not None and self.count >= self._wanted and not self._reached.done():
            self._reached.set_result(None)

    async def reach(self, count: int) -> None:
        """Wait until so many have come."""
        if self.count < count:
            self._wanted, self._reached = count, asyncio.get_running_loop().create_future()
            await self._reached


class Endpoint(asyncio.Protocol):
    """One connection of the endpoint's, which takes each request."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if found and len(rest) >= (length := content_length(head)):
            self._data = rest[length:]
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            self._deliveries.came()


def content_length(head: bytes) -> int:
    lines = (each.partition(b":") for each in head.lower().split(b"\r\n"))
    return next(int(value) for name, _, value in lines if name == b"content-length")


class Cost(NamedTuple):
    """What deliveries took.

    Attributes:
        milliseconds: of the server's processor time, each.
        lag: seconds from the last answer to the last delivery.
        per_second: how many came.
    """

    milliseconds: float
    lag: float
    per_second: float


async def ask(server: Server, token: str, document: str, **variables: Any) -> Any:
    """The only member of an operation's data, which has no errors."""
    answer = orjson.loads(await load.ask_once(server.port, load.graphql_request(document, variables, token)))
    [found] = answer["data"].values()
    assert not isinstance(found, dict) or not found["errors"], answer
    return found


async def measure(server: Server, token: str, events: int) -> tuple[Cost, Cost]:
    """What deliveries cost as changes are made, and all at once."""
    loop, taken, process = asyncio.get_running_loop(), Deliveries(), server.process
    listening = await loop.create_server(lambda: Endpoint(taken), "127.0.0.1", 0)
    write = load.graphql_request(WRITE, {}, token)

    async def make(count: int) -> float:
        await load.send(server.port, lambda: write, count, WRITERS)
        return time.perf_counter()

    await make(100)
    begun = processor_seconds(process)
    await make(events)
    alone = processor_seconds(process) - begun
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    endpoint = (await ask(server, token, CREATE, url=url))["webhookEndpoint"]["id"]
    cursor = await ask(server, token, "{ eventCursor }")
    await make(100)
    await taken.reach(100)
    begun, at = processor_seconds(process), time.perf_counter()
    answered = await make(events)
    await taken.reach(100 + events)
    used = processor_seconds(process) - begun - alone
    fresh = Cost(used / events * 1000, max(0, taken.last_at - answered), events / (taken.last_at - at))
    begun, at = processor_seconds(process), time.perf_counter()
    await ask(server, token, AGAIN, id=endpoint, after=cursor)
    await taken.reach(2 * (100 + events))
    used, seconds = processor_seconds(process) - begun, taken.last_at - at
    listening.close()
    return fresh, Cost(used / (100 + events) * 1000, seconds, (100 + events) / seconds)


def table(events: int, fresh: Cost, again: Cost) -> tuple[str, bool]:
    """The figures, and whether they are within their bars."""
    passed = max(fresh.milliseconds, again.milliseconds) <= MILLISECONDS_BAR and fresh.lag <= LAG_BAR
    verdict = "within the bars" if passed else f"ABOVE {MILLISECONDS_BAR:g} ms or {LAG_BAR * 1000:g} ms"
    lines = [
        "| deliveries | CPU ms of one | last after ms | a second | |",
        "|---|--:|--:|--:|---|",
        f"| {events:,} as changes are made | {fresh.milliseconds:.2f} | {fresh.lag * 1000:.0f} "
        f"| {fresh.per_second:.0f} | {verdict} |",
        f"| {events + 100:,} again, at once | {again.milliseconds:.2f} | | {again.per_second:.0f} | |",
    ]
    return "\n".join(lines), passed


async def administrator_of(store: Store) -> str:
    """A token that may write, and make endpoints."""
    database = open_database(store.url)
    await database.start()
    try:
        scopes = [Scope.READ, Scope.WRITE, Scope.ADMIN]
        return (await create_token(database, store.organization, name="administrator", scopes=scopes))[1]
    finally:
        await database.stop()


def measure_new(events: int) -> bool:
    """Measure a new server at a new store, print the figures, and return whether they are within their bars."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-deliveries-")))
        postgresql = Postgresql()
        stack.callback(postgresql.end)
        store = Store(postgresql.url)
        asyncio.run(store.fill(100))
        token = asyncio.run(administrator_of(store))
        port, log = processes.free_port(), folder / "gateway.log"
        command = processes.gateway_command(port, store.url)
        server = processes.launch("gateway", "postgresql", command, port, SETTINGS, log)
        stack.callback(server.end)
        processes.wait_until_ready(server, log)
        text, passed = table(events, *asyncio.run(measure(server, token, events)))
    print(text)
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deliveries", description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with suppress(KeyboardInterrupt):
        return 0 if measure_new(given.events) else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
