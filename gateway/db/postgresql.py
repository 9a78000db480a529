"""PostgreSQL through asyncpg, for many gateway processes beside one database."""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.statements import Row, Statement, StatementCache
from gateway.db.vault import Vault

FOLDING = ("pg_c_utf8", "und-x-icu", "C")  # PostgreSQL 17's own, ICU's where built in, ASCII only


class _Dialect(asyncpg_dialect):
    fold_collation = FOLDING[-1]
    supports_statement_cache = True


async def _keep(connection: asyncpg.Connection) -> None:
    """Nothing outlives a statement or a transaction here, so a released connection needs no reset round trip."""


async def _set_up(connection: asyncpg.Connection) -> None:
    # just-in-time compilation costs more than any query of this gateway takes
    await connection.execute("SET jit = off; SET timezone = 'UTC'; SET plan_cache_mode = 'auto'")


class PostgresqlDatabase:
    """A pool of connections on which compiled statements run directly."""

    dialect_name = "postgresql"

    def __init__(self, url: str, *, connections: int, statement_cache: int) -> None:
        self.url = url
        self.on_statement: Callable[[str], None] | None = None
        self.vault = Vault(())
        self._dialect: Any = _Dialect()  # type: ignore[no-untyped-call]
        self._statements = StatementCache(self._dialect)
        self.prepare: Callable[[Hashable, Callable[[], ClauseElement]], Statement] = self._statements.get
        self._connections = connections
        self._statement_cache = statement_cache
        self._pool: asyncpg.Pool | None = None

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(
            self.url,
            min_size=1,
            max_size=self._connections,
            statement_cache_size=self._statement_cache,
            max_cached_statement_lifetime=0,
            init=_set_up,
            reset=_keep,
        )
        async with self._pool.acquire() as connection:
            records = await connection.fetch(
                "SELECT collname FROM pg_collation WHERE collname = ANY($1::text[])", list(FOLDING)
            )
        offered = {record[0] for record in records}
        self._dialect.fold_collation = next(name for name in FOLDING if name in offered)

    async def stop(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    @property
    def pool(self) -> asyncpg.Pool:
        assert self._pool is not None, "start() was not awaited"
        return self._pool

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if self.on_statement is not None:
            self.on_statement(statement.sql)
        arguments = statement.arguments(parameters)
        async with self.pool.acquire() as connection:
            records = await connection.fetch(statement.sql, *arguments)
        return statement.rows(records)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["PostgresqlTransaction"]:
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresqlTransaction(self, connection)


class PostgresqlTransaction:
    """A transaction on one connection of the pool."""

    def __init__(self, database: PostgresqlDatabase, connection: Any) -> None:
        self._database = database
        self._connection = connection

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if self._database.on_statement is not None:
            self._database.on_statement(statement.sql)
        return statement.rows(await self._connection.fetch(statement.sql, *statement.arguments(parameters)))

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        if self._database.on_statement is not None:
            self._database.on_statement(statement.sql)
        await self._connection.executemany(statement.sql, [statement.arguments(each) for each in parameters])

    async def lock(self, organization_id: str) -> None:
        # Of the transaction, not of the session: session locks break behind PgBouncer.
        await self._connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", organization_id
        )
