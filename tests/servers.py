"""The application behind a real server, for what connections do: WebSockets, streams, the end of a process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import orjson
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect

from gateway.limits import Limit, Limits
from gateway.serving import KEPT_SECONDS
from gateway.transport.http_connections import HttpConnection
from gateway.transport.http_servers import DrainingServer
from gateway.transport.socket_connections import SocketConnection
from tests.patience import ENOUGH

PROTOCOL = "graphql-transport-ws"


class Served:
    """A server that runs in the test's own loop.

    Attributes:
        address: host and port.
    """

    def __init__(self, server: DrainingServer, address: str, task: "asyncio.Task[None]") -> None:
        self.address = address
        self._server = server
        self._task = task

    async def stop(self) -> None:
        """Tell it to stop, as SIGTERM does, and wait until it has."""
        self._server.should_exit = True
        await self._task


@asynccontextmanager
async def open_server(app: ASGIApp, taken_seconds: Limit | None = None) -> AsyncIterator[Served]:
    """A server like that of `gateway serve`.

    Args:
        app: what it serves.
        taken_seconds: within which who opened a socket has to take what is sent.
    """
    taken = taken_seconds or Limits().transfer_seconds
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        config = uvicorn.Config(
            app,
            http=HttpConnection,
            ws=partial(SocketConnection, taken_seconds=taken),  # type: ignore[arg-type]  # it is called alone
            ws_max_size=1 << 20,
            ws_per_message_deflate=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=KEPT_SECONDS,
        )
        server = DrainingServer(config)
        server.idle_seconds = 0.1
        task = asyncio.create_task(server._serve([listener]))  # without its signal handlers
        served = Served(server, f"127.0.0.1:{listener.getsockname()[1]}", task)
        try:
            yield served
        finally:
            await served.stop()


class SocketClient:
    """One socket, whose frames a test sends and reads as they are."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *messages: Any) -> None:
        """Send messages: text and bytes as they are, anything else as JSON."""
        for each in messages:
            await self.connection.send(each if isinstance(each, str | bytes) else orjson.dumps(each).decode())

    async def read(self) -> Any:
        """The next message, which must come."""
        async with asyncio.timeout(ENOUGH):
            return orjson.loads(await self.connection.recv())

    async def ask(self, id: str, query: str, **payload: Any) -> None:
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, **payload}})

    async def closed(self) -> tuple[int | None, str | None]:
        """The code and the reason with which the server closes it, once it does."""
        async with asyncio.timeout(ENOUGH):
            await self.connection.wait_closed()
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def open_socket(
    address: str,
    token: str | None = None,
    protocols: Iterable[str] = (PROTOCOL,),
    **headers: str,
) -> AsyncIterator[SocketClient]:
    """A socket; with a token, one that is acknowledged already."""
    async with connect(
        f"ws://{address}/graphql",
        subprotocols=list(protocols) or None,  # type: ignore[arg-type]  # a NewType of text
        additional_headers=headers,
        compression=None,
        ping_interval=None,
        proxy=None,
    ) as connection:
        client = SocketClient(connection)
        if token is not None:
            await client.send({"type": "connection_init", "payload": {"token": token}})
            assert await client.read() == {"type": "connection_ack"}
        yield client
