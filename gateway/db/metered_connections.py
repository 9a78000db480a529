"""PostgreSQL connections whose reads are counted as they come.

asyncpg makes records of all that a statement returns before it hands them over; a cursor would cost each page three
messages more.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from gateway.db.failures import TooLarge
from gateway.db.metering import Meter


class ByteCounter:
    """Stands between a connection's bytes and asyncpg's protocol, and counts them for whoever reads.

    Where too much comes the connection is closed: the server would go on sending what it has begun to send.

    Attributes:
        meter: of the reader; None between reads.
        has_closed: whether it has closed the connection.
    """

    def __init__(self, protocol: Any) -> None:
        self.meter: Meter | None = None
        self.has_closed = False
        self._abort = protocol.abort
        self._receive = protocol.data_received
        # asyncio's other hooks are the protocol's own.
        self.connection_lost = protocol.connection_lost
        self.eof_received = protocol.eof_received
        self.pause_writing = protocol.pause_writing
        self.resume_writing = protocol.resume_writing

    def data_received(self, data: bytes) -> None:
        """Count what has come, and hand it on (asyncio's hook)."""
        if (meter := self.meter) is not None:
            meter.bytes_read += len(data)
            if meter.bytes_read > meter.bytes_enforced:
                self.meter = None
                self.has_closed = True
                self._abort()
                return
        self._receive(data)


class MeteredConnection(asyncpg.Connection):  # type: ignore[misc]  # it has no types
    """A connection of asyncpg's, which makes them with these arguments."""

    __slots__ = ("_counter",)

    def __init__(self, protocol: Any, transport: Any, *more: Any) -> None:
        super().__init__(protocol, transport, *more)
        self._counter = ByteCounter(protocol)
        transport.set_protocol(self._counter)

    async def fetch_metered(self, sql: str, arguments: Sequence[Any], meter: Meter | None) -> list[Any]:
        """The records of a statement, as `fetch` has them.

        Raises:
            TooLarge: they have more bytes than the meter's owner may read; the connection is closed.
        """
        counter = self._counter
        counter.meter = meter
        try:
            records: list[Any] = await self._execute(sql, arguments, 0, None)
        except Exception:
            if counter.has_closed:
                raise TooLarge("The rows have too many bytes.") from None
            raise
        finally:
            counter.meter = None
        return records
