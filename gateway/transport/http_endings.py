"""The end of a connection whose caller may still be sending (RFC 9112, section 9.6)."""

import asyncio
from typing import Final, Protocol

LINGER_SECONDS: Final = 2.0


class Connection(Protocol):
    """What an ending has to know of the connection that ends so: asyncio's hooks, and what they are called for."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    def connection_lost(self, exc: Exception | None) -> None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...


class Ending(asyncio.Protocol):
    """Passes over what still comes, until the caller has read what was written last, and ends the connection too.

    With bytes that nobody has read, the kernel would reset the connection, and the caller's would throw away what it
    has of the answer.

    Args:
        connection: whose last answer is written.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        transport = connection.transport
        transport.set_protocol(self)
        transport.resume_reading()
        transport.write_eof()
        # Whatever is still to be taken of the answer then, the connection's watch looks after.
        self._timer = connection.loop.call_later(LINGER_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone (asyncio's hook)."""
        self._timer.cancel()
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """The caller does not take the answer (asyncio's hook)."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """The caller has taken much of it (asyncio's hook)."""
        self._connection.resume_writing()
