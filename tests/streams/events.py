"""Server-sent events as a browser reads them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson

from tests.patience import ENOUGH


class ServerEvent(NamedTuple):
    """One event of a stream."""

    name: str
    data: str
    id: str | None


class EventReader:
    """The events of one response, read off its connection.

    Attributes:
        status: of the response.
        headers: by lower-case name.
        comments: how many came so far.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._buffer = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.comments = 0
        self.is_ended = False

    async def read_head(self) -> None:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(head[0].split(" ")[1])
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }

    async def _more(self) -> bool:
        """Read a chunk (RFC 9112, section 7.1), or a body that is whole; false at the end of it."""
        if (length := self.headers.pop("content-length", None)) is not None:
            self._buffer += await self._reader.readexactly(int(length))
            self.headers["transfer-encoding"] = ""
            return True
        if "chunked" not in self.headers["transfer-encoding"]:
            return False
        line = await self._reader.readline()
        size = int(line, 16) if line else 0
        if size:
            self._buffer += await self._reader.readexactly(size)
        if line:
            await self._reader.readline()
        self.is_ended = size == 0
        return not self.is_ended

    async def read(self) -> ServerEvent | None:
        """The next event; None where the stream has ended."""
        async with asyncio.timeout(ENOUGH):
            return await self._read()

    async def read_through(self, mark: bytes) -> bytes:
        """The body up to a mark, which is read with it; what there is of it where the body ends before."""
        async with asyncio.timeout(ENOUGH):
            while mark not in self._buffer:
                if not await self._more():
                    mark = b""
                    break
            end = self._buffer.index(mark) + len(mark) if mark else len(self._buffer)
            found, self._buffer = self._buffer[:end], self._buffer[end:]
            return found

    async def _read(self) -> ServerEvent | None:
        while True:
            while b"\n\n" not in self._buffer:
                if not await self._more():
                    return None
            block, _, self._buffer = self._buffer.partition(b"\n\n")
            assert b"\r" not in block
            if block == b":":
                self.comments += 1
                continue
            fields: dict[str, str] = {}
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            return ServerEvent(fields["event"], fields["data"], fields.get("id"))


@asynccontextmanager
async def open_events(
    address: str, token: str, query: str, variables: Mapping[str, Any] | None = None, **headers: str
) -> AsyncIterator[EventReader]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = orjson.dumps({"query": query, "variables": variables or {}})
    fields = {
        "Host": address,
        "Accept": "text/event-stream",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"POST /graphql HTTP/1.1\r\n{lines}\r\n".encode() + body)
    events = EventReader(reader)
    try:
        await events.read_head()
        yield events
    finally:
        writer.close()
        await writer.wait_closed()
