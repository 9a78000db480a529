"""Rows in, changed and out, with the counters that follow from them."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy, deepcopy
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Table
from sqlalchemy.sql.expression import ClauseElement

from gateway.db import filters, numbers, unsent, write_statements
from gateway.db.bookkeeping import moves_version, wants_event
from gateway.db.changed_rows import ChangedRows, RowChange, is_part
from gateway.db.database import Database, Transaction
from gateway.db.file_uploads import GRACE
from gateway.db.filters import EVERYTHING, Where, storable
from gateway.db.ids import new_id, now
from gateway.db.marking import mark_again, mark_new
from gateway.db.pending import PendingCounts, counted_among, counted_columns, parent_columns
from gateway.db.sealing import Sealing, open_sealed, sealed_names
from gateway.db.search import index_changed, index_new
from gateway.db.sort_keys import fill_sort_keys, whole_changes
from gateway.db.statements import Row, Statement
from gateway.db.tables import CHILD_OF, file_uploads, files
from gateway.db.tables.columns import column_names, counts_writes
from gateway.db.unsent import MOST_ROWS, Unsent, UnsentRows
from gateway.db.values import check_rows
from gateway.db.vault import Vault

STORAGE_KEY: Final = "storage_key"


class Changes:
    """The row changes of one organization in one transaction, which reads what it has written (a `Reader`).

    Attributes:
        at: when it began, the time that rows are stamped with.
        untold: the rows of whose changes an event has to tell.
        moved: whether something changed that moves the data version without an event.
        uncounted: what the counters do not know yet.
        claimed: the row of an idempotency key, as long as it can still be changed: until it is sent.
        kept: what an idempotency key is to keep of it: parameters of `gateway.db.idempotency.keeping`.
    """

    def __init__(self, database: Database, transaction: Transaction, organization_id: str) -> None:
        self.organization_id = organization_id
        self.transaction = transaction
        self.database = database
        self.at = now()
        self.untold = ChangedRows()
        self.moved = False
        self.uncounted = PendingCounts()
        self.claimed: dict[str, Any] | None = None
        self.kept: Mapping[str, Any] | None = None
        self._unsent = Unsent()
        self._largest: dict[Column[Any], int] = {}
        self._sealing = Sealing(database, transaction, organization_id)

    # What reads go through

    @property
    def dialect_name(self) -> str:
        return self.database.dialect_name

    @property
    def vault(self) -> Vault:
        return self.database.vault

    def prepare(self, key: Hashable, build: Callable[[], ClauseElement]) -> Statement:
        """The statement of ``key``, built and compiled if this is its first use."""
        return self.database.prepare(key, build)

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement in the transaction, behind all that it was asked for, and return its rows."""
        await self.send(soon=True)
        return await self.transaction.fetch(statement, parameters)

    async def run_many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once for each set of parameters, behind all that the transaction was asked for."""
        await self.send()
        await self.transaction.run_many(statement, parameters)

    # Changes

    async def send(self, *, soon: bool = False) -> None:
        """Send the changes that were asked for and not sent yet (`gateway.db.unsent`).

        Args:
            soon: with the next statement, where that costs less: they are refused there.

        Raises:
            Refused: one of them breaks a rule of the schema. Who wants to know of which, sends those before it first.
        """
        parts, self.claimed = self._unsent.take(), None
        if parts or not soon:
            run = self.transaction.run_soon if soon else self.transaction.run_steps
            await run(unsent.steps(self, parts))

    async def _send_later(self, part: UnsentRows) -> None:
        """Have a part sent with what comes next."""
        if not self._unsent.add(part):
            await self.send(soon=True)
            self._unsent.add(part)

    async def insert_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, whole and as they are stored, and do nothing else."""
        if len(rows) <= MOST_ROWS:
            await self._send_later(UnsentRows(table, list(rows)))
            return
        await self.send()
        await self.transaction.insert_many(table.name, unsent.statement_of(self, table), rows)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the changes: where the block raises, it has changed, counted and told nothing."""
        await self.send()
        told = copy(self.untold), deepcopy(self.uncounted), dict(self._largest), self.moved
        sealing = copy(self._sealing)
        try:
            async with self.transaction.savepoint():
                yield
                await self.send()
        except BaseException:
            self._unsent.take()
            self.untold, self.uncounted, self._largest, self.moved = told
            self._sealing = sealing
            raise

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Insert rows and return their ids, in order.

        What a row does not name is null; but its id is new then, and the times of its making and its last change are
        the transaction's.

        Raises:
            BadColumn: a mistake of the program: a row has a column that the table has not; so do the updates.
            BadText: a value that no column can hold; so do the updates.
        """
        if not rows:
            return []
        check_rows(table, rows, self.organization_id)
        blank: dict[str, Any] = dict.fromkeys(column_names(table))
        stamps = {"organization_id": self.organization_id, "created_at": self.at, "updated_at": self.at}
        if counts_writes(table):
            stamps["version"] = 1
        blank.update({name: value for name, value in stamps.items() if name in blank})
        made = [{**blank, **row} for row in rows]
        for row in made:
            if row["id"] is None:
                row["id"] = new_id()
        mark_new(table, made)
        fill_sort_keys(table, made)
        await self._sealing.take_key(table, made)
        await self.insert_rows(table, [self._sealing.sealed(table, row["id"], row) for row in made])
        await index_new(self, table, made)
        ids = [row["id"] for row in made]
        of_request = is_part(table)
        self._changed(
            table,
            [(row["id"], RowChange(row[CHILD_OF] if of_request else None, None, row)) for row in made],
        )
        self.uncounted.count(table, rows, 1)
        self.uncounted.made(table, ids)
        for column in numbers.numbered_columns(table):
            used = [number for row in rows if (number := row.get(column.name)) is not None]
            if used:
                self._largest[column] = max(*used, self._largest.get(column, 0))
        return ids

    def _changed(
        self, table: Table, rows: Iterable[tuple[str, RowChange]], columns: Iterable[str] | None = None
    ) -> None:
        if wants_event(table, self.organization_id, columns):
            self.untold.add(table, rows)
        elif moves_version(table, self.organization_id, columns):
            self.moved = True

    async def next_number(self, column: Column[Any]) -> int:
        """A number that no row of the organization ever had in a numbered column.

        Another transaction that wants one waits until this one ends.
        """
        await self.send()  # rows with numbers of their own, among which the largest one is looked for
        of = (self.database, self.transaction, self.organization_id, column)
        return await numbers.raise_mark(*of, await numbers.largest(*of) + 1, step=1)

    async def update(self, table: Table, row_id: str, changes: Mapping[str, Any]) -> bool:
        """Set columns of one row, and the time of its last change; False where there is none."""
        return bool(await self.update_many(table, [row_id], changes))

    async def update_many(self, table: Table, row_ids: Sequence[str], changes: Mapping[str, Any]) -> int:
        """Set the same columns to the same values in many rows; returns how many there were.

        The time of their last change is the transaction's unless it is given, or the change is bookkeeping. An event
        does not say what the rows were before that: see `update_each`.
        """
        if not row_ids:
            return 0
        changes = whole_changes(table, changes)
        if "updated_at" in table.c and wants_event(table, self.organization_id, changes):
            changes = {"updated_at": self.at, **changes}
        before = await self._locked(table, row_ids, changes)
        await index_changed(self, table, dict.fromkeys(row_ids, changes))
        names = sorted(changes)
        statement = self.database.prepare(
            ("update", table.name, *names),
            partial(write_statements.update_many, table, names),
        )
        parameters = {"tenant": self.organization_id, "keys": row_ids}
        parameters.update({f"set_{name}": value for name, value in changes.items()})
        if sealed := sealed_names(table).intersection(changes):
            await self._sealing.take_key(table, [changes])
            assert len(row_ids) == 1, f"{sealed} are sealed for one row each"
            opened = {name: changes[name] for name in sealed}
            parameters.update(
                {
                    f"set_{name}": value
                    for name, value in self._sealing.sealed(table, row_ids[0], opened).items()
                }
            )
        changed = await self.fetch(statement, parameters)
        if changed:
            of_request = is_part(table)
            rows = [
                (row.id, RowChange(getattr(row, CHILD_OF) if of_request else None, None, changes))
                for row in changed
            ]
            self._changed(table, rows, names)
            await mark_again(self, table, [row.id for row in changed], names)
        self.uncounted.count(table, [row._asdict() for row in before], -1)
        self.uncounted.count(table, [{**row._asdict(), **changes} for row in before], 1)
        return len(changed)

    async def update_each(
        self,
        table: Table,
        changes: Mapping[str, Mapping[str, Any]],
        *,
        before: Sequence[Row] | None = None,
    ) -> int:
        """Set columns of many rows, by id, each to values of its own and to nothing else; returns how many are named.

        Args:
            table: whose rows they are.
            changes: values by the names of columns, by the row's id.
            before: the rows as they are, whole, where the caller has locked them already; an event that tells of them
                says then what they were.
        """
        alike: dict[tuple[str, ...], list[str]] = {}
        changes = {row_id: whole_changes(table, columns) for row_id, columns in changes.items()}
        for row_id, columns in changes.items():
            alike.setdefault(tuple(sorted(columns)), []).append(row_id)
        await self._sealing.take_key(table, changes.values())
        await index_changed(self, table, changes, before)
        was = {row.id: row for row in before or ()}
        requests = {row_id: getattr(row, CHILD_OF) for row_id, row in was.items()} if is_part(table) else {}
        for names, row_ids in alike.items():
            rows = [
                (row_id, RowChange(requests.get(row_id), was.get(row_id), changes[row_id]))
                for row_id in row_ids
            ]
            self._changed(table, rows, names)
            counted = await self._counted(table, row_ids, names, before)
            given: list[Mapping[str, Any]] = [
                self._given(table, row_id, changes[row_id]) for row_id in row_ids
            ]
            if len(given) == 1:
                await self._send_later(UnsentRows(table, given, names))
            else:
                await self.run_many(unsent.statement_of(self, table, names), given)
            self.uncounted.count(table, [row._asdict() for row in counted], -1)
            self.uncounted.count(table, [{**row._asdict(), **changes[row.id]} for row in counted], 1)
            wanted = set(row_ids)
            now = [row._replace(**changes[row.id]) for row in before if row.id in wanted] if before else None
            await mark_again(self, table, row_ids, names, now)
        return len(changes)

    def _given(self, table: Table, row_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of one row's change."""
        values = self._sealing.sealed(table, row_id, dict(changes))
        return {
            "tenant": self.organization_id,
            "row_id": row_id,
            **{f"set_{name}": value for name, value in values.items()},
        }

    async def _counted(
        self, table: Table, row_ids: Sequence[str], changed: tuple[str, ...], before: Sequence[Row] | None
    ) -> Sequence[Row]:
        """The rows among which a change of these columns moves a counter, as they are."""
        if not counted_among(table, changed):
            return ()
        if before is None:
            return await self._locked(table, row_ids, changed)
        wanted = set(row_ids)
        return [row for row in before if row.id in wanted]

    async def delete(
        self, table: Table, row_ids: Sequence[str], *, before: Sequence[Row] | None = None
    ) -> int:
        """Delete rows by id; returns how many there were.

        Args:
            table: whose rows they are.
            row_ids: their ids.
            before: the rows, whole, where the caller has locked them already.
        """
        if not row_ids:
            return 0
        await self._locked(table, row_ids, (), for_deletion=True)
        await index_changed(self, table, dict.fromkeys(row_ids), before)
        named = [name for name in (CHILD_OF, STORAGE_KEY) if name in table.c]
        returned = [*counted_columns(table), *(table.c[name] for name in named)]
        statement = self.database.prepare(
            ("delete", table.name), partial(write_statements.delete_many, table, returned)
        )
        gone = await self.fetch(statement, {"tenant": self.organization_id, "keys": row_ids})
        if gone:
            was, of_request = {row.id: row for row in before or ()}, is_part(table)
            rows = [
                (row.id, RowChange(getattr(row, CHILD_OF) if of_request else None, was.get(row.id), None))
                for row in gone
            ]
            self._changed(table, rows)
        self.uncounted.count(table, [row._asdict() for row in gone], -1)
        if table is files:
            await self._leave([row.storage_key for row in gone if row.storage_key is not None])
        return len(gone)

    async def _leave(self, keys: Sequence[str]) -> None:
        """Have swept what deleted files leave in the storage: an upload of each, whose time is over."""
        over = {"name": "", "expires_at": self.at - GRACE}
        await Changes.insert(self, file_uploads, [{"storage_key": key, **over} for key in keys])

    async def rows(self, table: Table, keys: Iterable[str], *, key: str = "id") -> list[Row]:
        """Whole rows, as this transaction sees them, with sealed columns opened."""
        wanted = storable(list(keys))
        is_one = len(wanted) == 1
        build = partial(write_statements.whole_rows, table, key, is_one=is_one)
        statement = self.database.prepare(("whole rows", table.name, key, is_one), build)
        given = {"tenant": self.organization_id, "keys": write_statements.one_or_many(wanted)}
        rows = await self.fetch(statement, given)
        return open_sealed(self.database, table, self.organization_id, rows)

    async def lock(
        self,
        table: Table,
        ids: Iterable[str],
        *,
        where: Where = EVERYTHING,
        for_deletion: bool = False,
        has: Sequence[Table] = (),
    ) -> list[Row]:
        """Whole rows, locked until the transaction ends, in the order of their ids, which is every writer's.

        Those that are not there, or do not satisfy ``where``, are left out; sealed columns are opened. Of each table in
        ``has`` they say whether they had children there (`write_statements.locked_whole`).
        """
        keys = storable(list(ids))
        if not keys:
            return []
        how = {"for_deletion": for_deletion, "is_one": len(keys) == 1}
        statement = self.database.prepare(
            ("lock", table.name, where.shape, *how.values(), *[each.name for each in has]),
            partial(write_statements.locked_whole, table, has, where=where, **how),
        )
        named = {"tenant": self.organization_id, "keys": write_statements.one_or_many(keys)}
        rows = await self.fetch(statement, {**filters.parameters(where), **named})
        return open_sealed(self.database, table, self.organization_id, rows)

    async def rows_of_organization(self) -> list[Row]:
        """The organization's own row, or nothing."""
        statement = self.database.prepare(("organization",), write_statements.own_organization)
        return await self.fetch(statement, {"tenant": self.organization_id})

    async def write_numbers(self) -> None:
        """Note the largest numbers that were used; before the organization's lock is taken, as `next_number` does."""
        for column, number in self._largest.items():
            await numbers.raise_mark(self.database, self.transaction, self.organization_id, column, number)
        self._largest.clear()

    async def _locked(
        self, table: Table, row_ids: Sequence[str], changed: Iterable[str], *, for_deletion: bool = False
    ) -> list[Row]:
        """Lock rows in the order of their ids, which is every writer's; return them with what they are counted by.

        Nothing happens where that tells nothing and orders nothing: for a single row, or on SQLite, whose one
        writer needs no locks.
        """
        columns = counted_columns(table) + (parent_columns(table) if CHILD_OF in changed else [])
        orders = len(row_ids) > 1 and self.database.dialect_name == "postgresql"
        if not orders and (for_deletion or not counted_among(table, changed)):
            return []
        statement = self.database.prepare(
            ("locked", table.name, for_deletion, len(columns)),
            partial(write_statements.locked_rows, table, [table.c.id, *columns], for_deletion=for_deletion),
        )
        return await self.fetch(statement, {"tenant": self.organization_id, "keys": row_ids})
