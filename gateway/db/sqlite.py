"""SQLite: the embedded store. Short reads on the event loop itself, long ones on threads, one writer, write-ahead log.

Handing a statement to a thread costs several times what the query of a row or a page by index takes.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.database import Step
from gateway.db.deadlines import Deadlines, Wait
from gateway.db.failures import Busy, Unreachable, ends_transaction
from gateway.db.folding import fold_text
from gateway.db.metering import Meter, is_beyond, is_cut_short
from gateway.db.sqlite_bell import SqliteBell
from gateway.db.sqlite_failures import is_lost, translated
from gateway.db.sqlite_files import address, make_file, write_nothing
from gateway.db.sqlite_reading import read_measured
from gateway.db.sqlite_threads import SqliteThreads
from gateway.db.statements import Row, Statement, StatementCache
from gateway.db.vault import Vault

T = TypeVar("T")

BUSY_SECONDS = 10.0  # how long a write waits for another process's write
CHECK_SECONDS = 1.0  # how long another process may write before writes are said to be impossible
HERE_SECONDS = 0.002  # how long a read may hold up the event loop before it moves to a thread
HERE_BYTES = 32_000  # of the longest text that is read or given there: longer ones are measured
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
        self._writer = SqliteThreads(self._connect_writer, 1, "sqlite-writer")
        self._writing = asyncio.Lock()
        self._deadlines = Deadlines(seconds)

    async def start(self) -> None:
        """Open the file, with a connection for statements that are answered at once.

        Raises:
            Unreachable: the file cannot be used.
        """
        try:
            await self._writer.run(lambda writer: writer.execute("SELECT 1 FROM sqlite_schema"))
        except sqlite3.Error as failure:
            raise Unreachable(f"The database file {self.path} cannot be used: {failure}.") from failure
        self._is_open = True
        self._open_here()

    async def stop(self) -> None:
        self._is_open = False
        self._readers.stop()
        self._writer.stop()
        self._close_here()

    def bell(self) -> SqliteBell:
        return SqliteBell(self._connect_reader)

    def _open_here(self) -> sqlite3.Connection:
        """The loop's own connection, a new one."""
        if not self._is_open:
            raise Unreachable("The database connections are closed.")
        here = self._reading(connect(self.path))
        here.execute("PRAGMA busy_timeout = 0")  # the threads wait, if there is anything to wait for
        here.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, HERE_BYTES)
        here.set_progress_handler(lambda: perf_counter() > self._until, 5000)
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

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["SqliteTransaction"]:
        async with self._writing:
            transaction = SqliteTransaction(self, self._writer)
            try:
                await self._writer.run(_begin)
                yield transaction
                if transaction.failure is not None:
                    raise transaction.failure
                await self._writer.run(lambda writer: writer.execute("COMMIT"), interruptible=False)
            except BaseException as failure:
                # The one writer thread runs this after whatever a cancelled caller left there, a BEGIN included.
                await asyncio.shield(self._writer.run(_roll_back, interruptible=False))
                if isinstance(failure, sqlite3.Error):
                    raise translated(failure) from failure
                raise

    async def check_writes(self) -> None:
        try:
            await asyncio.to_thread(write_nothing, self.path, CHECK_SECONDS)
        except sqlite3.Error as failure:
            raise translated(failure) from failure

    async def make_durable(self) -> None:
        """Every commit has waited for the disk."""


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.OperationalError):  # some failures have rolled back by themselves
            connection.execute("ROLLBACK")


def _undo_part(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK TO part")
    connection.execute("RELEASE part")


class SqliteTransaction:
    """A transaction of the one writer; `BEGIN IMMEDIATE` already excludes every other writer."""

    def __init__(self, database: SqliteDatabase, writer: SqliteThreads) -> None:
        self._database = database
        self._writer = writer
        self.failure: Exception | None = None

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
        given = [(statement.sql, map(statement.arguments, parameters)) for statement, parameters in steps]

        def run(writer: sqlite3.Connection) -> None:
            for sql, arguments in given:
                writer.executemany(sql, arguments)

        await self._run([statement for statement, _ in steps], run)

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
        await self._writer.run(lambda writer: writer.execute("SAVEPOINT part"))
        try:
            yield
            if self.failure is not None:
                raise self.failure
        except BaseException:
            if not ends_transaction(self.failure):
                self.failure = None
                await self._writer.run(_undo_part, interruptible=False)
            raise
        await self._writer.run(lambda writer: writer.execute("RELEASE part"))

    async def _run(self, statements: Sequence[Statement], work: Callable[[sqlite3.Connection], T]) -> T:
        if self.failure is not None:
            raise self.failure
        if self._database.on_statement is not None:
            for each in statements:
                self._database.on_statement(each.sql)
        begun = perf_counter()
        try:
            made = await self._writer.run(work)
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
        return made
