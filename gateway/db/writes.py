"""Rows in, changed and out, with the counters that follow from them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gateway.db import numbers
from gateway.db.child_counts import ChildCounts
from gateway.db.database import Database, Transaction
from gateway.db.filters import BadText, check_text, is_text
from gateway.db.keys import sealing_key
from gateway.db.statements import Row
from gateway.db.tables import (
    CHILD_OF,
    COUNTED,
    COUNTED_CHILDREN,
    connection_requests,
    counters,
    organizations,
)
from gateway.db.types import OrderedText, among, narrow_columns
from gateway.db.vault import Key


class Changes:
    """The row changes of one organization in one transaction.

    Counters are collected and written last, since a row lock taken earlier makes concurrent writers deadlock.
    """

    def __init__(self, database: Database, transaction: Transaction, organization_id: str) -> None:
        self.organization_id = organization_id
        self.transaction = transaction
        self.database = database
        self._deltas: Counter[tuple[str, str, str]] = Counter()
        self._children = ChildCounts()
        self._largest: dict[Column[Any], int] = {}
        self._key: Key | None = None  # that this transaction seals with

    @property
    def has_counts(self) -> bool:
        """Whether a counter has changed."""
        return any(self._deltas.values()) or bool(self._children)

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows; each names every column but organization_id (those it lacks are null).

        Raises:
            BadText: a value that no column can hold; so do the updates.
        """
        if not rows:
            return
        _check_all(table, rows)
        names = [column.name for column in table.c]
        statement = self.database.prepare(
            ("insert", table.name),
            lambda: table.insert().values(
                {name: bindparam(name, type_=table.c[name].type) for name in names}
            ),
        )
        blank: dict[str, Any] = dict.fromkeys(names)
        if "organization_id" in blank:
            blank["organization_id"] = self.organization_id
        await self._take_key(table, rows)
        await self.transaction.insert_many(
            table.name, statement, [self._sealed(table, row["id"], {**blank, **row}) for row in rows]
        )
        self._count(table, rows, 1)
        if table is connection_requests:
            self._children.made(row["id"] for row in rows)
        for column in _numbered(table):
            used = [number for row in rows if (number := row.get(column.name)) is not None]
            if used:
                self._largest[column] = max(*used, self._largest.get(column, 0))

    async def next_number(self, column: Column[Any]) -> int:
        """A number that no row of the organization ever had in a NUMBERED column.

        Another transaction that wants one waits until this one ends.
        """
        of = (self.database, self.transaction, self.organization_id, column)
        return await numbers.raise_mark(*of, await numbers.largest(*of) + 1, step=1)

    async def update(self, table: Table, row_id: str, changes: Mapping[str, Any]) -> bool:
        """Set columns of one row; False where there is none."""
        return bool(await self.update_many(table, [row_id], changes))

    async def update_many(self, table: Table, row_ids: Sequence[str], changes: Mapping[str, Any]) -> int:
        """Set the same columns to the same values in many rows; returns how many there were."""
        if not row_ids:
            return 0
        _check(table, changes)
        before = await self._locked(table, row_ids, changes)
        names = sorted(changes)
        statement = self.database.prepare(
            ("update", table.name, *names),
            lambda: (
                update(table)
                .where(
                    table.c.organization_id == bindparam("tenant", type_=OrderedText()),
                    among(table.c.id, "keys"),
                )
                .values({name: bindparam(f"set_{name}", type_=table.c[name].type) for name in names})
                .returning(table.c.id)
            ),
        )
        parameters = {"tenant": self.organization_id, "keys": row_ids}
        parameters.update({f"set_{name}": value for name, value in changes.items()})
        if sealed := _sealed_names(table).intersection(changes):
            await self._take_key(table, [changes])
            assert len(row_ids) == 1, f"{sealed} are sealed for one row each"
            opened = {name: changes[name] for name in sealed}
            parameters.update(
                {f"set_{name}": value for name, value in self._sealed(table, row_ids[0], opened).items()}
            )
        changed = await self.transaction.fetch(statement, parameters)
        self._count(table, [row._asdict() for row in before], -1)
        self._count(table, [{**row._asdict(), **changes} for row in before], 1)
        return len(changed)

    async def update_each(self, table: Table, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Set columns of many rows, by id, each to values of its own."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for row_id, columns in changes.items():
            _check(table, columns)
            alike.setdefault(tuple(sorted(columns)), []).append(row_id)
        await self._take_key(table, changes.values())
        for names, row_ids in alike.items():
            before = await self._locked(table, row_ids, names) if _changed_counts(table, names) else []
            statement = self.database.prepare(
                ("update each", table.name, *names), partial(_update_each, table, names)
            )
            await self.transaction.run_many(
                statement,
                [
                    {
                        "tenant": self.organization_id,
                        "row_id": row_id,
                        **{
                            f"set_{name}": value
                            for name, value in self._sealed(table, row_id, dict(changes[row_id])).items()
                        },
                    }
                    for row_id in row_ids
                ],
            )
            self._count(table, [row._asdict() for row in before], -1)
            self._count(table, [{**row._asdict(), **changes[row.id]} for row in before], 1)

    async def delete(self, table: Table, row_ids: Sequence[str]) -> int:
        """Delete rows by id; returns how many there were."""
        if not row_ids:
            return 0
        await self._locked(table, row_ids, (), for_deletion=True)
        returned = [table.c.id, *_counted_columns(table), *_parent_columns(table)]
        statement = self.database.prepare(
            ("delete", table.name),
            lambda: (
                delete(table)
                .where(
                    table.c.organization_id == bindparam("tenant", type_=OrderedText()),
                    among(table.c.id, "keys"),
                )
                .returning(*returned)
            ),
        )
        gone = await self.transaction.fetch(statement, {"tenant": self.organization_id, "keys": row_ids})
        self._count(table, [row._asdict() for row in gone], -1)
        return len(gone)

    async def rows(self, table: Table, keys: Iterable[str], *, key: str = "id") -> list[Row]:
        """Whole rows, as this transaction sees them, with sealed columns opened."""
        statement = self.database.prepare(
            ("whole rows", table.name, key),
            lambda: select(table).where(
                table.c.organization_id == bindparam("tenant", type_=OrderedText()),
                among(table.c[key], "keys"),
            ),
        )
        rows = await self.transaction.fetch(statement, {"tenant": self.organization_id, "keys": list(keys)})
        return open_sealed(self.database, table, self.organization_id, rows)

    async def _take_key(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Have a key before the first of these values is sealed."""
        if self._key is not None or not (names := _sealed_names(table)):
            return
        if any(row.get(name) is not None for row in rows for name in names):
            self._key = await sealing_key(self.database, self.transaction)

    def _sealed(self, table: Table, row_id: str, values: dict[str, Any]) -> dict[str, Any]:
        """The values as they are stored."""
        for name in _sealed_names(table):
            if (text := values.get(name)) is not None:
                assert self._key is not None
                values[name] = self._key.seal(self.organization_id, row_id, text)
        return values

    async def rows_of_organization(self) -> list[Row]:
        """The organization's own row, or nothing."""
        table = organizations
        statement = self.database.prepare(
            ("organization",),
            lambda: select(table).where(table.c.id == bindparam("tenant", type_=OrderedText())),
        )
        return await self.transaction.fetch(statement, {"tenant": self.organization_id})

    async def write_numbers(self) -> None:
        """Note the largest numbers that were used; before the organization's lock is taken, as `next_number` does."""
        for column, number in self._largest.items():
            await numbers.raise_mark(self.database, self.transaction, self.organization_id, column, number)
        self._largest.clear()

    async def write_counters(self) -> None:
        """Add what was collected to the stored counters."""
        await self._children.write(self.database, self.transaction, self.organization_id)
        deltas = sorted((key, n) for key, n in self._deltas.items() if n)
        self._deltas.clear()
        if not deltas:
            return
        statement = self.database.prepare(("count up",), self._count_up)
        await self.transaction.run_many(
            statement,
            [
                {
                    "organization_id": self.organization_id,
                    "table_name": name,
                    "kind": kind,
                    "status": status,
                    "n": n,
                }
                for (name, kind, status), n in deltas
            ],
        )

    def _count_up(self) -> Any:
        insert = postgresql_insert if self.database.dialect_name == "postgresql" else sqlite_insert
        statement = insert(counters).values(
            {column.name: bindparam(column.name, type_=column.type) for column in counters.c}
        )
        return statement.on_conflict_do_update(
            index_elements=list(counters.primary_key.columns),
            set_={"n": counters.c.n + statement.excluded.n},
        )

    async def _locked(
        self, table: Table, row_ids: Sequence[str], changed: Iterable[str], *, for_deletion: bool = False
    ) -> list[Row]:
        """Lock rows in the order of their ids, which is every writer's; return them with what they are counted by.

        Nothing happens where that tells nothing and orders nothing: for a single row, or on SQLite, whose one
        writer needs no locks.
        """
        columns = _counted_columns(table) + (_parent_columns(table) if CHILD_OF in changed else [])
        orders = len(row_ids) > 1 and self.database.dialect_name == "postgresql"
        if not orders and (for_deletion or not columns):
            return []
        statement = self.database.prepare(
            ("locked", table.name, for_deletion, len(columns)),
            lambda: (
                select(table.c.id, *columns)
                .where(
                    table.c.organization_id == bindparam("tenant", type_=OrderedText()),
                    among(table.c.id, "keys"),
                )
                .order_by(table.c.id)
                .with_for_update(key_share=not for_deletion)
            ),
        )
        return await self.transaction.fetch(statement, {"tenant": self.organization_id, "keys": row_ids})

    def _count(self, table: Table, rows: Iterable[Mapping[str, Any]], sign: int) -> None:
        if table in COUNTED:
            for row in rows:
                self._deltas[table.name, row.get("kind") or "", row.get("status") or ""] += sign
        self._children.count(table, rows, sign)


def _check_all(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`_check` each row; texts are looked at all together, since nearly always all of them are good."""
    texts = "".join([value for row in rows for value in row.values() if type(value) is str])
    checked = (str, bool) if is_text(texts) else ()
    for row in rows:
        _check(table, row, checked)


def _check(table: Table, values: Mapping[str, Any], checked: tuple[type, ...] = ()) -> None:
    for value in values.values():
        if value is None or type(value) in checked:
            continue
        check_text(value)
    for name, type_ in narrow_columns(table):
        if (number := values.get(name)) is not None and not type_.holds(number):
            raise BadText(f"{name} holds integers of at most {type_.bits} bits.")


@cache
def _numbered(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.info.get("numbered")]


@cache
def _sealed_names(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.c if column.info.get("sealed"))


def open_sealed(database: Database, table: Table, organization_id: str, rows: list[Row]) -> list[Row]:
    """Rows with their sealed columns opened; their id must be among what was read."""
    if not rows or not (names := _sealed_names(table).intersection(rows[0]._fields)):
        return rows
    return [
        row._replace(
            **{
                name: database.vault.open(organization_id, row.id, sealed)
                for name in names
                if (sealed := getattr(row, name)) is not None
            }
        )
        for row in rows
    ]


def _update_each(table: Table, names: tuple[str, ...]) -> Any:
    return (
        update(table)
        .where(
            table.c.organization_id == bindparam("tenant", type_=OrderedText()),
            table.c.id == bindparam("row_id", type_=OrderedText()),
        )
        .values({name: bindparam(f"set_{name}", type_=table.c[name].type) for name in names})
    )


def _counted_columns(table: Table) -> list[Any]:
    return [table.c[name] for name in ("kind", "status") if table in COUNTED and name in table.c]


def _parent_columns(table: Table) -> list[Any]:
    return [table.c[CHILD_OF]] if table in COUNTED_CHILDREN else []


def _changed_counts(table: Table, names: Iterable[str]) -> list[Any]:
    """The columns among these that rows are counted by."""
    counted = [*_counted_columns(table), *_parent_columns(table)]
    return [column for column in counted if column.name in names]
