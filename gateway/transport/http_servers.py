"""Servers that answer, when they are told to stop, whatever has been accepted."""

import asyncio
import contextlib
import ctypes
import select
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from uvicorn import Config, Server

from gateway.transport.draining import CONNECTIONS, STATE
from gateway.transport.http_connections import HttpConnection

BACKLOG_TURNS: Final = 4096  # of the loop, each of which takes in what the kernel has accepted
IDLE_SECONDS = 1.0  # for which requests may still come on open connections
POLL_SECONDS: Final = 0.01
CLOSE: Final = (b"connection", b"close")

# Classic BPF (https://docs.kernel.org/networking/filter.html) on the bytes of a TCP segment: drop a SYN, take all else.
_WITHOUT_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # SYN and ACK of them
    (0x15, 0, 1, 0x02),  # if it is SYN alone
    (0x06, 0, 0, 0),  # take nothing
    (0x06, 0, 0, 0xFFFFFFFF),
)
_SO_ATTACH_FILTER: Final = 26  # of Linux


def refuse_more(sockets: Sequence[socket.socket]) -> None:
    """Have the kernel accept no connection more at listening sockets, for good, and keep those that it has accepted.

    One that came between the last look at them and their end would be lost. A caller that is not heard asks again after
    a second, and is told then that nobody listens. Where the system cannot do this, that moment is short.
    """
    if sys.platform != "linux":
        return
    program = b"".join(struct.pack("HBBI", *each) for each in _WITHOUT_SYN)
    kept = ctypes.create_string_buffer(program)
    given = struct.pack("HP", len(_WITHOUT_SYN), ctypes.addressof(kept))
    for each in sockets:
        with contextlib.suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, given)


class DrainingServer(Server):
    """A server that stops without refusing what a caller may take for accepted.

    uvicorn closes its listening sockets, with the connections that wait there, and every connection that is idle, with
    the request that is perhaps on its way. Here every answer says `Connection: close` first (RFC 9112, section 9.6),
    what waits is taken in, and idle connections have a moment for a last request. What lasts (sockets, streams of
    events) is told to end by the application's own `Draining`.

    Args:
        config: uvicorn's.
        is_alone: whether no other process listens at its sockets.

    Attributes:
        idle_seconds: how long that moment is.
    """

    def __init__(self, config: Config, *, is_alone: bool = True) -> None:
        super().__init__(config)
        self._is_alone = is_alone
        self.idle_seconds = IDLE_SECONDS

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen (uvicorn's hook), and tell the application which connections there are, where it asks."""
        await super().startup(sockets)
        if (ask := self.lifespan.state.get(CONNECTIONS)) is not None:
            ask(self.server_state.connections)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking connections, answer what is under way, and end (uvicorn's hook)."""
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        for connection in self._connections():
            if connection.awaited() is None:
                connection.shutdown()  # it ends with its answer
        if self._is_alone:
            refuse_more(sockets or [])
        await self._take_in(sockets or [])
        self._stop_listening(sockets or [])
        if (draining := self.lifespan.state.get(STATE)) is not None:
            draining.begin()
        await self._wait_for_last_requests()
        await super().shutdown(sockets)

    def _connections(self) -> Iterator[HttpConnection]:
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpConnection):
                yield connection

    async def _take_in(self, sockets: list[socket.socket]) -> None:
        """Take the connections that wait; between the last look and the end of the listening nothing else runs.

        Turns are counted, and no time: a machine that stands still meanwhile has taken nobody in.
        """
        waiting = select.poll()
        for each in sockets:
            waiting.register(each.fileno(), select.POLLIN)
        for _ in range(BACKLOG_TURNS):
            if not waiting.poll(0):
                return
            await asyncio.sleep(0)  # the loop takes them

    def _stop_listening(self, sockets: list[socket.socket]) -> None:
        for server in self.servers:
            server.close()
        for each in sockets:
            each.close()

    async def _wait_for_last_requests(self) -> None:
        """Look as often as there are polls in that moment: what came while the machine stood still is read first."""
        for _ in range(round(self.idle_seconds / POLL_SECONDS)):
            if self.force_exit or all(each.awaited() is None for each in self._connections()):
                return
            await asyncio.sleep(POLL_SECONDS)
