"""One interface for both databases: `fetch` a statement's rows, or open a `transaction`."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.sql.expression import ClauseElement

from gateway.db.bells import Bell
from gateway.db.metering import Meter
from gateway.db.statements import Row, Statement
from gateway.db.urls import is_sqlite, sqlite_path
from gateway.db.vault import Vault


class Uncounted(Protocol):
    """What one transaction adds to the counters; it writes this as its last act."""

    def rows(self, table: str, limits: Mapping[str, str]) -> int:
        """How many rows of a table were added and not removed again.

        Args:
            table: its name.
            limits: the kind and the status of the rows that are counted, or one of these, or neither.
        """

    def values(self, table: str, column: str) -> set[str]:
        """The kinds or the statuses of the rows that came or went.

        Args:
            table: its name.
            column: ``kind`` or ``status``.
        """

    def children(self, table: str) -> Mapping[str, int]:
        """How many children came and did not go, by parent; a parent that is not named here lost and got none."""


class Reader(Protocol):
    """What reads go through: the store, or one transaction, which sees what it has written so far."""

    @property
    def dialect_name(self) -> str:
        """``sqlite`` or ``postgresql``."""

    @property
    def vault(self) -> Vault:
        """Seals and opens the columns that are encrypted at rest."""

    @property
    def uncounted(self) -> Uncounted | None:
        """What a transaction has written that the stored counters lack so far; None outside a transaction."""

    def prepare(self, key: Hashable, build: Callable[[], ClauseElement]) -> Statement:
        """The statement of ``key``, built and compiled if this is its first use."""

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement and return its rows; outside of a transaction it must be one that reads.

        Raises:
            DatabaseFailure: there is no answer, or none in time.
        """


Step = tuple[Statement, Sequence[Mapping[str, Any]]]
"""A statement, and each set of parameters that it is run with."""


class Transaction(Protocol):
    """Everything in it is committed together, or nothing is."""

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement and return its rows."""

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once for each set of parameters."""

    async def insert_many(
        self, table: str, statement: Statement, parameters: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert many rows; ``statement`` inserts one, its parameters named as the columns of ``table``."""

    async def run_steps(self, steps: Sequence[Step]) -> None:
        """Run statements one after another, each once per set of its parameters, and everything from `run_soon`."""

    async def run_soon(self, steps: Sequence[Step]) -> None:
        """Run statements like `run_steps`, or with the next ones if that costs less: then they may fail there."""

    async def run_last(self, steps: Sequence[Step]) -> None:
        """Run statements like `run_steps`, or together with the commit if that costs less: then they may fail there."""

    async def hold(self, name: str, *, alone: bool = False) -> None:
        """Lock a name until the end of this transaction, shared or exclusively; waits until that is possible."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """A part of the transaction: if the block raises, what it wrote is undone, and the rest can continue.

        A refused row ends the part alone; any other failure of the database ends the transaction.
        """


@dataclass(frozen=True, slots=True)
class PoolUse:
    """What becomes of a store's connections at one moment.

    Attributes:
        used: are in use, being opened or asked whether they live.
        idle: are open, and nobody uses them.
        waiting: callers who wait for one, or for a thread.
    """

    used: int
    idle: int
    waiting: int


class Database(Reader, Protocol):
    """A store. Reads do not wait for writes; nobody waits for a connection while holding one."""

    on_statement: Callable[[str], None] | None
    """Called with the SQL text of every statement before it runs."""
    after_statement: Callable[[str, int, float], None] | None
    """Called behind every statement that was answered: its SQL text, the number of rows, and the seconds it took."""
    meter: Callable[[], Meter | None] | None
    """Finds the meter of whoever reads; None where nobody is measured."""
    after_events: Callable[[str], None] | None
    """Called behind every transaction that told events, with the organization whose they are."""
    vault: Vault
    """Without keys until `gateway.db.keys.unlock`."""

    async def start(self) -> None:
        """Open the connections; called inside the running event loop."""

    async def stop(self) -> None:
        """Close the connections."""

    @property
    def use(self) -> PoolUse:
        """How its connections are used right now; the embedded database has threads instead, for which callers wait."""

    def bell(self) -> Bell:
        """A bell that all processes of this store ring and hear."""

    def transaction(self, *, is_short: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """One writing transaction: commits at the end of the block, rolls back if it raises.

        Args:
            is_short: whether others may wait for it: on SQLite it begins with its first statement then, and may be
                committed together with others. The block's end waits for that.
        """

    async def check_writes(self) -> None:
        """Find out whether writes are taken, too.

        Raises:
            DatabaseFailure: they are not, now: the disk is full, another process writes for long, or this is a standby.
        """

    async def make_durable(self) -> None:
        """Make sure that everything committed is on the disk, which a store need not do at once.

        Inside a transaction on PostgreSQL this takes a second connection.
        """


def open_database(
    url: str,
    *,
    connections: int = 8,
    statement_cache: int = 128,
    seconds: float | None = None,
    listen_url: str = "",
) -> Database:
    """The database of ``sqlite:///FILE`` or ``postgresql://…``; call `start` before using it.

    Args:
        url: where it is.
        connections: connections of the pool, or reader threads.
        statement_cache: prepared statements kept per PostgreSQL connection.
        seconds: how long a read may take, with the wait for a connection; None for any time.
        listen_url: where PostgreSQL is listened to, past a pooler that loses LISTEN; empty for the same place.

    Raises:
        InvalidUrl: a URL asks for what cannot be done.
    """
    if is_sqlite(url):
        from gateway.db.sqlite import SqliteDatabase

        return SqliteDatabase(sqlite_path(url), readers=connections, seconds=seconds)
    from gateway.db.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(
        url,
        connections=connections,
        statement_cache=statement_cache,
        seconds=seconds,
        listen_url=listen_url,
    )
