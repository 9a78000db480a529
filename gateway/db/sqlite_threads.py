"""Threads that run SQLite's blocking calls for the event loop, each with a connection of its own.

A hop through `run_in_executor` makes two futures and costs more than the query of a row by its key.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

from gateway.db.failures import Unreachable
from gateway.db.sqlite_failures import is_lost

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], Any]


INSTRUCTIONS = 20_000  # of SQLite's virtual machine between two looks at whether the caller is still there


class _Job:
    __slots__ = ("future", "interruptible", "loop", "work")

    def __init__(self, work: Work, loop: asyncio.AbstractEventLoop, *, interruptible: bool) -> None:
        self.work = work
        self.loop = loop
        self.interruptible = interruptible
        self.future: asyncio.Future[Any] = loop.create_future()

    def run(self, connection: sqlite3.Connection) -> tuple[Any, BaseException | None]:
        """Do the work; what it gives, and what it failed with."""
        if self.future.cancelled():
            return None, None
        # not `interrupt`, which does nothing when it comes just before the statement starts
        connection.set_progress_handler(self.is_unwanted, INSTRUCTIONS if self.interruptible else 0)
        try:
            return self.work(connection), None
        except BaseException as failure:
            return None, failure
        finally:
            # It holds this job, and so what it read, until there is another.
            connection.set_progress_handler(None, 0)

    def is_unwanted(self) -> bool:
        return self.future.cancelled()

    def settle(self, result: Any, failure: BaseException | None) -> None:
        """Tell its outcome to who waits for it; to be called on the loop."""
        if self.future.cancelled():
            return
        if failure is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(failure)


class SqliteThreads:
    """Threads that take work from one queue, in order."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], count: int, name: str) -> None:
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._connect = connect
        self._threads = [
            threading.Thread(target=self._serve, args=(n,), name=f"{name}-{n}", daemon=True)
            for n in range(count)
        ]
        self._connections: list[sqlite3.Connection | None] = [None] * count
        self._started = 0
        self._stopped = False
        self._busy = 0  # what is queued or done, as far as the loop was told

    @property
    def waiting(self) -> int:
        """How much work waits for a thread."""
        return self._queue.qsize()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, interruptible: bool = True) -> T:
        """Call ``work`` with a connection, on a thread.

        A cancelled caller's statement is interrupted, unless it is not ``interruptible``: then it runs to its end.

        Raises:
            Unreachable: the threads were stopped.
        """
        result: T = await self._put(work, interruptible=interruptible)
        return result

    def _put(self, work: Work, *, interruptible: bool) -> asyncio.Future[Any]:
        """Have work done by a thread."""
        if self._stopped:
            raise Unreachable("The database connections are closed.")
        if self._started < len(self._threads):
            self._threads[self._started].start()
            self._started += 1
        job = _Job(work, asyncio.get_running_loop(), interruptible=interruptible)
        self._busy += 1
        self._queue.put(job)
        return job.future

    async def run_to_the_end(self, work: Work) -> bool:
        """Call ``work`` as `run` does, and come back when it has ended; whether the caller was cancelled meanwhile.

        Raises:
            Unreachable: the threads were stopped.
        """
        was_cancelled = False
        ended = self._put(work, interruptible=False)
        while not ended.done():
            try:
                await asyncio.shield(ended)
            except asyncio.CancelledError:
                was_cancelled = True
        ended.result()
        return was_cancelled

    @property
    def idle_connection(self) -> sqlite3.Connection | None:
        """The connection of the only thread, for the loop itself until it awaits; None while the thread may use it."""
        return None if self._busy or self._stopped else self._connections[0]

    def close_idle(self) -> None:
        """Close the connection that the loop has used: its file has failed."""
        if (connection := self.idle_connection) is not None:
            connection.close()
            self._connections[0] = None

    def stop(self) -> None:
        """Run what is queued, close the connections and end the threads."""
        self._stopped = True
        running = self._threads[: self._started]
        for _ in running:
            self._queue.put(None)
        for thread in running:
            thread.join()

    def _serve(self, place: int) -> None:
        while (job := self._queue.get()) is not None:
            result: Any = None
            failure: BaseException | None = None
            try:
                connection = self._connections[place] or self._connect()
            except sqlite3.Error as refused:
                failure = refused
            else:
                self._connections[place] = connection
                result, failure = job.run(connection)
                if failure is not None and is_lost(failure):
                    connection.close()
                    self._connections[place] = None
            with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
                job.loop.call_soon_threadsafe(self._settle, job, result, failure)
            del job, result, failure  # as these hold what was read
        if (last := self._connections[place]) is not None:
            last.close()
            self._connections[place] = None

    def _settle(self, job: _Job, result: Any, failure: BaseException | None) -> None:
        self._busy -= 1
        job.settle(result, failure)
