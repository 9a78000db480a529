"""SQLite: the embedded store. Short reads on the event loop itself, long ones on threads, one writer, write-ahead log.

Handing a statement to a thread costs several times what the query of a row or a page by index takes.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.database import PoolUse
from gateway.db.deadlines import Deadlines, Wait
from gateway.db.failures import Unreachable
from gateway.db.folding import fold_text
from gateway.db.metering import Meter, is_beyond
from gateway.db.sqlite_bell import SqliteBell
from gateway.db.sqlite_failures import is_lost, translated
from gateway.db.sqlite_files import address, make_file, write_nothing
from gateway.db.sqlite_reading import read_measured
from gateway.db.sqlite_threads import SqliteThreads
from gateway.db.sqlite_transactions import SqliteTransaction
from gateway.db.sqlite_work import HERE_CHARACTERS, HERE_SECONDS, LOOK
from gateway.db.sqlite_writing import SqliteWriter
from gateway.db.statements import Row, Statement, StatementCache
from gateway.db.vault import Vault

T = TypeVar("T")

BUSY_SECONDS = 10.0  # how long a write waits for another process's write
CHECK_SECONDS = 1.0  # how long another process may write before writes are said to be impossible
NOT_HERE = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_BUSY)


def connect(
    path: str, *, statements: int = 128, kibibytes: int = 2048, makes_file: bool = False
) -> sqlite3.Connection:
    """A connection with this project's pragmas and functions. `foreign_keys` is off by SQLite's default.

    Args:
        statements: how many prepared ones it keeps.
        kibibytes: of pages that it keeps; the system's cache has all of them once.
        makes_file: whether a file that is not there is made.
    """
    if makes_file:
        make_file(path)
    connection = sqlite3.connect(
        address(path),
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=statements,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it is told of
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{kibibytes}")
    connection.create_function("fold", 1, fold_text, deterministic=True)
    return connection


class SqliteDatabase:
    """Synchronous statements: short reads here, long ones on reader threads, writes on the one writer thread."""

    dialect_name = "sqlite"
    uncounted = None

    def __init__(self, path: str, *, readers: int, seconds: float | None = None) -> None:
        self.path = path
        self.on_statement: Callable[[str], None] | None = None
        self.after_statement: Callable[[str, int, float], None] | None = None
        self.meter: Callable[[], Meter | None] | None = None
        self.after_events: Callable[[str], None] | None = None
        self.vault = Vault(())
        self._statements = StatementCache(sqlite_dialect())
        self.prepare: Callable[[Hashable, Callable[[], ClauseElement]], Statement] = self._statements.get
        self._is_open = False
        self._here: sqlite3.Connection | None = None
        self._until = 0.0  # when the loop's own statement has had its time, of perf_counter
        self._readers = SqliteThreads(
            self._connect_reader, min(readers, 2 * (os.cpu_count() or 1)), "sqlite-reader"
        )
        self._writer = SqliteWriter(self._connect_writer)
        self._deadlines = Deadlines(seconds)

    async def start(self) -> None:
        """Open the file, with a connection for statements that are answered at once.

        Raises:
            Unreachable: the file cannot be used.
        """
        try:
            await self._writer.threads.run(lambda writer: writer.execute("SELECT 1 FROM sqlite_schema"))
        except sqlite3.Error as failure:
            raise Unreachable(f"The database file {self.path} cannot be used: {failure}.") from failure
        self._is_open = True
        self._open_here()

    async def stop(self) -> None:
        self._is_open = False
        self._readers.stop()
        self._writer.threads.stop()
        self._close_here()

    @property
    def use(self) -> PoolUse:
        return PoolUse(0, 0, self._readers.waiting + self._writer.threads.waiting)

    def bell(self) -> SqliteBell:
        return SqliteBell(self._connect_reader)

    def _open_here(self) -> sqlite3.Connection:
        """The loop's own connection, a new one."""
        if not self._is_open:
            raise Unreachable("The database connections are closed.")
        here = self._reading(connect(self.path))
        here.execute("PRAGMA busy_timeout = 0")  # the threads wait, if there is anything to wait for
        here.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, HERE_CHARACTERS)
        here.set_progress_handler(lambda: perf_counter() > self._until, LOOK)
        self._here = here
        return here

    def _close_here(self) -> None:
        if self._here is not None:
            self._here.close()
            self._here = None

    def _connect_writer(self) -> sqlite3.Connection:
        # of a long import's pages, those that do not fit are written more than once
        return connect(self.path, kibibytes=32768, makes_file=not self._is_open)

    def _connect_reader(self) -> sqlite3.Connection:
        return self._reading(connect(self.path, statements=16, kibibytes=1024))

    def _reading(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.execute("PRAGMA query_only = ON")
        return connection

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if not statement.reads:
            raise TypeError("A statement that writes needs a transaction.")
        if self.on_statement is not None:
            self.on_statement(statement.sql)
        begun = perf_counter()
        meter = None if self.meter is None else self.meter()
        try:
            rows = await self._fetch(statement, statement.arguments(parameters), meter)
        except sqlite3.Error as failure:
            if is_lost(failure):
                self._close_here()
            if (named := translated(failure)) is failure:
                raise
            raise named from failure
        if is_beyond(meter):
            await meter.charge_read()
        if self.after_statement is not None:
            self.after_statement(statement.sql, len(rows), perf_counter() - begun)
        return rows

    async def _fetch(self, statement: Statement, arguments: Sequence[Any], meter: Meter | None) -> list[Row]:
        """The rows, read here or, where that takes long, on a thread."""
        if not statement.is_slow:
            here = self._here or self._open_here()
            self._until = perf_counter() + HERE_SECONDS
            try:
                records = here.execute(statement.sql, arguments).fetchall()
            except (sqlite3.OperationalError, sqlite3.DataError) as failure:
                code = failure.sqlite_errorcode & 0xFF
                if code not in NOT_HERE:
                    raise
                statement.is_slow = code != sqlite3.SQLITE_BUSY
            else:
                if meter is not None and meter.has_read_much:
                    meter.bytes_read += statement.weight(records)
                return statement.rows(records)
        with Wait(self._deadlines):
            return await self._readers.run(
                lambda connection: self._read(connection, statement, arguments, meter)
            )

    def _read(
        self,
        connection: sqlite3.Connection,
        statement: Statement,
        arguments: Sequence[Any],
        meter: Meter | None,
    ) -> list[Row]:
        begun = perf_counter()
        records = read_measured(connection, statement, arguments, meter)
        if perf_counter() - begun < HERE_SECONDS / 2:
            statement.is_slow = False
        return statement.rows(records)

    def transaction(self, *, is_short: bool = False) -> AbstractAsyncContextManager[SqliteTransaction]:
        return self._writer.transaction(self, is_short=is_short)

    async def check_writes(self) -> None:
        try:
            await asyncio.to_thread(write_nothing, self.path, CHECK_SECONDS)
        except sqlite3.Error as failure:
            raise translated(failure) from failure

    async def make_durable(self) -> None:
        """Every commit has waited for the disk."""
