"""A transaction on SQLite's writer: its statements, run on the writer's thread, and how it begins and ends."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gateway.db.database import Database, Step
from gateway.db.failures import Busy, Unreachable, ends_transaction
from gateway.db.metering import is_cut_short
from gateway.db.sqlite_failures import translated
from gateway.db.sqlite_reading import read_measured
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
        last: what is still to be run when it ends.
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
        await self._do(lambda _: None)

    async def end(self, end: Callable[[sqlite3.Connection], None]) -> bool:
        """Run what is to be run last, and end; whether the caller was cancelled meanwhile."""
        last, self.last = self.last, ()
        if not last:
            return await self._writer.threads.run_to_the_end(end)
        running: Any = _running(last, end)
        was_cancelled: bool = await self._run([statement for statement, _ in last], running, to_the_end=True)
        return was_cancelled

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        arguments = statement.arguments(parameters)
        meter = None if self._database.meter is None else self._database.meter()
        rows = await self._run(
            [statement],
            lambda writer: statement.rows(read_measured(writer, statement, arguments, meter)),
        )
        if is_cut_short(meter):
            await meter.charge_read()
        return rows

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        await self.run_steps([(statement, parameters)])

    async def run_steps(self, steps: Sequence[Step]) -> None:
        if steps:
            await self._run([statement for statement, _ in steps], _running(steps))

    async def run_soon(self, steps: Sequence[Step]) -> None:
        await self.run_steps(steps)

    async def run_last(self, steps: Sequence[Step]) -> None:
        if self.failure is not None:
            raise self.failure
        self.last = [*self.last, *steps]

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
        await self._do(lambda writer: writer.execute("SAVEPOINT part"))
        try:
            yield
            if self.failure is not None:
                raise self.failure
        except BaseException:
            if not ends_transaction(self.failure):
                self.failure = None
                await self._do(_undo_part, interruptible=False)
            raise
        await self._do(lambda writer: writer.execute("RELEASE part"))

    async def _do(self, work: Callable[[sqlite3.Connection], T], *, interruptible: bool = True) -> T:
        """Call ``work`` on the writer's thread, in the transaction, which is begun there if it is the first."""
        threads = self._writer.threads
        if self.has_turn:
            # Where a change is interrupted, SQLite undoes all of the transaction, others' parts too.
            return await threads.run(work, interruptible=interruptible and not self.joins)
        await self._writer.take_turn(self)
        first = self._first = _First(work, joins=self.joins)
        try:
            return await threads.run(first, interruptible=not self.joins)
        finally:
            if first.is_alone:
                self.joins = False
                self._writer.lose(Unreachable("The connection was lost."))

    async def _run(
        self,
        statements: Sequence[Statement],
        work: Callable[[sqlite3.Connection], T],
        *,
        to_the_end: bool = False,
    ) -> T:
        if self.failure is not None:
            raise self.failure
        if self.last and not to_the_end:
            last, self.last = self.last, ()
            await self.run_steps(last)
        if self._database.on_statement is not None:
            for each in statements:
                self._database.on_statement(each.sql)
        begun = perf_counter()
        try:
            made: Any = await (self._writer.threads.run_to_the_end(work) if to_the_end else self._do(work))
        except asyncio.CancelledError:
            # whoever stops waiting for one statement and goes on must not commit half of what they meant
            self.failure = Busy("A statement of the transaction was cut short.")
            raise
        except Exception as failure:
            self.failure = translated(failure) if isinstance(failure, sqlite3.Error) else failure
            raise self.failure from failure
        if self._database.after_statement is not None:
            rows = len(made) if isinstance(made, list) else 0
            seconds = (perf_counter() - begun) / len(statements)
            for each in statements:
                self._database.after_statement(each.sql, rows, seconds)
        result: T = made
        return result


def _running(
    steps: Sequence[Step], end: Callable[[sqlite3.Connection], None] | None = None
) -> Callable[[sqlite3.Connection], None]:
    given = [(statement.sql, map(statement.arguments, parameters)) for statement, parameters in steps]

    def run(writer: sqlite3.Connection) -> None:
        for sql, arguments in given:
            writer.executemany(sql, arguments)
        if end is not None:
            end(writer)

    return run


class _First(Generic[T]):
    """The first work of a transaction, which begins it.

    Attributes:
        is_member: whether it has joined others.
        is_alone: whether it was to join others, of whom nothing is there any more.
    """

    def __init__(self, work: Callable[[sqlite3.Connection], T], *, joins: bool) -> None:
        self.is_member = self.is_alone = False
        self._work = work
        self._joins = joins

    def __call__(self, connection: sqlite3.Connection) -> T:
        """Begin, and do it."""
        if self._joins:
            self.is_member = _join(connection)
            self.is_alone = not self.is_member
        else:
            connection.execute("BEGIN IMMEDIATE")
        return self._work(connection)


def _join(connection: sqlite3.Connection) -> bool:
    """Begin a part of the transaction that there is; False where there is none any more, and a new one is begun."""
    if connection.in_transaction:
        connection.execute("SAVEPOINT member")
        return True
    connection.execute("BEGIN IMMEDIATE")
    return False


def _undo_part(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK TO part")
    connection.execute("RELEASE part")
