"""Threads that run SQLite's blocking calls for the event loop, each with a connection of its own.

A hop through `run_in_executor` makes two futures and costs more than the query of a row by its key.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], Any]


class _Job:
    __slots__ = ("connection", "future", "lock", "loop", "work")

    def __init__(self, work: Work, loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None  # while it runs

    def run(self, connection: sqlite3.Connection) -> None:
        if self.future.cancelled():
            return
        with self.lock:
            self.connection = connection
        result: Any = None
        failure: BaseException | None = None
        try:
            result = self.work(connection)
        except BaseException as raised:
            failure = raised
        with self.lock:
            self.connection = None
        self.loop.call_soon_threadsafe(self._settle, result, failure)

    def _settle(self, result: Any, failure: BaseException | None) -> None:
        if self.future.cancelled():
            return
        if failure is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(failure)

    def interrupt(self) -> None:
        with self.lock:  # or it could hit what the thread runs next
            if self.connection is not None:
                self.connection.interrupt()


class SqliteThreads:
    """Threads that take work from one queue, in order."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], count: int, name: str) -> None:
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._connect = connect
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{n}", daemon=True) for n in range(count)
        ]
        self._started = 0

    async def run(self, work: Callable[[sqlite3.Connection], T], *, interruptible: bool = True) -> T:
        """Call ``work`` with a connection, on a thread.

        A cancelled caller's statement is interrupted, unless it is not ``interruptible``: then it runs to its end.
        """
        if self._started < len(self._threads):
            self._threads[self._started].start()
            self._started += 1
        job = _Job(work, asyncio.get_running_loop())
        self._queue.put(job)
        try:
            result: T = await job.future
        except asyncio.CancelledError:
            if interruptible:
                job.interrupt()
            raise
        return result

    def stop(self) -> None:
        """Run what is queued, close the connections and end the threads."""
        running = self._threads[: self._started]
        for _ in running:
            self._queue.put(None)
        for thread in running:
            thread.join()

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        while (job := self._queue.get()) is not None:
            if connection is None:
                try:
                    connection = self._connect()
                except sqlite3.Error as failure:
                    job.loop.call_soon_threadsafe(job._settle, None, failure)
                    continue
            job.run(connection)
        if connection is not None:
            connection.close()
