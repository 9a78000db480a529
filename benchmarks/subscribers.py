"""What subscribers cost: python -m benchmarks.subscribers [--sockets 1000] [--writes 100]

A thousand sockets of one process: the memory that each takes while nothing happens, and then, with a subscription of
one document on each, the server's processor time for each event that is delivered, and how long the last of them waits.
"""

import argparse
import asyncio
import base64
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, cast

import orjson

from benchmarks import processes
from benchmarks.processes import processor_seconds, resident_bytes
from benchmarks.stores import Postgresql, Store
from gateway.administration import create_token
from gateway.db.database import open_database
from gateway.resolvers.viewer import Scope

MICROSECONDS_BAR = 30
MILLISECONDS_BAR = 250
QUERY = "subscription { connectionRequestEvents { cursor type occurredAt node { id orgName status } } }"
WRITE = 'mutation { createConnectionRequest(input: {orgName: "Acme"}) { connectionRequest { id } } }'
LIMITS = {
    "GATEWAY_LIMIT_CONNECTIONS": "20000",
    "GATEWAY_LIMIT_ADDRESS_CONNECTIONS": "off",
    "GATEWAY_LOG_LEVEL": "error",
}


class Socket(asyncio.Protocol):
    """A WebSocket that counts the messages that come, and reads nothing else of them."""

    def __init__(self, path: str) -> None:
        self.count = 0
        self.last_at = 0.0
        self._path = path
        self._head: bytes | None = b""
        self._data = b""
        self._wanted = 0
        self._reached: asyncio.Future[None] | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self._head is not None:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._head, self._data = None, rest
            self.opened.set_result(None)
        self._count()

    def _count(self) -> None:
        data, at = self._data, 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if len(data) < start + size:
                break
            self.count += data[at] & 0x0F == 1  # of text: pings are none
            at = start + size
        self._data = data[at:]
        self.last_at = time.perf_counter()
        if self._reached is not None and self.count >= self._wanted and not self._reached.done():
            self._reached.set_result(None)

    def send(self, message: Any) -> None:
        text = orjson.dumps(message)
        assert len(text) < 65_536
        size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + bytes(4) + text)  # masked by zeros

    async def reach(self, count: int) -> None:
        """Wait until so many messages have come."""
        if self.count < count:
            self._wanted, self._reached = count, asyncio.get_running_loop().create_future()
            await self._reached


async def post(port: int, token: str, query: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = orjson.dumps({"query": query})
    writer.write(
        f"POST /graphql HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    answer = await reader.read()
    writer.close()
    assert b" 200 " in answer[:20], answer
    assert b'"errors"' not in answer, answer


async def measure(server: processes.Server, token: str, sockets: int, writes: int) -> bool:
    """Print the figures, and return whether they are within their bars."""
    loop, port, process = asyncio.get_running_loop(), server.port, server.process
    for _ in range(20):
        await post(port, token, WRITE)
    begun = processor_seconds(process)
    for _ in range(writes):
        await post(port, token, WRITE)
    alone = processor_seconds(process) - begun
    before = resident_bytes(process)
    opened: list[Socket] = []
    for _ in range(sockets):
        _, socket = await loop.create_connection(lambda: Socket("/graphql"), "127.0.0.1", port)
        await socket.opened
        socket.send({"type": "connection_init", "payload": {"token": token}})
        await socket.reach(1)
        opened.append(socket)
    idle = (resident_bytes(process) - before) / sockets
    for number, socket in enumerate(opened):
        message = {"id": f"{number:032x}", "type": "subscribe", "payload": {"query": QUERY}}
        socket.send(message)
        await socket.reach(2)
    subscribed = (resident_bytes(process) - before) / sockets
    lags, begun = [], processor_seconds(process)
    for number in range(writes):
        await post(port, token, WRITE)
        answered = time.perf_counter()
        await asyncio.gather(*(each.reach(3 + number) for each in opened))
        lags.append(max(each.last_at for each in opened) - answered)
    delivered = sockets * writes
    each = (processor_seconds(process) - begun - alone) / delivered * 1e6
    lag = statistics.median(lags) * 1e3
    worst, memory = max(lags) * 1e3, f"{idle / 1024:.1f} kB | {subscribed / 1024:.1f} kB"
    passed = each <= MICROSECONDS_BAR and lag <= MILLISECONDS_BAR
    print(
        "| sockets | memory of one, idle | of one that subscribed | µs of an event | last after ms (worst) | |"
    )
    print("|--:|--:|--:|--:|--:|---|")
    verdict = "within the bars" if passed else f"ABOVE {MICROSECONDS_BAR} µs or {MILLISECONDS_BAR} ms"
    print(f"| {sockets:,} | {memory} | {each:.1f} | {lag:.0f} ({worst:.0f}) | {verdict} |")
    return passed


async def writer_of(store: Store) -> str:
    """A token that may write."""
    database = open_database(store.url)
    await database.start()
    try:
        scopes = [Scope.READ, Scope.WRITE]
        return (await create_token(database, store.organization, name="writer", scopes=scopes))[1]
    finally:
        await database.stop()


def measure_new(sockets: int, writes: int) -> bool:
    """Measure a new server at a new store, print the figures, and return whether they are within their bars."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-subscribers-")))
        postgresql = Postgresql()
        stack.callback(postgresql.end)
        store = Store(postgresql.url)
        asyncio.run(store.fill(1_000))
        token = asyncio.run(writer_of(store))
        port, log = processes.free_port(), folder / "gateway.log"
        command = processes.gateway_command(port, store.url)
        server = processes.launch("gateway", "postgresql", command, port, LIMITS, log)
        stack.callback(server.end)
        processes.wait_until_ready(server, log)
        return asyncio.run(measure(server, token, sockets, writes))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.subscribers", description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--writes", type=int, default=100)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with suppress(KeyboardInterrupt):
        return 0 if measure_new(given.sockets, given.writes) else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
