"""A relay in front of a PostgreSQL server, whose connections may fall silent as they do behind a network that fails."""

import asyncio
from contextlib import asynccontextmanager

from gateway.db import libpq


class End(asyncio.Protocol):
    """One end of a connection, which passes on to the other what it receives."""

    def __init__(self, begun=None):
        self.other = None
        self.transport = None
        self.lost = asyncio.get_running_loop().create_future()
        self._begun = begun
        self._kept = []
        self._is_silent = False
        self.passed = bytearray()

    def connection_made(self, transport):
        self.transport = transport
        if self._begun is not None:
            self._begun(self)

    def join(self, other):
        self.other = other
        for part in self._kept:
            other.transport.write(part)

    def data_received(self, data):
        self.passed += data
        if self.other is None:
            self._kept.append(data)
        elif not self._is_silent:
            self.other.transport.write(data)

    def silence(self, *, takes_bytes):
        self._is_silent = True
        if not takes_bytes:
            self.transport.pause_reading()  # does nothing a second time, or behind its end

    def connection_lost(self, _):
        self.lost.set_result(None)
        if self.other is not None:
            self.other.transport.abort()


class Relay:
    """Passes on bytes both ways.

    Attributes:
        opened: how many connections there have been.
    """

    def __init__(self, url):
        server = libpq.parameters(url)
        self._host, self._port = server.get("host", "127.0.0.1"), server.get("port", "5432")
        self._ends = []
        self._tasks = []
        self.opened = 0

    def silence(self, *, takes_bytes):
        """Let nothing through any more on the connections that there are; those to come are well.

        Args:
            takes_bytes: whether their bytes are taken and lost, as by a peer that hangs, or not even taken.
        """
        for end in self._ends:
            end.silence(takes_bytes=takes_bytes)

    def asked(self):
        """What callers have sent since the last time."""
        parts = []
        for end in self._ends[::2]:
            parts.append(bytes(end.passed))
            end.passed.clear()
        return b"".join(parts)

    async def end(self):
        await asyncio.gather(*self._tasks)
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*[end.lost for end in self._ends])

    def accept(self):
        return End(lambda end: self._tasks.append(asyncio.ensure_future(self._open(end))))

    async def _open(self, here):
        self.opened += 1
        loop = asyncio.get_running_loop()
        if self._host.startswith("/"):
            _, there = await loop.create_unix_connection(End, f"{self._host}/.s.PGSQL.{self._port}")
        else:
            _, there = await loop.create_connection(End, self._host, int(self._port))
        there.join(here)
        here.join(there)
        self._ends += [here, there]  # by turns: a caller's, and the server's


@asynccontextmanager
async def relay_to(url):
    """A relay, and the URL of the same database behind it."""
    relay = Relay(url)
    server = await asyncio.get_running_loop().create_server(relay.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    name = url.partition("?")[0].rpartition("/")[2]
    yield relay, f"postgresql://postgres@127.0.0.1:{port}/{name}?sslmode=disable"
    server.close()
    await server.wait_closed()
    await relay.end()
