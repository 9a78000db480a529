"""A receiver of webhooks on loopback, which answers as a test says, and what sends to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import orjson

from gateway.db.database import Database
from gateway.settings import Settings
from gateway.streams.streams import Streams
from gateway.webhooks.deliveries import Deliveries
from tests.graph import Graph
from tests.patience import ENOUGH, PATIENT

ALL = ("read", "write", "approve", "secrets", "admin")


R = TypeVar("R", bound="Receiver")


class Request(NamedTuple):
    """What came.

    Attributes:
        head: the first line.
    """

    head: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)


class Receiver:
    """Takes what is sent to it.

    Attributes:
        requests: what came, in order.
        answer: the status, the header fields and the body of the answer to a request; None where none comes.
        may_answer: until it is set, answers wait.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], tuple[int, dict[str, str], bytes] | None] = lambda _: (204, {}, b"")
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.port = 0
        self._came = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?tenant=1"

    @property
    def types(self) -> list[str]:
        return [each.event["type"] for each in self.requests]

    async def came(self, number: int) -> list[Request]:
        """What has come, once it is so much."""
        async with asyncio.timeout(ENOUGH), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= number)
        return self.requests

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                answer = self.answer(request)
                async with self._came:
                    self.requests.append(request)
                    self._came.notify_all()
                await self.may_answer.wait()
                if answer is None:
                    await asyncio.sleep(ENOUGH)
                    return
                status, headers, body = answer
                lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
    except asyncio.IncompleteReadError:
        return None
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    return Request(head, headers, await reader.readexactly(int(headers["content-length"])))


@asynccontextmanager
async def open_receiver(receiver: R | None = None, **options: Any) -> AsyncIterator[R]:
    """A receiver for the length of a block.

    Args:
        receiver: another one than the usual.
        options: of the server, such as what it needs for TLS.
    """
    receiver = receiver or Receiver()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(receiver.serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, **options)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Clock:
    """A clock that a test moves; by itself it hardly goes, so that nothing is due because a machine is slow.

    Attributes:
        ahead: how far it was moved.
    """

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._begun = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._begun + (datetime.now(UTC) - self._begun) / 1000 + self.ahead

    def catch_up(self) -> None:
        """Make it as late as it is."""
        self.ahead += datetime.now(UTC) - self()


def settings_of(url: str, **more: Any) -> Settings:
    """The settings of a test: loopback may be sent to."""
    given = {"webhook_allowed_networks": "127.0.0.0/8", "webhook_seconds": 30.0, **PATIENT, **more}
    return Settings(database_url=url, token_cache_seconds=0, **given)


@asynccontextmanager
async def open_deliveries(database: Database, settings: Settings, **more: Any) -> AsyncIterator[Deliveries]:
    """What sends, for the length of a block."""
    streams = Streams(database)
    deliveries = Deliveries(database, settings, streams, **more)
    delivering = asyncio.create_task(deliveries.keep_delivering())
    try:
        yield deliveries
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await deliveries.finish()
        await streams.stop()


CREATE = """mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
    secret errors { code message path } webhookEndpoint { id uuid url types isEnabled disabledReason version } } }"""
ENDPOINT = """query ($id: ID!) { webhookEndpoint(id: $id) { url types isEnabled disabledReason undeliveredAfter version
    progress { cursor waiting firstFailedAt nextAttemptAt }
    attempts { totalCount nodes { webhookId eventType number outcome status error nextAttemptAt } } } }"""
ADD = """mutation ($name: String!) {
    createPerson(input: {firstName: $name}) { person { id uuid } errors { message } } }"""
RENAME = """mutation ($id: ID!, $name: String!) {
    updatePerson(input: {id: $id, firstName: $name}) { errors { message } } }"""


async def make_endpoint(caller: Graph, url: str, *types: str) -> tuple[str, str]:
    """The id of a new endpoint, and its secret."""
    made = (await caller.ask(CREATE, input={"url": url, "types": list(types)}))["createWebhookEndpoint"]
    assert made["errors"] == []
    return made["webhookEndpoint"]["id"], made["secret"]


async def change(caller: Graph, name: str, **given: Any) -> Any:
    """The payload of a mutation of an endpoint, of which nothing is wrong."""
    kind = name[0].upper() + name[1:]
    more = "secret" if name == "rotateWebhookSecret" else ""
    shown = "deletedId" if name.startswith("delete") else "webhookEndpoint { id isEnabled }"
    query = f"""mutation ($input: {kind}Input!) {{
        {name}(input: $input) {{ {more} {shown} errors {{ code message path }} }} }}"""
    payload = (await caller.ask(query, input=given))[name]
    assert payload["errors"] == []
    return payload


async def settled(caller: Graph, endpoint: str, attempts: int, waiting: int | None = None) -> Any:
    """An endpoint, once so many attempts at it are in its log, and so many events wait if that is given."""
    async with asyncio.timeout(ENOUGH):
        while True:
            found = (await caller.ask(ENDPOINT, id=endpoint))["webhookEndpoint"]
            is_so = waiting in (None, found["progress"]["waiting"])
            if is_so and found["attempts"]["totalCount"] >= attempts:  # its parts are not read at one moment
                return (await caller.ask(ENDPOINT, id=endpoint))["webhookEndpoint"]
            await asyncio.sleep(0.01)
