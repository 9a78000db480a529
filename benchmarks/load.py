"""The client: sends one request again and again over a few connections that stay open."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson


class Refused(Exception):
    """A server answered with another status than 200, or closed the connection."""


Source = Callable[[], bytes]
"""Makes the next request."""

Change = Callable[[], Awaitable[object]]
"""Makes a change that is not the server's own work."""


def graphql_request(document: str, variables: dict[str, object], token: str, key: str | None = None) -> bytes:
    """A whole POST request of one GraphQL operation, under an idempotency key where one is given."""
    body = orjson.dumps({"query": document, "variables": variables})
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
    )
    head += "\r\n" if key is None else f'Idempotency-Key: "{key}"\r\n\r\n'
    return head.encode() + body


def get_request(path: str, token: str, tag: str | None = None) -> bytes:
    """A whole GET request, of somebody who has the answer with an entity tag where one is given."""
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Token {token}\r\n"
    )
    head += "\r\n" if tag is None else f"If-None-Match: {tag}\r\n\r\n"
    return head.encode()


def graphql_path(document: str, variables: dict[str, object]) -> str:
    """The path of a GET request of one GraphQL operation."""
    return f"/graphql?{urlencode({'query': document, 'variables': orjson.dumps(variables).decode()})}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the body of an answer, and its entity tag where it has one."""

    status: int
    body: bytes
    tag: str | None = None


class Connection(asyncio.Protocol):
    """One connection with at most one request under way. Reads answers that carry a Content-Length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._received = bytearray()
        self._needed: int | None = None
        self._tag: str | None = None
        self._body_starts = 0
        self._answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or Refused("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._needed is None:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._received[:end])
            length = _field(head, b"content-length")
            if length is None and not head.startswith(b"HTTP/1.1 304 "):
                self._fail(f"An answer without Content-Length: {head!r}")
                return
            self._tag = _field(head, b"etag")
            self._body_starts = end + 4
            self._needed = self._body_starts + int(length or 0)
        if len(self._received) >= self._needed and self._answer is not None:
            answer = Answer(int(self._received[9:12]), bytes(self._received[self._body_starts :]), self._tag)
            self._received.clear()
            self._needed = None
            self._answer.set_result(answer)

    def _fail(self, message: str) -> None:
        if self._answer is not None:
            self._answer.set_exception(Refused(message))

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer.

        Raises:
            Refused: its status is neither 200 nor 304.
        """
        answer = await self.answer(request)
        if answer.status not in (200, 304):
            raise Refused(f"{answer.status} {answer.body[:2000].decode(errors='replace')}")
        return answer.body

    async def answer(self, request: bytes) -> Answer:
        """The answer, whatever its status.

        Raises:
            Refused: the server closed the connection.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


def _field(head: bytes, name: bytes) -> str | None:
    """The value of a field of an answer's head; None where there is none."""
    at = head.lower().find(b"\r\n%b:" % name)
    return None if at < 0 else head[at + len(name) + 3 :].partition(b"\r\n")[0].decode().strip()


async def connect(port: int) -> Connection:
    """Open a connection to a server on the loopback interface."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


@dataclass(slots=True)
class Load:
    """What the client saw: wall seconds of the whole turn, and of each request, sorted."""

    seconds: float
    latencies: list[float]


async def ask_once(port: int, request: bytes) -> bytes:
    """The body of one answer."""
    connection = await connect(port)
    try:
        return await connection.ask(request)
    finally:
        connection.close()


async def tag_of(port: int, request: bytes) -> str | None:
    """The entity tag of one answer."""
    connection = await connect(port)
    try:
        return (await connection.answer(request)).tag
    finally:
        connection.close()


async def send(port: int, source: Source, count: int, concurrency: int, change: Change | None = None) -> Load:
    """Send ``count`` requests over ``concurrency`` connections, behind a change each if there is one."""
    connections = [await connect(port) for _ in range(concurrency)]
    latencies: list[float] = []
    left = count

    async def work(connection: Connection) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            if change is not None:
                await change()
            started = time.perf_counter()
            await connection.ask(source())
            latencies.append(time.perf_counter() - started)

    started = time.perf_counter()
    try:
        await asyncio.gather(*(work(connection) for connection in connections))
        seconds = time.perf_counter() - started
    finally:
        for connection in connections:
            connection.close()
    return Load(seconds, sorted(latencies))
