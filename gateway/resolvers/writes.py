"""The write seam: every change of rows goes through here, and is not committed without an event.

`writing` is one transaction of one organization, for commands of the operator, whom nobody limits. What a viewer
changes goes through `Context.write`, whose `ViewerWrite` is the same with the viewer's scope, sight and limits asked.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Table

from gateway.db import tables as db
from gateway.db.database import Database, Transaction
from gateway.db.failures import Refused, Rule
from gateway.db.filters import is_text
from gateway.db.idempotency import is_taken, keeping
from gateway.db.numbers import numbered_columns
from gateway.db.statements import Row, Statement
from gateway.db.tables.columns import EVERY_KIND
from gateway.db.values import check_changed_names
from gateway.db.writes import Changes
from gateway.events.log import OPERATOR, Actor, Event, append
from gateway.resolvers.errors import Forbidden, NotFound
from gateway.resolvers.once import PATIENCE, KeyTaken
from gateway.resolvers.recording import told
from gateway.resolvers.shown import changed
from gateway.resolvers.verbatim import still_kept

if TYPE_CHECKING:  # a context opens writes, and a write has a context
    from gateway.resolvers.context import Context


class Untold(RuntimeError):
    """A programming error: a row changed without an event, so nothing was committed.

    An event tells of its subject, and that of a connection request tells of the rows that are parts of it, too
    (`gateway.db.changed_rows.is_part`). One without a subject's id tells of all rows of its tables.
    """


class Write(Changes):
    """The changes of one block, and what they mean.

    Attributes:
        patience: ends the write where it takes long to claim its idempotency key; None once that is done.
    """

    def __init__(self, database: Database, transaction: Transaction, organization_id: str) -> None:
        super().__init__(database, transaction, organization_id)
        self._events: list[Event] = []
        self._turn = asyncio.Lock()
        self.patience: asyncio.Timeout | None = None

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement in the transaction and return its rows.

        Loaders may ask at the same time, and a connection answers one after the other.
        """
        async with self._turn:
            try:
                rows = await super().fetch(statement, parameters)
                self._claim_stands()
                return rows
            except Refused as refused:
                if refused.is_late:
                    raise self.meaning(refused) from None
                raise

    def _claim_stands(self) -> None:
        """Note that the store has answered all that was sent until now."""
        if self.patience is not None:
            self.patience.reschedule(None)
            self.patience = None

    @staticmethod
    def meaning(refused: Refused) -> Exception:
        """What it says to whoever asked for the change that the store refuses."""
        return refused

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the changes: where the block raises, it has changed, counted and told nothing."""
        events = len(self._events)
        try:
            async with super().attempt():
                yield
        except BaseException:
            del self._events[events:]
            raise

    def happened(self, event: Event) -> None:
        """Note an event; it is appended when the block ends."""
        self._events.append(event)

    @property
    def has_told(self) -> bool:
        """Whether any event tells of it."""
        return bool(self._events)

    async def finish(self, actor: Actor) -> None:
        """Write what comes last in a block, in an order that prevents deadlocks between writers.

        The organization's version, whose row is the lock of its log, is moved only after all rows are written: a lock
        that is taken earlier would deadlock with a writer that waits for one of those rows.

        Raises:
            Untold: a row changed, and no event tells of it.
        """
        await self.send(soon=True)
        await self._check_told()
        await self.write_numbers()
        if self._events or self.uncounted or self.moved:
            await append(self, told(self._events, self.untold), actor)
        elif self.kept is not None:
            statement = self.prepare(("keep for a key",), keeping)
            await self.run_many(statement, [self.kept])

    async def _check_told(self) -> None:
        if self.untold:
            subjects = {(each.subject_type, each.subject_id) for each in self._events if each.subject_id}
            whole = {name for each in self._events for name in each.tables}
            if untold := self.untold.untold(subjects, whole):
                await self.send()  # what the store refuses says more
                raise Untold(f"No event tells of the changes of {', '.join(untold[:10])}.")


W = TypeVar("W", bound=Write)


def writing(
    database: Database, organization_id: str, actor: Actor | None
) -> AbstractAsyncContextManager[Write]:
    """One transaction of one organization: rows, events, version and counters commit together or not at all.

    Args:
        database: the store.
        organization_id: whose rows change; the CATALOGUE's are told by no event.
        actor: who acts, and by which door; None for a command of the operator.
    """
    return writing_as(Write, database, organization_id, actor or OPERATOR)


@asynccontextmanager
async def writing_as(
    kind: type[W], database: Database, organization_id: str, actor: Actor
) -> AsyncIterator[W]:
    """A transaction like that of `writing`, with the rules of another kind of write."""
    try:
        async with database.transaction(is_short=issubclass(kind, ViewerWrite)) as transaction:
            write = kind(database, transaction, organization_id)
            yield write
            await write.finish(actor)
    except Refused as refused:
        if refused.is_late:
            raise kind.meaning(refused) from None
        raise
    if write.has_told and database.after_events is not None:
        database.after_events(organization_id)


class ViewerWrite(Write):
    """The changes that a viewer makes to what they see, within their limits.

    A customer's token sees its own connected accounts, and may make and change those alone.

    Attributes:
        context: reads what this transaction has written, as the viewer is shown it; it is there until the block ends.
        is_legacy: whether a legacy path makes the changes, whose contract takes texts verbatim that mean nothing.
    """

    context: "Context"
    is_legacy: bool = False

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the changes: where the block raises, it has changed, counted and told nothing."""
        try:
            async with super().attempt():
                yield
        except BaseException:
            self.context.forget()
            raise

    async def present(
        self, table: Table, ids: Sequence[str], *, for_deletion: bool = False, has: Sequence[Table] = ()
    ) -> list[Row]:
        """The rows as they are stored, whole and with their secrets opened, locked until the block ends.

        A rule looks at these. They come in the order of the ids, which are distinct. For ``has``, see `Changes.lock`.

        Raises:
            NotFound: one of them is not there, or the viewer does not see it: the caller cannot tell which.
        """
        visible = self.context.visible(table)
        locked = (
            []
            if visible is None
            else await self.lock(table, ids, where=visible, for_deletion=for_deletion, has=has)
        )
        found = {row.id: row for row in locked}
        if found.keys() != set(ids):
            raise NotFound(f"There is no such {word_for(table)}.")
        return [found[each] for each in ids]

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Insert rows and return their ids, in order; ids and times that they lack are made.

        An account that must have a number and lacks one gets the next one. Other writers that want one wait until this
        block ends, so make such accounts after every change to rows that exist, or two writers may wait for each other.

        Raises:
            Forbidden: the viewer's token may not make such rows.
            NotFound: a row refers to one that is not there, or that the viewer does not see.
        """
        if not rows:
            return []
        made = [await self._numbered(table, self._owned(table, row)) for row in rows]
        for row in made:
            await self._check_references(table, row)
        ids = await super().insert(table, made)
        self.context.forget()
        return ids

    async def update(self, table: Table, row_id: str, changes: Mapping[str, Any]) -> bool:
        """Set columns of one row; False where that changes nothing (see `gateway.resolvers.shown.changed`).

        Raises:
            NotFound: the row, or one that it would refer to, is not there or not to be seen.
            Forbidden: the viewer's token may not give the row away.
            Rejected: a text holds the mask of a stored credential.
        """
        return bool(await self.update_many(table, [row_id], changes))

    async def update_many(self, table: Table, row_ids: Sequence[str], changes: Mapping[str, Any]) -> int:
        """Set the same columns in many rows; returns how many of them that changes.

        Raises:
            NotFound: one of the rows, or one that they would refer to, is not there or not to be seen.
            Forbidden: the viewer's token may not give a row away.
            Rejected: a text holds the mask of a stored credential.
        """
        return await self.update_each(table, dict.fromkeys(row_ids, changes))

    async def update_each(
        self,
        table: Table,
        changes: Mapping[str, Mapping[str, Any]],
        *,
        before: Sequence[Row] | None = None,
    ) -> int:
        """Set columns of many rows, by id, each to values of its own; returns how many of them that changes.

        Args:
            table: whose rows they are.
            changes: values by the names of columns, by the row's id.
            before: the rows, where `present` has locked them already.

        Raises:
            NotFound: one of the rows, or one that they would refer to, is not there or not to be seen.
            Forbidden: the viewer's token may not give a row away.
            Rejected: a text holds the mask of a stored credential.
        """
        for columns in changes.values():
            check_changed_names(table, columns)
        rows = await self.present(table, list(changes)) if before is None else before
        different: dict[str, dict[str, Any]] = {}
        for row in rows:
            if columns := changed(table, row, changes[row.id], self.context.viewer):
                self._keep_owner(table, columns)
                await self._check_references(table, columns)
                columns = {"updated_at": self.at, **columns}
                if "extra" in table.c and "extra" not in columns and row.extra is not None:
                    columns["extra"] = still_kept(row, columns)
                different[row.id] = columns
        await super().update_each(table, different, before=rows)
        self.context.forget()
        return len(different)

    async def delete(
        self, table: Table, row_ids: Sequence[str], *, before: Sequence[Row] | None = None
    ) -> int:
        """Delete rows by id; returns how many there were.

        Args:
            table: whose rows they are.
            row_ids: their ids.
            before: the rows, where `present` has locked them for that already.

        Raises:
            NotFound: one of them is not there, or the viewer does not see it.
        """
        if before is None:
            before = await self.present(table, list(dict.fromkeys(row_ids)), for_deletion=True)
        gone = await super().delete(table, row_ids, before=before)
        self.context.forget()
        return gone

    async def send(self, *, soon: bool = False) -> None:
        """Send the changes that were asked for and not sent yet.

        Raises:
            KeyTaken: the write's idempotency key is another one's.
            NotFound: a row refers to one that is not there, as for any other row that does not exist.
            Refused: one of them breaks another rule of the schema.
        """
        try:
            await super().send(soon=soon)
            if not soon:
                self._claim_stands()
        except Refused as refused:
            raise self.meaning(refused) from None

    @staticmethod
    def meaning(refused: Refused) -> Exception:
        """What it says to whoever asked for the change that the store refuses."""
        if refused.rule is Rule.FOREIGN_KEY:
            return NotFound("What this refers to does not exist.")
        return KeyTaken(PATIENCE) if is_taken(refused) else refused

    # The viewer's limits

    def _owned(self, table: Table, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The new row that a viewer makes: one made with a customer's token belongs to that customer.

        Raises:
            Forbidden: the row cannot be that customer's.
        """
        customer_id = self.context.viewer.customer_id
        if customer_id is None:
            return row
        if table is not db.connected_accounts or row.get("customer_id", customer_id) != customer_id:
            raise Forbidden("This token may make connected accounts of its customer and nothing else.")
        return {**row, "customer_id": customer_id}

    def _keep_owner(self, table: Table, columns: Mapping[str, Any]) -> None:
        if self.context.viewer.customer_id is not None and "customer_id" in columns:
            raise Forbidden("This token may not give its customer's connected accounts away.")

    async def _check_references(self, table: Table, columns: Mapping[str, Any]) -> None:
        """Refuse a row that refers to one which its writer does not see; the database refuses what does not exist.

        Raises:
            NotFound: the writer does not see a row that this one would refer to, or it could not have such an id.
        """
        for name, parent in _parents(table):
            if (value := columns.get(name)) is None:
                continue
            if not is_text(value):
                raise NotFound("What this refers to does not exist.")
            is_limited = self.context.viewer.customer_id is not None
            if is_limited and not await self.context.rows(parent, [value], columns=("id",)):
                raise NotFound(f"There is no such {word_for(parent)}.")

    async def _numbered(self, table: Table, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The new row, with the next of the organization's numbers in each column where its kind must have a number."""
        for column in numbered_columns(table):
            kind = column.info["numbered"]
            is_wanted = kind == EVERY_KIND or row.get("kind") == kind
            if is_wanted and row.get(column.name) is None:
                row = {**row, column.name: await self.next_number(column)}
        return row


@cache
def _parents(table: Table) -> tuple[tuple[str, Table], ...]:
    """The columns of a table that name rows of others, with these."""
    keys = (each for each in table.foreign_key_constraints if len(each.columns) > 1)
    return tuple((each.column_keys[-1], each.referred_table) for each in keys)


def word_for(table: Table) -> str:
    """What a row is called in a sentence."""
    name: str = table.info.get("type", table.name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
