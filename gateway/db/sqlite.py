"""SQLite: the embedded store. Readers on threads, one writer, write-ahead log."""

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.statements import Row, Statement, StatementCache
from gateway.db.types import fold_text
from gateway.db.vault import Vault

T = TypeVar("T")

BUSY_SECONDS = 10.0  # how long a write waits for another process's write


def connect(path: str) -> sqlite3.Connection:
    """A connection with this project's pragmas and functions. `foreign_keys` is off by SQLite's default."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA mmap_size = 268435456")
    connection.execute("PRAGMA cache_size = -16384")
    connection.create_function("fold", 1, fold_text, deterministic=True)
    return connection


class SqliteDatabase:
    """Synchronous statements on a few reader threads, each with a connection of its own, and one writer thread."""

    dialect_name = "sqlite"

    def __init__(self, path: str, *, readers: int) -> None:
        self.path = path
        self.on_statement: Callable[[str], None] | None = None
        self.vault = Vault(())
        self._statements = StatementCache(sqlite_dialect())
        self.prepare: Callable[[Hashable, Callable[[], ClauseElement]], Statement] = self._statements.get
        self._connections: list[sqlite3.Connection] = []
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(min(readers, 2 * (os.cpu_count() or 1)), "sqlite-reader")
        self._writer_thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._writer: sqlite3.Connection | None = None
        self._writing = asyncio.Lock()

    async def start(self) -> None:
        self._writer = await self._on_writer(lambda: connect(self.path))

    async def stop(self) -> None:
        self._readers.shutdown()
        self._writer_thread.shutdown()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if self.on_statement is not None:
            self.on_statement(statement.sql)
        arguments = statement.arguments(parameters)
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, self._read, statement, arguments
        )

    def _read(self, statement: Statement, arguments: list[Any]) -> list[Row]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path)
            connection.execute("PRAGMA query_only = ON")
            self._connections.append(connection)
        return statement.rows(connection.execute(statement.sql, arguments).fetchall())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["SqliteTransaction"]:
        async with self._writing:
            writer = self._writer
            assert writer is not None, "start() was not awaited"
            transaction = SqliteTransaction(self, writer)
            await self._on_writer(lambda: writer.execute("BEGIN IMMEDIATE"))
            try:
                yield transaction
                await self._on_writer(lambda: writer.execute("COMMIT"))
            except BaseException:
                # The one writer thread runs this after whatever a cancelled caller left running there.
                await asyncio.shield(self._on_writer(lambda: _roll_back(writer)))
                raise

    async def _on_writer(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer_thread, function)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.OperationalError):  # some failures have rolled back by themselves
            connection.execute("ROLLBACK")


class SqliteTransaction:
    """A transaction of the one writer; `BEGIN IMMEDIATE` already excludes every other writer."""

    def __init__(self, database: SqliteDatabase, connection: sqlite3.Connection) -> None:
        self._database = database
        self._connection = connection

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if self._database.on_statement is not None:
            self._database.on_statement(statement.sql)
        arguments = statement.arguments(parameters)
        return await self._database._on_writer(
            lambda: statement.rows(self._connection.execute(statement.sql, arguments).fetchall())
        )

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        if self._database.on_statement is not None:
            self._database.on_statement(statement.sql)
        await self._database._on_writer(
            lambda: self._connection.executemany(
                statement.sql, (statement.arguments(each) for each in parameters)
            )
        )

    async def lock(self, organization_id: str) -> None:
        pass
