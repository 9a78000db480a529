"""PostgreSQL through asyncpg, for many gateway processes beside one database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.database import PoolUse, Step
from gateway.db.deadlines import Deadlines, Wait
from gateway.db.failures import Busy, TooLarge, TooSlow, Unreachable, ends_transaction
from gateway.db.metered_connections import MeteredConnection
from gateway.db.metering import Meter, is_beyond
from gateway.db.pool import Pool
from gateway.db.postgresql_bell import PostgresqlBell
from gateway.db.postgresql_failures import LOST, translated
from gateway.db.postgresql_server import PostgresqlServer
from gateway.db.statements import Row, Statement, StatementCache
from gateway.db.vault import Vault

FOLDING = ("pg_c_utf8", "und-x-icu", "C")  # PostgreSQL 17's own, ICU's where built in, ASCII only

# A transaction waits for the log up to its own record, other transactions' included.
WAIT_FOR_LOG = (
    "BEGIN; SET LOCAL synchronous_commit = on; SELECT pg_logical_emit_message(true, 'gateway', ''); COMMIT"
)

# The server ends by itself what this process does not: writes, and what it left when it was killed. These are shares of
# the time that a read may take; an operator's own timeout stays where it is shorter.
AT_SERVER = {"lock_timeout": 1.25, "statement_timeout": 1.5}
LIMIT_AT_SERVER = (
    "SELECT set_config(name, $2, false) FROM pg_settings "
    "WHERE name = $1 AND (setting = '0' OR setting::bigint > $2::bigint)"
)

IS_READ_ONLY = "transaction_read_only"  # "on" at a standby, too

REFUSAL_SECONDS = 60.0  # for which a refused write stands for those to come, unless one succeeds


class _Dialect(asyncpg_dialect):
    fold_collation = FOLDING[-1]
    supports_statement_cache = True


class PostgresqlDatabase:
    """A pool of connections on which compiled statements run directly."""

    dialect_name = "postgresql"
    uncounted = None

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        statement_cache: int,
        seconds: float | None = None,
        listen_url: str = "",
    ) -> None:
        self.server = PostgresqlServer.of(url)
        self._listened_to = PostgresqlServer.of(listen_url) if listen_url else self.server
        self.on_statement: Callable[[str], None] | None = None
        self.after_statement: Callable[[str, int, float], None] | None = None
        self.meter: Callable[[], Meter | None] | None = None
        self.after_events: Callable[[str], None] | None = None
        self.vault = Vault(())
        self._dialect: Any = _Dialect()  # type: ignore[no-untyped-call]
        self._statements = StatementCache(self._dialect)
        self.prepare: Callable[[Hashable, Callable[[], ClauseElement]], Statement] = self._statements.get
        self._statement_cache = statement_cache
        self.pool = Pool(self._connect, connections)
        self._deadlines = Deadlines(seconds)
        self._refusal: Unreachable | None = None  # of the last write
        self._refused_at = 0.0  # of perf_counter

    async def start(self) -> None:
        async with self.pool.connection() as connection:
            records = await connection.fetch(
                "SELECT collname FROM pg_collation WHERE collname = ANY($1::text[])", list(FOLDING)
            )
        offered = {record[0] for record in records}
        self._dialect.fold_collation = next(name for name in FOLDING if name in offered)

    async def stop(self) -> None:
        await self.pool.close()

    @property
    def use(self) -> PoolUse:
        return self.pool.use

    def bell(self) -> PostgresqlBell:
        return PostgresqlBell(self._listened_to)

    async def _connect(self) -> MeteredConnection:
        connection = await self.server.connect(statement_cache=self._statement_cache)
        try:
            # just-in-time compilation costs more than any query of this gateway takes
            await connection.execute("SET jit = off; SET timezone = 'UTC'; SET plan_cache_mode = 'auto'")
            if (seconds := self._deadlines.seconds) is not None:
                for name, share in AT_SERVER.items():
                    await connection.execute(LIMIT_AT_SERVER, name, str(round(seconds * share * 1000)))
        except BaseException as failure:
            connection.terminate()
            if isinstance(failure, LOST):
                raise translated(failure) from failure
            raise
        return connection

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if not statement.reads:
            raise TypeError("A statement that writes needs a transaction.")
        if self.on_statement is not None:
            self.on_statement(statement.sql)
        begun = perf_counter()
        arguments = statement.arguments(parameters)
        meter = None if self.meter is None else self.meter()
        try:
            with Wait(self._deadlines):
                connection = await self.pool.acquire()
                try:
                    records = await connection.fetch_metered(statement.sql, arguments, meter)
                except BaseException as failure:
                    records = await self._recover(connection, statement, arguments, meter, failure)
                else:
                    self.pool.release(connection)
        except TooSlow:
            self.pool.doubt()
            raise
        except TooLarge:
            assert meter is not None
            await meter.charge_read()
            raise
        if is_beyond(meter):
            await meter.charge_read()
        if self.after_statement is not None:
            self.after_statement(statement.sql, len(records), perf_counter() - begun)
        return statement.rows(records)

    async def _recover(
        self,
        connection: Any,
        statement: Statement,
        arguments: Sequence[Any],
        meter: Meter | None,
        failure: BaseException,
    ) -> list[Any]:
        """The records after all, where the connection is gone; it is given back in any case."""
        try:
            if isinstance(failure, asyncpg.InternalClientError):
                connection.terminate()  # the server was just taking leave: the driver is between two states
            if isinstance(failure, LOST) and connection.is_closed():
                return await self._again(statement, arguments, meter, failure)
        finally:
            self.pool.give_up(connection)
        named = translated(failure) if isinstance(failure, asyncpg.PostgresError) else failure
        try:
            if named is failure:
                raise failure
            raise named from failure
        finally:
            # A frame that holds what is raised from it is a cycle of all that it was about to read.
            del failure, named

    async def _again(
        self, statement: Statement, arguments: Sequence[Any], meter: Meter | None, failure: Exception
    ) -> list[Any]:
        """Read once more on a new connection: the server was restarted, or closed a connection that was idle."""
        connection = await self._connect()
        try:
            return await connection.fetch_metered(statement.sql, arguments, meter)
        except LOST:
            raise Unreachable(f"The PostgreSQL server is gone: {failure}") from failure
        finally:
            connection.terminate()

    @asynccontextmanager
    async def transaction(self, *, is_short: bool = False) -> AsyncIterator["PostgresqlTransaction"]:
        connection, block = await self._begin()
        try:
            transaction = PostgresqlTransaction(self, connection)
            try:
                yield transaction
                if transaction.failure is not None:
                    raise transaction.failure
            except BaseException:
                await self._roll_back(connection, block)
                raise
            await _control(block.commit())
            self._refusal = None
        except Unreachable as failure:
            self._refusal, self._refused_at = failure, perf_counter()
            raise
        finally:
            self.pool.give_up(connection)

    async def _begin(self) -> tuple[Any, Any]:
        """A connection, and the transaction that it is in."""
        try:
            with Wait(self._deadlines):
                connection = await self.pool.acquire()
                block = connection.transaction()
                try:
                    await _control(block.start())
                except BaseException:
                    # A cancelled caller does not wait for the answer to BEGIN: whether the connection is in a
                    # transaction then is not known, and the driver takes the next one for a part of this one.
                    connection.terminate()
                    self.pool.release(connection)
                    raise
                return connection, block
        except TooSlow:
            self.pool.doubt()
            raise

    async def _roll_back(self, connection: Any, block: Any) -> None:
        """Roll back, or leave it to the server, which does it when the connection ends."""
        try:
            async with asyncio.timeout(self.pool.answer_seconds):
                await block.rollback()
        except TimeoutError:
            self.pool.lose(connection)
        except LOST:
            pass  # what is not rolled back, `release` replaces

    async def check_writes(self) -> None:
        """Find out whether writes are taken, too.

        Raises:
            Unreachable: this is a standby, transactions only read, or the last write was refused a moment ago.
        """
        read_only = self.prepare(
            ("read only",), lambda: select(func.current_setting(IS_READ_ONLY).label("is_on"))
        )
        [row] = await self.fetch(read_only, {})
        if row.is_on == "on":
            raise Unreachable(
                "The PostgreSQL server refuses: it is a standby, or its transactions only read."
            )
        # A full disk, for one, shows by no setting.
        if self._refusal is not None and perf_counter() - self._refused_at < REFUSAL_SECONDS:
            raise self._refusal

    async def make_durable(self) -> None:
        async with self.pool.connection() as connection:
            if self.on_statement is not None:
                self.on_statement(WAIT_FOR_LOG)
            await _control(connection.execute(WAIT_FOR_LOG))


async def _control(statement: Awaitable[Any]) -> None:
    try:
        await statement
    except (*LOST, asyncpg.PostgresError) as failure:
        raise translated(failure) from failure


class PostgresqlTransaction:
    """A transaction on one connection of the pool."""

    def __init__(self, database: PostgresqlDatabase, connection: Any) -> None:
        self._database = database
        self._connection = connection
        self.failure: Exception | None = None

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        meter = None if self._database.meter is None else self._database.meter()
        fetch, arguments = self._connection.fetch_metered, statement.arguments(parameters)
        try:
            records = await self._run(statement.sql, fetch, statement.sql, arguments, meter)
        except TooLarge:
            assert meter is not None
            await meter.charge_read()
            raise
        return statement.rows(records)

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        if len(parameters) == 1:  # a batch of one is a task and three messages more
            await self._run(
                statement.sql, self._connection.fetch, statement.sql, *statement.arguments(parameters[0])
            )
            return
        arguments = map(statement.arguments, parameters)
        await self._to_the_end(
            self._run(statement.sql, self._connection.executemany, statement.sql, arguments)
        )

    async def insert_many(
        self, table: str, statement: Statement, parameters: Sequence[Mapping[str, Any]]
    ) -> None:
        def copy(table: str) -> Awaitable[Any]:
            records = map(statement.arguments, parameters)
            copied: Awaitable[Any] = self._connection.copy_records_to_table(
                table, columns=statement.names, records=records
            )
            return copied

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

    async def run_last(self, steps: Sequence[Step]) -> None:
        await self.run_steps(steps)

    async def hold(self, name: str, *, alone: bool = False) -> None:
        if self.failure is not None:
            raise self.failure
        way = "" if alone else "_shared"
        # Of the transaction, not of the session: session locks break behind PgBouncer.
        sql = f"SELECT pg_advisory_xact_lock{way}(hashtextextended($1, 1))"
        await _control(self._connection.execute(sql, name))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        if self.failure is not None:
            raise self.failure
        await _control(self._connection.execute("SAVEPOINT part"))
        try:
            yield
            if self.failure is not None:
                raise self.failure
        except BaseException:
            if not ends_transaction(self.failure):
                self.failure = None
                await _control(self._connection.execute("ROLLBACK TO part; RELEASE part"))
            raise
        await _control(self._connection.execute("RELEASE part"))

    async def _run(self, sql: str, run: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        if self.failure is not None:
            raise self.failure
        if self._database.on_statement is not None:
            self._database.on_statement(sql)
        begun = perf_counter()
        try:
            records = await run(*arguments)
        except asyncio.CancelledError:
            # whoever stops waiting for one statement and goes on must not commit half of what they meant
            self.failure = Busy("A statement of the transaction was cut short.")
            raise
        except Exception as failure:
            self.failure = translated(failure)
            raise self.failure from failure
        if self._database.after_statement is not None:
            rows = len(records) if isinstance(records, list) else 0
            self._database.after_statement(sql, rows, perf_counter() - begun)
        return records
