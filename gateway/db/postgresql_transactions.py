"""Transactions of PostgreSQL, which wait for the server as seldom as they can.

BEGIN goes with the first statement, what nobody waits for with the next one, and COMMIT with the last.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from gateway.db.database import Step
from gateway.db.failures import Busy, Refused, TooLarge, ends_transaction
from gateway.db.metered_connections import SqlCall
from gateway.db.postgresql_failures import LOST, translated
from gateway.db.statements import Row, Statement

if TYPE_CHECKING:  # whose transactions they are
    from gateway.db.postgresql import PostgresqlDatabase


COMMIT: Final = "COMMIT"
CUT_SHORT: Final = "A statement of the transaction was cut short."


async def control(statement: Awaitable[Any]) -> None:
    """Run a statement that controls a transaction.

    Raises:
        DatabaseFailure: what it fails with.
    """
    try:
        await statement
    except (*LOST, asyncpg.PostgresError) as failure:
        raise translated(failure) from failure


class PostgresqlTransaction:
    """A transaction on one connection of the pool.

    Args:
        database: whose it is.
        connection: on which it is.
        has_begun: whether the server was told so; it is told with the first statement otherwise.

    Attributes:
        failure: what it has failed with; nothing of it is run behind that.
        is_unknown: whether asyncpg does not know that the connection is in a transaction.
    """

    def __init__(self, database: "PostgresqlDatabase", connection: Any, *, has_begun: bool) -> None:
        self._database = database
        self._connection = connection
        self._ahead: list[SqlCall] = []
        self.has_begun = has_begun
        self.failure: Exception | None = None
        self.is_unknown = False

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        meter = None if self._database.meter is None else self._database.meter()
        arguments = statement.arguments(parameters)
        try:
            records = await self._run(
                statement.sql, self._connection.fetch_metered, statement.sql, arguments, meter
            )
        except TooLarge:
            assert meter is not None
            await meter.charge_read()
            raise
        return statement.rows(records)

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        if len(parameters) == 1:  # a batch of one is a task and three messages more
            arguments = statement.arguments(parameters[0])
            await self._run(statement.sql, self._connection.fetch, statement.sql, *arguments)
            return
        await self._settle()
        batch = map(statement.arguments, parameters)
        await self._to_the_end(self._run(statement.sql, self._connection.executemany, statement.sql, batch))

    async def insert_many(
        self, table: str, statement: Statement, parameters: Sequence[Mapping[str, Any]]
    ) -> None:
        def copy(table: str) -> Awaitable[Any]:
            records = map(statement.arguments, parameters)
            copied: Awaitable[Any] = self._connection.copy_records_to_table(
                table, columns=statement.names, records=records
            )
            return copied

        await self._settle()
        await self._to_the_end(self._run(f"COPY {table} FROM STDIN", copy, table))

    async def _to_the_end(self, run: Coroutine[Any, Any, None]) -> None:
        batch = asyncio.ensure_future(run)
        try:
            await asyncio.shield(batch)
        except asyncio.CancelledError:
            # asyncpg's executemany never ends if it is cancelled while its buffers are full (seen in 0.32.0).
            ended, _ = await asyncio.wait([batch], timeout=self._database.pool.answer_seconds)
            if not ended:
                self._database.pool.lose(self._connection)
            with contextlib.suppress(Exception):
                await batch
            raise

    async def run_steps(self, steps: Sequence[Step]) -> None:
        for statement, parameters in steps:
            await self.run_many(statement, parameters)
        if self._ahead:
            await self._settle()

    async def run_soon(self, steps: Sequence[Step]) -> None:
        if self.failure is not None:
            raise self.failure
        for statement, parameters in steps:
            if len(parameters) == 1:
                self._ahead.append(SqlCall(statement.sql, statement.arguments(parameters[0])))
            else:
                await self.run_many(statement, parameters)

    run_last = run_soon

    async def hold(self, name: str, *, alone: bool = False) -> None:
        way = "" if alone else "_shared"
        # Of the transaction, not of the session: session locks break behind PgBouncer.
        sql = f"SELECT pg_advisory_xact_lock{way}(hashtextextended($1, 1))"
        await self._settle()
        await self._control(sql, name)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        await self._settle()
        await self._control("SAVEPOINT part")
        try:
            yield
            await self._settle()
        except BaseException:
            self._ahead.clear()
            if not ends_transaction(self.failure):
                self.failure = None
                await self._control("ROLLBACK TO part; RELEASE part")
            raise
        await self._control("RELEASE part")

    async def commit(self) -> None:
        """Send what is left, and commit.

        Raises:
            DatabaseFailure: nothing is committed; or that is not known, where the server is gone.
        """
        if self.failure is not None:
            raise self.failure
        if not self._ahead:
            if self.has_begun:
                await self._control(COMMIT)
            return
        if (bundle := await self._bundle(COMMIT, self._ahead)) is None:
            await self._settle()
            await self._control(COMMIT)
            return
        ahead, self._ahead = self._ahead, []
        self._connection.lead(bundle)
        try:
            await self._noted(ahead, self._connection.fetch, COMMIT)
        except Refused as refused:
            refused.is_late = True
            raise

    async def _control(self, sql: str, *arguments: Any) -> None:
        """Run a statement that controls the transaction, which is over where that fails or is cut short."""
        try:
            await control(self._connection.execute(sql, *arguments))
        except asyncio.CancelledError:
            self.failure = Busy(CUT_SHORT)
            raise
        except Exception as failure:
            self.failure = failure
            raise

    async def _settle(self) -> None:
        """Have nothing left that was to be sent with the next statement, which is none that could take it along.

        Raises:
            Exception: what the transaction has failed with.
        """
        if self.failure is not None:
            raise self.failure
        ahead, self._ahead = self._ahead, []
        if not self.has_begun:
            self.has_begun = True
            await self._control("BEGIN")
        try:
            for each in ahead:
                await self._noted([each], self._connection.fetch, each.sql, *each.arguments)
        except Refused as refused:
            refused.is_late = True
            raise

    async def _run(self, sql: str, run: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Run a statement, behind all that was to be sent with it."""
        if self.failure is not None:
            raise self.failure
        ahead = self._ahead
        if ahead or not self.has_begun:
            if (bundle := await self._bundle(sql, ahead)) is None:
                ahead = []
                await self._settle()
            else:
                self._ahead = []
                self._connection.lead(bundle)
        return await self._noted([*ahead, SqlCall(sql, ())], run, *arguments)

    async def _bundle(self, sql: str, ahead: Sequence[SqlCall]) -> list[bytes] | None:
        """What goes ahead of a statement, BEGIN too if need be; None where all has to be sent one by one."""
        try:
            bundle: list[bytes] | None = await self._connection.bundle(sql, ahead, begins=not self.has_begun)
        except asyncio.CancelledError:
            self.failure = Busy(CUT_SHORT)
            raise
        except Exception as failure:
            self.failure = translated(failure)
            raise self.failure from failure
        if bundle is not None:
            self.has_begun = True
        return bundle

    async def _noted(
        self, sent: Sequence[SqlCall], run: Callable[..., Awaitable[Any]], *arguments: Any
    ) -> Any:
        """Run statements, and tell of them."""
        if self._database.on_statement is not None:
            for each in sent:
                self._database.on_statement(each.sql)
        begun = perf_counter()
        try:
            records = await run(*arguments)
        except asyncio.CancelledError:
            # whoever stops waiting for one statement and goes on must not commit half of what they meant
            self.failure = Busy(CUT_SHORT)
            raise
        except Exception as failure:
            self.failure = translated(failure)
            self.is_unknown = self._connection.end_lead()
            if isinstance(self.failure, Refused):
                self.failure.is_late = len(sent) > 1 and self._connection.failed_ahead
            raise self.failure from failure
        if self._database.after_statement is not None:
            rows = len(records) if isinstance(records, list) else 0
            seconds = perf_counter() - begun
            *ahead, last = sent
            for each in ahead:
                self._database.after_statement(each.sql, 0, 0.0)
            self._database.after_statement(last.sql, rows, seconds)
        return records
