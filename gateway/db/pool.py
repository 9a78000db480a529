"""A pool of PostgreSQL connections: a list of idle ones, and those who wait for one, in order.

asyncpg's own pool starts a task for every release and a proxy for every acquisition, which costs as much as the
query of a row by its key.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from gateway.db.database import PoolUse
from gateway.db.failures import Unreachable

Connection = Any  # asyncpg.Connection, which has no types


ANSWER_SECONDS = 2.0


class Pool:
    """At most ``size`` connections, opened when they are needed and kept.

    Args:
        connect: opens one.
        answer_seconds: how long one may take to say that it lives, when that is in doubt.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        size: int,
        *,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._connect = connect
        self.answer_seconds = answer_seconds
        self._asking: dict[asyncio.Task[None], Connection] = {}
        self._size = size
        self._free = size  # connections that may still be opened
        self._idle: list[Connection] = []  # the last used first: its statements are prepared
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False
        self._end: AsyncGenerator[None, None] | None = None

    @property
    def use(self) -> PoolUse:
        """How the connections are used right now."""
        idle = len(self._idle)
        return PoolUse(self._size - self._free - idle, idle, len(self._waiting))

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

    def give_up(self, connection: Connection) -> None:
        """Give back a connection whose statement may have been cut short.

        It serves again once the server says that the statement has ended. A server that does not say it is out of
        reach, or has lost this connection, and so perhaps every other that has been idle for as long.
        """
        if self._closed or connection.is_closed() or not connection._protocol._is_cancelling():
            self.release(connection)
        else:
            self._ask(self._settle, connection)

    def lose(self, connection: Connection) -> None:
        """Close a connection that is silent; it is to be given back all the same."""
        connection.terminate()
        self.doubt()

    def doubt(self) -> None:
        """Have every idle connection tested before it is used again, because another one was silent."""
        while self._idle:
            self._ask(self._probe, self._idle.pop())

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for the length of a block."""
        connection = await self.acquire()
        try:
            yield connection
        except BaseException:
            self.give_up(connection)
            raise
        self.release(connection)

    async def close(self) -> None:
        """Close what is idle; connections in use are closed when they come back."""
        self._closed = True
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(Unreachable("The database connections are closed."))
        idle, self._idle = self._idle, []
        leaving = asyncio.gather(*(self._take_leave(each) for each in idle), return_exceptions=True)
        if self._end is not None:
            await self._end.aclose()
        await leaving

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        """Asks no more when it is closed: by `close`, or by the loop, which closes its generators when it ends.

        Before that the loop cancels all tasks, and what these leave behind is asked for by new ones, which it would
        not wait for.
        """
        try:
            yield
        finally:
            asking = dict(self._asking)
            cancellations = [each for connection in asking.values() for each in connection._cancellations]
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            for connection in asking.values():
                # a task that is cancelled before its first step does not even reach `finally`
                connection.terminate()
            # The driver cancels these tasks of its own, and waits for none of them.
            await asyncio.gather(*cancellations, return_exceptions=True)

    async def _take_leave(self, connection: Connection) -> None:
        with suppress(Exception):  # it is closed in any case
            await connection.close(timeout=self.answer_seconds)

    def _ask(
        self, question: Callable[[Connection], Coroutine[Any, Any, None]], connection: Connection
    ) -> None:
        if self._end is None:
            self._end = self._until_the_end()
            with suppress(StopIteration):
                self._end.asend(None).send(None)  # as far as to its `yield`, before which it awaits nothing
        task = asyncio.get_running_loop().create_task(question(connection))
        self._asking[task] = connection
        task.add_done_callback(self._asking.pop)

    async def _settle(self, connection: Connection) -> None:
        """Wait for the end of the statement that was cut short."""
        try:
            await connection._protocol._wait_for_cancellation(self.answer_seconds)
        except TimeoutError:
            self.doubt()
        finally:
            self._take_back(connection)

    async def _probe(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(self.answer_seconds):
                await connection.execute("SELECT 1")
        except Exception:  # whatever is wrong with it, another one can be opened
            connection.terminate()
        finally:
            self._take_back(connection)

    def _take_back(self, connection: Connection) -> None:
        if not connection.is_closed() and connection._protocol._is_cancelling():
            connection.terminate()  # nobody asks any more
        self.release(connection)

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
