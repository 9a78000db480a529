"""PostgreSQL connections whose reads are counted as they come, and whose statements can be sent several at once.

asyncpg makes records of all that a statement returns before it hands them over; a cursor would cost each page three
messages more.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

import asyncpg

from gateway.db.failures import TooLarge
from gateway.db.metering import Meter
from gateway.db.pipelining import BEGIN, SYNC, OtherAnswers, execution


class SqlCall(NamedTuple):
    """A statement with its arguments, as the driver gets them."""

    sql: str
    arguments: Sequence[Any]


class ByteCounter:
    """Stands between a connection's bytes and asyncpg's protocol, and counts them for whoever reads.

    Where too much comes the connection is closed: the server would go on sending what it has begun to send.

    Attributes:
        meter: of the reader; None between reads.
        answers: takes out what asyncpg does not know of; None where there is nothing.
        failed_ahead: whether what went ahead of asyncpg's last message has failed.
        heard_at: when something came last, of `perf_counter`.
        has_closed: whether it has closed the connection.
    """

    def __init__(self, protocol: Any) -> None:
        self.meter: Meter | None = None
        self.answers: OtherAnswers | None = None
        self.failed_ahead = False
        self.heard_at = perf_counter()
        self.has_closed = False
        self._abort = protocol.abort
        self._receive = protocol.data_received
        # asyncio's other hooks are the protocol's own.
        self.connection_lost = protocol.connection_lost
        self.eof_received = protocol.eof_received
        self.pause_writing = protocol.pause_writing
        self.resume_writing = protocol.resume_writing

    def data_received(self, data: bytes) -> None:
        """Count what has come, and hand it on (asyncio's hook)."""
        self.heard_at = perf_counter()
        if (meter := self.meter) is not None:
            meter.bytes_read += len(data)
            if meter.bytes_read > meter.bytes_enforced:
                self.meter = None
                self.has_closed = True
                self._abort()
                return
        if (answers := self.answers) is not None:
            data = answers.kept(data)
            if answers.is_over:
                self.answers, self.failed_ahead = None, answers.has_failed
        if data:
            self._receive(data)


class MeteredConnection(asyncpg.Connection):  # type: ignore[misc]  # it has no types
    """A connection of asyncpg's, which makes them with these arguments."""

    __slots__ = ("_counter",)

    def __init__(self, protocol: Any, transport: Any, *more: Any) -> None:
        super().__init__(protocol, transport, *more)
        self._counter = ByteCounter(protocol)
        transport.set_protocol(self._counter)

    @property
    def silent_seconds(self) -> float:
        """How long ago something came from the server."""
        return perf_counter() - self._counter.heard_at

    @property
    def failed_ahead(self) -> bool:
        """Whether it is no fault of the last statement's that it has failed, but of what went ahead of it."""
        return self._counter.failed_ahead

    @property
    def has_more_to_hear(self) -> bool:
        """Whether the server has not answered all that it was sent."""
        return self._counter.answers is not None or self._protocol._is_cancelling()

    async def fetch_metered(self, sql: str, arguments: Sequence[Any], meter: Meter | None) -> list[Any]:
        """The records of a statement, as `fetch` has them.

        Raises:
            TooLarge: they have more bytes than the meter's owner may read; the connection is closed.
        """
        counter = self._counter
        counter.meter = meter
        try:
            statement = self._stmt_cache.get((sql, asyncpg.Record, False))
            if statement is None:
                records: list[Any] = await self._execute(sql, arguments, 0, None)
            else:
                records = await self._run_prepared(statement, sql, arguments)
        except Exception:
            if counter.has_closed:
                raise TooLarge("The rows have too many bytes.") from None
            raise
        finally:
            counter.meter = None
        return records

    async def _run_prepared(self, statement: Any, sql: str, arguments: Sequence[Any]) -> list[Any]:
        """Run a statement that is prepared: what `_execute` comes to after three more calls that await each other."""
        try:
            records: list[Any] = await self._protocol.bind_execute(statement, arguments, "", 0, False, None)
        except asyncpg.OutdatedSchemaCacheError:
            await self.reload_schema_state()
            raise
        except asyncpg.InvalidCachedStatementError:
            # What the statement returns has changed since, as by a migration: it is prepared once more.
            self._drop_global_statement_cache()
            if self._protocol.is_in_transaction():
                raise
            records = await self._execute(sql, arguments, 0, None)
        return records

    async def bundle(self, sql: str, ahead: Sequence[SqlCall], *, begins: bool) -> list[bytes] | None:
        """The messages that go ahead of a statement; None where all has to be sent one by one.

        Args:
            sql: of the statement.
            ahead: statements that return no rows.
            begins: whether BEGIN is the first of all.
        """
        others = [await self._get_statement(each.sql, None) for each in ahead]
        if ahead:
            await self._get_statement(sql, None)  # the last, or what closes one would come between
        messages = [BEGIN] if begins else []
        for other, each in zip(others, ahead, strict=True):
            # Without a cache they have no names; in a small one, one may have driven out another.
            message = execution(other.name, each.arguments) if other.name and not other.closed else None
            if message is None:
                return None
            messages.append(message)
        return messages

    def lead(self, bundle: Sequence[bytes]) -> None:
        """Send what goes ahead of the statement that is run at once; what it fails with, the statement fails with."""
        self._counter.answers = OtherAnswers(len(bundle))
        self._transport.write(b"".join(bundle))

    def end_lead(self) -> bool:
        """Let the server be ready again, where it waits behind what went ahead for a statement that was never sent.

        asyncpg sends nothing of a statement with an argument that it cannot encode. Without a Sync the server would
        answer nothing more, if anything of what went ahead has failed.

        Returns:
            Whether it was so. asyncpg does not know then that the connection is in a transaction.
        """
        if self._counter.answers is None or self.is_closed():
            return False
        self._counter.answers.expect_no_more()
        self._transport.write(SYNC)
        return True
