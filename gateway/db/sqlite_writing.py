"""Writing to SQLite: one transaction behind the other on the writer's thread, and one flush for several of them.

A commit waits for the disk. Whoever has written while others wait for their turn lets them write first, and when it is
its turn again, commits what all of them have written (`docs/decisions/several-writers-share-a-flush.md`).
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.db.database import Database
from gateway.db.failures import Unreachable
from gateway.db.sqlite_failures import translated
from gateway.db.sqlite_threads import SqliteThreads
from gateway.db.sqlite_transactions import End, SqliteTransaction

MOST: Final = 64
"""Transactions of one commit: the first of them waits for all others."""


class _Group:
    """Transactions that are complete and wait for one commit.

    Attributes:
        members: how many there are.
        is_over: whether it was committed or is lost.
        failure: why it is lost.
    """

    __slots__ = ("failure", "is_over", "members")

    def __init__(self) -> None:
        self.members = 0
        self.is_over = False
        self.failure: BaseException | None = None


class SqliteWriter:
    """The one writer of a file, and whose turn it is."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self.threads = SqliteThreads(connect, 1, "sqlite-writer")
        self._turns = asyncio.Lock()
        self._waiting = 0
        self._group = _Group()

    @asynccontextmanager
    async def transaction(self, database: Database, *, is_short: bool) -> AsyncIterator[SqliteTransaction]:
        """A transaction, as `gateway.db.database.Database` has it."""
        transaction = SqliteTransaction(database, self, is_short=is_short)
        settled: asyncio.Future[None] | None = None
        try:
            if not is_short:
                await transaction.begin()
            yield transaction
            if transaction.failure is not None:
                raise transaction.failure
            settled = await self._complete(transaction)
        except BaseException as failure:
            seen = self._group if transaction.joins and not transaction.is_complete else None
            # The one writer thread runs this after whatever a cancelled caller left there, a BEGIN included.
            await asyncio.shield(self._roll_back(transaction, failure))
            if seen is not None and isinstance(failure, Exception):
                # What it failed of may be what others have written: nobody is told of that before it is there.
                self._give_turn_away(transaction)
                await asyncio.shield(asyncio.ensure_future(self._settle(seen)))
            if isinstance(failure, sqlite3.Error):
                raise translated(failure) from failure
            raise
        finally:
            self._give_turn_away(transaction)
        if settled is not None:
            await asyncio.shield(settled)

    async def take_turn(self, transaction: SqliteTransaction) -> None:
        """Wait for those who came before; a transaction of its own commits what they have left to others."""
        await self._acquire()
        transaction.has_turn = True
        transaction.joins = transaction.is_short and bool(self._group.members)
        if self._group.members and not transaction.joins:
            await self._commit(self._group)

    def _give_turn_away(self, transaction: SqliteTransaction) -> None:
        if transaction.has_turn:
            transaction.has_turn = False
            self._turns.release()

    async def _acquire(self) -> None:
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1

    async def _complete(self, transaction: SqliteTransaction) -> asyncio.Future[None] | None:
        """End a transaction: with a commit, or, where others wait, with what this returns, which awaits one."""
        if not (transaction.has_turn or transaction.last):
            return None
        if not transaction.has_turn:
            await transaction.begin()
        group = self._group
        is_shared = transaction.is_short and self._waiting > 0 and group.members < MOST
        end = End(is_shared=is_shared, joins=transaction.joins)
        try:
            was_cancelled = await transaction.end(end)
        except BaseException as failure:
            if end.has_come_to_commit:
                self._end(group, failure)
                transaction.joins = False  # all of it is undone
            raise
        transaction.is_complete = True
        settled = None
        if is_shared:
            group.members += 1
            settled = asyncio.ensure_future(self._settle(group))
        else:
            self._end(group)
        if was_cancelled:
            raise asyncio.CancelledError
        return settled

    async def _settle(self, group: _Group) -> None:
        """Wait until a group is committed, and do it where nobody has by then."""
        if not group.is_over:
            await self._acquire()
            try:
                if not group.is_over:
                    await self._commit(group)
            finally:
                self._turns.release()
        if group.failure is not None:
            raise Unreachable("What was written together could not be committed.") from group.failure

    async def _commit(self, group: _Group) -> None:
        """Commit what is complete; its members are told whether it failed."""
        try:
            was_cancelled = await self.threads.run_to_the_end(_commit)
        except sqlite3.Error as failure:
            self._end(group, failure)
            await self.threads.run(_roll_back, interruptible=False)
            return
        self._end(group)
        if was_cancelled:
            raise asyncio.CancelledError

    def _end(self, group: _Group, failure: BaseException | None = None) -> None:
        group.is_over, group.failure = True, failure
        self._group = _Group()

    async def _roll_back(self, transaction: SqliteTransaction, failure: BaseException) -> None:
        if not transaction.has_turn or transaction.is_complete:
            return
        if not transaction.joins:
            await self.threads.run(_roll_back, interruptible=False)
        elif not await self.threads.run(transaction.undo, interruptible=False):
            self.lose(failure)

    def lose(self, failure: BaseException) -> None:
        """Note that what was complete and not committed is gone."""
        self._end(self._group, failure)


def _commit(connection: sqlite3.Connection) -> None:
    connection.execute("COMMIT")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.OperationalError):  # some failures have rolled back by themselves
            connection.execute("ROLLBACK")
