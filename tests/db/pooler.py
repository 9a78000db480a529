"""A pooler in transaction mode, as PgBouncer's: every query of any client runs in one session of the server.

What the server says by itself, notifications say, reaches nobody: who listened may be anywhere by then.
Messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import asyncio
import struct
from contextlib import asynccontextmanager

import asyncpg

SSL_REQUEST = 80877103
SAID = {"server_version": "17.0", "client_encoding": "UTF8", "integer_datetimes": "on", "TimeZone": "UTC"}


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


READY = message(b"Z", b"I")
# Of statements without parameters that give no rows: Describe, Bind, Flush and Sync.
ANSWERS = {b"D": message(b"t", b"\0\0") + message(b"n"), b"B": message(b"2"), b"H": b"", b"S": READY}


class Pooler:
    """Attributes:
    session: the only one of the server.
    queries: what came from clients, in order.
    port: of 127.0.0.1.
    """

    def __init__(self, session):
        self.session = session
        self.queries = []
        self.port = 0
        self._turn = asyncio.Lock()

    async def serve(self, reader, writer):
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader, writer):
        while True:
            length, code = struct.unpack("!ii", await reader.readexactly(8))
            await reader.readexactly(length - 8)
            if code != SSL_REQUEST:
                break
            writer.write(b"N")
        writer.write(message(b"R", struct.pack("!i", 0)))
        for name, value in SAID.items():
            writer.write(message(b"S", f"{name}\0{value}\0".encode()))
        writer.write(message(b"K", struct.pack("!ii", 1, 1)) + READY)
        query = b""
        while True:
            kind, length = struct.unpack("!ci", await reader.readexactly(5))
            body = await reader.readexactly(length - 4)
            match kind:
                case b"X":
                    return
                case b"Q":
                    await self._run(body[:-1])
                    writer.write(message(b"C", b"SELECT 1\0") + READY)
                case b"P":
                    query = body.split(b"\0")[1]
                    writer.write(message(b"1"))
                case b"E":
                    await self._run(query)
                    writer.write(message(b"C", b"LISTEN\0"))
                case _:
                    writer.write(ANSWERS[kind])

    async def _run(self, query):
        async with self._turn:
            await self.session.execute(query.decode())
        self.queries.append(query.decode())


@asynccontextmanager
async def pooler(url):
    """A pooler in front of a database.

    Args:
        url: of the database.
    """
    session = await asyncpg.connect(url)
    made = Pooler(session)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await session.close()
