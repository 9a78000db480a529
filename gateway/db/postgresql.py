"""PostgreSQL through asyncpg, for many gateway processes beside one database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from math import inf
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.database import PoolUse
from gateway.db.deadlines import Deadlines, Wait
from gateway.db.failures import TooLarge, TooSlow, Unreachable
from gateway.db.metered_connections import MeteredConnection
from gateway.db.metering import Meter, is_beyond
from gateway.db.pool import Pool
from gateway.db.postgresql_bell import PostgresqlBell
from gateway.db.postgresql_failures import LOST, translated
from gateway.db.postgresql_server import PostgresqlServer
from gateway.db.postgresql_transactions import PostgresqlTransaction, control
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

# Of the time that a read may take: for so long a connection is taken for alive behind its last answer.
TRUSTED = 0.05


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
        self.trusted_seconds = inf if seconds is None else TRUSTED * seconds
        self._refusal: Unreachable | None = None  # of the last write
        self._refused_at = 0.0  # of perf_counter

    async def start(self) -> None:
        async with self.pool.connection() as connection:
            try:
                records = await connection.fetch(
                    "SELECT collname FROM pg_collation WHERE collname = ANY($1::text[])", list(FOLDING)
                )
            except asyncpg.PostgresError as failure:
                raise translated(failure) from failure
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
            if isinstance(failure, (*LOST, asyncpg.PostgresError)):
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
    async def transaction(self, *, is_short: bool = False) -> AsyncIterator[PostgresqlTransaction]:
        connection, has_begun = await self._acquire()
        transaction = PostgresqlTransaction(self, connection, has_begun=has_begun)
        try:
            try:
                yield transaction
                await transaction.commit()
            except BaseException:
                await self._roll_back(transaction, connection)
                raise
            self._refusal = None
        except Unreachable as failure:
            self._refusal, self._refused_at = failure, perf_counter()
            raise
        finally:
            self.pool.give_up(connection)

    async def _acquire(self) -> tuple[Any, bool]:
        """A connection for a transaction, and whether the transaction has begun on it.

        A connection that was silent for a while may be lost: it has to answer before anything depends on it.
        """
        try:
            with Wait(self._deadlines):
                connection = await self.pool.acquire()
                if connection.silent_seconds < self.trusted_seconds:
                    return connection, False
                try:
                    await control(connection.execute("BEGIN"))
                except BaseException:
                    # A cancelled caller does not wait for the answer to BEGIN: whether the connection is in a
                    # transaction then is not known.
                    connection.terminate()
                    self.pool.release(connection)
                    raise
                return connection, True
        except TooSlow:
            self.pool.doubt()
            raise

    async def _roll_back(self, transaction: PostgresqlTransaction, connection: Any) -> None:
        """Roll back, or leave it to the server, which does it when the connection ends."""
        if connection.is_closed() or not transaction.has_begun:
            return
        is_inside = transaction.is_unknown or connection.is_in_transaction()
        if not (is_inside or connection.has_more_to_hear):
            return
        try:
            async with asyncio.timeout(self.pool.answer_seconds):
                await connection.execute("ROLLBACK")
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
            await control(connection.execute(WAIT_FOR_LOG))
