"""A relay in front of a PostgreSQL server, whose connections may fall silent as they do behind a network that fails."""

import asyncio
from contextlib import asynccontextmanager

from gateway.db import libpq

CANCEL = (80877102).to_bytes(4)  # https://www.postgresql.org/docs/current/protocol-message-formats.html
HELD_SECONDS = 20


class End(asyncio.Protocol):
    """One end of a connection, which passes on to the other what it receives."""

    def __init__(self, begun=None, heard=None):
        self.other = None
        self.transport = None
        self.lost = asyncio.get_running_loop().create_future()
        self._begun = begun
        self._heard = heard
        self._kept = []
        self._is_silent = False
        self._is_held = False
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
        if self._heard is not None:
            self._heard(self, data)
        if self.other is None or self._is_held:
            self._kept.append(data)
        elif not self._is_silent:
            self.other.transport.write(data)

    def hold(self):
        self._kept = []
        self._is_held = True

    def release(self):
        if self._is_held:
            self._is_held = False
            self.join(self.other)

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
        self._held_from = None
        self.opened = 0

    def silence(self, *, takes_bytes):
        """Let nothing through any more on the connections that there are; those to come are well.

        Args:
            takes_bytes: whether their bytes are taken and lost, as by a peer that hangs, or not even taken.
        """
        for end in self._ends:
            end.silence(takes_bytes=takes_bytes)

    def hold_answers(self, asked):
        """Keep back what a caller is answered who sends some bytes, until a caller wants a statement canceled.

        If none ever does, it is not kept back for good.
        """
        self._held_from = asked

    def _heard(self, end, data):
        if self._held_from is not None and self._held_from in data:
            self._held_from = None
            end.other.hold()
            asyncio.get_running_loop().call_later(HELD_SECONDS, end.other.release)
        if CANCEL in data:
            self._held_from = None
            for each in self._ends:
                each.release()

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
        return End(lambda end: self._tasks.append(asyncio.ensure_future(self._open(end))), self._heard)

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
