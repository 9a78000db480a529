"""A transaction on SQLite's writer: its statements, run here or on the writer's thread, and how it begins and ends."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gateway.db.database import Database, Step
from gateway.db.failures import Busy, Refused, Unreachable, ends_transaction
from gateway.db.metering import is_cut_short
from gateway.db.sqlite_failures import is_lost, translated
from gateway.db.sqlite_work import HERE_SECONDS, NotHere, SqliteWork, reading, writing
from gateway.db.statements import Row, Statement

if TYPE_CHECKING:  # whose turns they take
    from gateway.db.sqlite_writing import SqliteWriter

T = TypeVar("T")


class SqliteTransaction:
    """A transaction of the one writer; `BEGIN IMMEDIATE` already excludes every other process.

    Attributes:
        is_short: whether it begins with its first statement, and may be committed together with others.
        has_turn: whether it has begun.
        is_complete: whether it has ended, and only its commit may be to come.
        joins: whether it is a part of what others have begun.
        last: what is still to be run, with the next statement or at the end.
        failure: of its last statement.
    """

    def __init__(self, database: Database, writer: "SqliteWriter", *, is_short: bool) -> None:
        self._database = database
        self._writer = writer
        self.is_short = is_short
        self.has_turn = False
        self.is_complete = False
        self.joins = False
        self.last: Sequence[Step] = ()
        self.failure: Exception | None = None
        self._first: _First[Any] | None = None
        self._until = 0.0  # when the event loop has done enough of it without a pause, of perf_counter

    def undo(self, connection: sqlite3.Connection) -> bool:
        """Undo, on the writer's thread, what this part of a group has written; false where all of the group is gone.

        A caller who went away may have left the first statement undone, or at work, so that only here is it known what
        was begun for them.
        """
        if not connection.in_transaction:
            return False
        if self._first is not None and self._first.is_alone:
            connection.execute("ROLLBACK")
            return False
        if self._first is not None and self._first.is_member:
            connection.execute("ROLLBACK TO member")
            connection.execute("RELEASE member")
        return True

    async def begin(self) -> None:
        """Begin, where it has not yet."""
        await self._do(NOTHING)

    async def end(self, end: "End") -> bool:
        """Run what is to be run last, and end; whether the caller was cancelled meanwhile."""
        threads = self._writer.threads
        if not end.is_shared and self.last:
            return bool(await self._run_last(end))
        await self._run_last()
        if end.is_shared and (connection := threads.idle_connection) is not None:
            end(connection)
            return False
        return await threads.run_to_the_end(end)

    async def _run_last(self, end: "End | None" = None) -> Any:
        """Run what was to be run later; a rule that it breaks is late."""
        last, self.last = self.last, ()
        if not last:
            return None
        try:
            return await self._run(writing(last), end)
        except Refused as refused:
            refused.is_late = True
            raise

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        meter = None if self._database.meter is None else self._database.meter()
        rows: list[Row] = await self._run(reading(statement, statement.arguments(parameters), meter))
        if is_cut_short(meter):
            await meter.charge_read()
        return rows

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        await self.run_steps([(statement, parameters)])

    async def run_steps(self, steps: Sequence[Step]) -> None:
        if steps:
            await self._run(writing(steps))
        else:
            await self._run_last()

    async def run_soon(self, steps: Sequence[Step]) -> None:
        if self.failure is not None:
            raise self.failure
        self.last = [*self.last, *steps]

    run_last = run_soon

    async def insert_many(
        self, table: str, statement: Statement, parameters: Sequence[Mapping[str, Any]]
    ) -> None:
        await self.run_many(statement, parameters)

    async def hold(self, name: str, *, alone: bool = False) -> None:
        if self.failure is not None:
            raise self.failure

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        if self.failure is not None:
            raise self.failure
        await self._run_last()
        await self._do(_SAVE_PART)
        try:
            yield
            if self.failure is not None:
                raise self.failure
            await self._run_last()
        except BaseException:
            self.last = ()
            if not ends_transaction(self.failure):
                self.failure = None
                await self._do(_UNDO_PART, interruptible=False)
            raise
        await self._do(_RELEASE_PART)

    def _here(self, work: SqliteWork[Any]) -> sqlite3.Connection | None:
        """The connection on which the event loop itself may do some work; None where it is the thread's."""
        if not (self.is_short and work.is_little) or perf_counter() > self._until:
            return None
        return self._writer.threads.idle_connection

    async def _do(self, work: SqliteWork[T], *, interruptible: bool = True) -> T:
        """Do some work in the transaction, which is begun with it if it is the first."""
        if self.has_turn:
            return await self._carry_out(work, None, interruptible=interruptible)
        await self._writer.take_turn(self)
        self._until = perf_counter() + HERE_SECONDS
        first = self._first = _First(work, joins=self.joins)
        try:
            return await self._carry_out(work, first, interruptible=True)
        finally:
            if first.is_alone:
                self.joins = False
                self._writer.lose(Unreachable("The connection was lost."))

    async def _carry_out(self, work: SqliteWork[T], first: "_First[T] | None", *, interruptible: bool) -> T:
        """Do it here, or on the writer's thread: what takes long, and, so that others have their turn, some of much."""
        if (connection := self._here(work)) is not None:
            try:
                if first is not None:
                    first.begin(connection, waits=False)
                return work.run_here(connection)
            except NotHere:
                pass
            except sqlite3.Error as failure:
                if is_lost(failure):
                    self._writer.threads.close_idle()
                raise
        # Where a change is interrupted, SQLite undoes all of the transaction, others' parts too.
        made = await self._writer.threads.run(first or work, interruptible=interruptible and not self.joins)
        self._until = perf_counter() + HERE_SECONDS
        return made

    async def _run(self, work: SqliteWork[Any], end: "End | None" = None) -> Any:
        """Do some work, and tell of it; with the end behind it on the thread, whether the caller was cancelled."""
        if self.failure is not None:
            raise self.failure
        if self.last:
            await self._run_last()
        if self._database.on_statement is not None:
            for each in work.statements:
                self._database.on_statement(each.sql)
        begun = perf_counter()
        try:
            if end is None:
                made = await self._do(work)
            else:
                made = await self._writer.threads.run_to_the_end(lambda writer: (work(writer), end(writer)))
        except asyncio.CancelledError:
            # whoever stops waiting for one statement and goes on must not commit half of what they meant
            self.failure = Busy("A statement of the transaction was cut short.")
            raise
        except Exception as failure:
            self.failure = translated(failure) if isinstance(failure, sqlite3.Error) else failure
            raise self.failure from failure
        if self._database.after_statement is not None:
            rows = len(made) if isinstance(made, list) else 0
            seconds = (perf_counter() - begun) / len(work.statements)
            for each in work.statements:
                self._database.after_statement(each.sql, rows, seconds)
        return made


