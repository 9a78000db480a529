"""Servers that answer, when they are told to stop, whatever has been accepted: in one process, or in several."""

import asyncio
import contextlib
import ctypes
import logging
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any, ClassVar, Final

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from gateway.transport.draining import CONNECTIONS, STATE
from gateway.transport.http_connections import HttpConnection

logger = logging.getLogger(__name__)

BACKLOG_SECONDS: Final = 1.0  # for which connections that the kernel has accepted are taken in
IDLE_SECONDS = 1.0  # for which requests may still come on open connections
POLL_SECONDS: Final = 0.01
RETRY_SECONDS: Final = 3.0  # before another process is started for one that could not start
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
        """Take the connections that wait; between the last look and the end of the listening nothing else runs."""
        waiting = select.poll()
        for each in sockets:
            waiting.register(each.fileno(), select.POLLIN)
        until = asyncio.get_running_loop().time() + BACKLOG_SECONDS
        while True:
            if not waiting.poll(0) or asyncio.get_running_loop().time() > until:
                return
            await asyncio.sleep(0)  # the loop takes them

    def _stop_listening(self, sockets: list[socket.socket]) -> None:
        for server in self.servers:
            server.close()
        for each in sockets:
            each.close()

    async def _wait_for_last_requests(self) -> None:
        until = asyncio.get_running_loop().time() + self.idle_seconds
        while asyncio.get_running_loop().time() < until and not self.force_exit:
            if all(connection.awaited() is None for connection in self._connections()):
                return
            await asyncio.sleep(POLL_SECONDS)


class _Worker(multiprocess.Process):
    """A process of several.

    Attributes:
        has_started: whether it has said that it takes callers.
        others_serve: whether any of them takes callers now.
    """

    has_started = False
    others_serve: ClassVar[bool] = False

    def _healthcheck(self, timeout: float) -> bool | None:
        """Whether it has started (uvicorn's hook); None where it does not say, or ends while it is asked.

        uvicorn waits for the answer of one that ends, too, and hears no signal meanwhile.
        """
        try:
            self.parent_conn.send(b"ping")
            if self.parent_conn not in wait([self.parent_conn, self.process.sentinel], timeout):
                return None
            started: bool = self.parent_conn.recv()
        except (OSError, EOFError):
            return None
        self.has_started |= started
        return started

    @property
    def exitcode(self) -> int | None:
        """How it has ended; None while it runs.

        Where one cannot start, uvicorn has all end. While others take callers, it is the database that is away, say,
        and another is started, as often as it takes; where none does, nobody may wait at sockets for an answer.
        """
        code = super().exitcode
        return 1 if code == STARTUP_FAILURE and _Worker.others_serve else code

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = DrainingServer(self.config, is_alone=False)
        return self._server


class Workers(multiprocess.Multiprocess):
    """Several processes at the same sockets."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        # It makes its processes by this name, at four places, and has no hook for what they run.
        named: Any = multiprocess
        named.Process = _Worker
        super().__init__(config, sockets)

    @property
    def could_not_start(self) -> bool:
        """Whether all have ended since one could not start."""
        return any(each.exitcode == STARTUP_FAILURE for each in self.processes)

    def keep_subprocess_alive(self) -> None:
        """Start another for each process that has ended, or gives no sign of life (uvicorn's hook), and say so."""
        before = list(self.processes)
        _Worker.others_serve = any(
            isinstance(each, _Worker) and each.has_started and each.process.is_alive() for each in before
        )
        super().keep_subprocess_alive()
        ended = [each for each, now in zip(before, self.processes, strict=True) if each is not now]
        for each in ended:
            logger.error("process %d has ended (%s), and another is started", each.pid, each.process.exitcode)
        if any(each.process.exitcode == STARTUP_FAILURE for each in ended):
            time.sleep(RETRY_SECONDS)

    def terminate_all(self) -> None:
        """Tell every process to stop (uvicorn's hook); from then on nobody but them listens, and in the end nobody."""
        refuse_more(self.sockets)
        for each in self.sockets:
            each.close()
        super().terminate_all()
