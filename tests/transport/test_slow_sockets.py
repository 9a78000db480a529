"""Callers on WebSockets who do not take what they are sent: they wait for nobody, and take no memory."""

import asyncio
import logging

import pytest
from starlette.types import Receive, Scope, Send
from websockets.exceptions import ConnectionClosed

from gateway.limits import Limits
from tests.servers import open_server, open_socket

pytestmark = pytest.mark.anyio

LONG = "x" * 500_000


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that sends back what comes, one message at a time."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        while (message := await receive())["type"] == "websocket.receive":
            try:
                await send({"type": "websocket.send", "text": message["text"]})
            except OSError:
                return


async def fill(socket):
    """Send until nothing goes on, and a little longer."""
    try:
        while True:
            await socket.connection.send(LONG)
    except ConnectionClosed:
        pass


class Heard(logging.Handler):
    """Hears that somebody takes too little."""

    def __init__(self):
        super().__init__()
        self.event = asyncio.Event()

    def emit(self, record):
        if "messages were not taken in time" in record.getMessage():
            self.event.set()


@pytest.fixture
def is_slow():
    handler = Heard()
    logger = logging.getLogger("gateway.transport.socket_connections")
    logger.addHandler(handler)
    yield handler.event
    logger.removeHandler(handler)


async def test_who_takes_nothing_is_told_how_to_go_on_and_cut_off(is_slow):
    taken = Limits().decided(transfer_seconds="0.1").transfer_seconds
    async with open_server(echo, taken_seconds=taken) as served, open_socket(served.address) as socket:
        filling = asyncio.create_task(fill(socket))
        await is_slow.wait()
        try:
            while True:
                await socket.connection.recv()
        except ConnectionClosed:
            pass
        await filling
        assert await socket.closed() == (
            1013,
            "Too slow. Subscribe again with `after`, the last cursor that came.",
        )


async def test_an_observed_limit_cuts_nobody_off(is_slow):
    taken = Limits().decided(transfer_seconds="observe:0.1").transfer_seconds
    async with open_server(echo, taken_seconds=taken) as served, open_socket(served.address) as socket:
        filling = asyncio.create_task(fill(socket))
        await is_slow.wait()
        for _ in range(5):
            assert await socket.connection.recv() == LONG
        socket.connection.transport.abort()  # what is on its way would have to be read before it is closed
        await filling