class End:
    """How a transaction ends.

    Attributes:
        is_shared: whether others commit it.
        has_come_to_commit: whether everything before the commit was done.
    """

    def __init__(self, *, is_shared: bool, joins: bool) -> None:
        self.is_shared = is_shared
        self.has_come_to_commit = False
        self._joins = joins

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Commit, or leave it to others."""
        if not self.is_shared:
            self.has_come_to_commit = True
            connection.execute("COMMIT")
        elif self._joins:
            connection.execute("RELEASE member")


class _First(Generic[T]):
    """The first work of a transaction, which begins it.

    Attributes:
        is_member: whether it has joined others.
        is_alone: whether it was to join others, of whom nothing is there any more.
    """

    def __init__(self, work: SqliteWork[T], *, joins: bool) -> None:
        self.is_member = self.is_alone = False
        self._work = work
        self._joins = joins
        self._has_begun = False

    def __call__(self, connection: sqlite3.Connection) -> T:
        """Begin, and do it."""
        self.begin(connection)
        return self._work(connection)

    def begin(self, connection: sqlite3.Connection, *, waits: bool = True) -> None:
        """Begin, where it has not yet.

        Raises:
            NotHere: it does not wait, and another process writes.
        """
        if self._has_begun:
            return
        if self._joins and connection.in_transaction:
            connection.execute("SAVEPOINT member")
            self.is_member = True
        elif waits:
            connection.execute("BEGIN IMMEDIATE")
        else:
            _begin_at_once(connection)
        self.is_alone = self._joins and not self.is_member
        self._has_begun = True


def _begin_at_once(connection: sqlite3.Connection) -> None:
    """Begin, where no other process writes; NotHere is raised otherwise."""
    [waits] = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as failure:
        if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        raise NotHere from None
    finally:
        connection.execute(f"PRAGMA busy_timeout = {waits}")


def _do_nothing(connection: sqlite3.Connection) -> None:
    pass


def _undo_part(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK TO part")
    connection.execute("RELEASE part")


def _save_part(connection: sqlite3.Connection) -> None:
    connection.execute("SAVEPOINT part")


def _release_part(connection: sqlite3.Connection) -> None:
    connection.execute("RELEASE part")


NOTHING, _SAVE_PART, _UNDO_PART, _RELEASE_PART = (
    SqliteWork((), each) for each in (_do_nothing, _save_part, _undo_part, _release_part)
)
