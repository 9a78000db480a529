"""A pool of PostgreSQL connections: a list of idle ones, and those who wait for one, in order.

asyncpg's own pool starts a task for every release and a proxy for every acquisition, which costs as much as the
query of a row by its key.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.db.failures import Unreachable

Connection = Any  # asyncpg.Connection, which has no types


class Pool:
    """At most ``size`` connections, opened when they are needed and kept."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self._free = size  # connections that may still be opened
        self._idle: list[Connection] = []  # the last used first: its statements are prepared
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    async def acquire(self) -> Connection:
        """An open connection, to be given back with `release`.

        Raises:
            Unreachable: the pool is closed; and whatever opening a connection raises.
        """
        if self._closed:
            raise Unreachable("The database connections are closed.")
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._free += 1
        if self._free:
            self._free -= 1
            return await self._open()
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            given = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())  # it came while this caller was being cancelled
            raise
        return given or await self._open()

    def release(self, connection: Connection) -> None:
        """Give a connection back; a broken one, or one left inside a transaction, is replaced."""
        if connection.is_closed():
            self._pass_on(None)
        elif self._closed or connection.is_in_transaction():
            connection.terminate()
            self._pass_on(None)
        else:
            self._pass_on(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for the length of a block."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            self.release(connection)

    async def close(self) -> None:
        """Close what is idle; connections in use are closed when they come back."""
        self._closed = True
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(Unreachable("The database connections are closed."))
        while self._idle:
            await self._idle.pop().close()

    async def _open(self) -> Connection:
        try:
            return await self._connect()
        except BaseException:
            self._pass_on(None)
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        """To the first who still waits: a connection, or None, the right to open one."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._free += 1
        else:
            self._idle.append(connection)
