"""What one transaction does to the counters: collected while it writes, read by its own counts, stored last."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import CTE, Column, Table, bindparam, select, true
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gateway.db.child_counts import ChildCounts
from gateway.db.database import Database, Transaction
from gateway.db.given_rows import given_rows
from gateway.db.tables import CHILD_OF, COUNTED, COUNTED_CHILDREN, connection_requests, counters
from gateway.db.types import BigInt, OrderedText, Text


class PendingCounts:
    """The counts of one organization that a transaction has still to write.

    They are written last, since a row lock on a counter taken earlier makes concurrent writers deadlock. Until then
    counts inside of the transaction add them to what is stored (`gateway.db.database.Uncounted`).
    """

    def __init__(self) -> None:
        self._rows: Counter[tuple[str, str, str]] = Counter()
        self._children = ChildCounts()

    def __bool__(self) -> bool:
        return any(self._rows.values()) or bool(self._children)

    def count(self, table: Table, rows: Iterable[Mapping[str, Any]], sign: int) -> None:
        """Note rows that came (``sign`` 1) or went (-1), each with all that it is counted by."""
        if table in COUNTED:
            for row in rows:
                self._rows[table.name, row.get("kind") or "", row.get("status") or ""] += sign
        self._children.count(table, rows, sign)

    def made(self, table: Table, ids: Iterable[str]) -> None:
        """Note rows that are new; called after `count`."""
        if table is connection_requests:
            self._children.made(ids)

    def rows(self, table: str, limits: Mapping[str, str]) -> int:
        """How many rows of a table were added and not removed, limited to a kind and a status or to neither."""
        kind, status = limits.get("kind"), limits.get("status")
        return sum(
            n
            for (name, its_kind, its_status), n in self._rows.items()
            if name == table and kind in (None, its_kind) and status in (None, its_status)
        )

    def values(self, table: str, column: str) -> set[str]:
        """The kinds or the statuses of a table's rows that came or went."""
        place = ("table", "kind", "status").index(column)
        return {key[place] for key in self._rows if key[0] == table}

    def children(self, table: str) -> Mapping[str, int]:
        """How many children came and did not go, by parent."""
        return self._children.of(table)

    def take(self, organization_id: str) -> list[dict[str, Any]]:
        """What was collected of rows, for `count_up` or `counted`; it is collected no longer."""
        deltas = sorted((key, n) for key, n in self._rows.items() if n)
        self._rows.clear()
        return [
            {"organization_id": organization_id, "table_name": name, "kind": kind, "status": status, "n": n}
            for (name, kind, status), n in deltas
        ]

    async def write_children(
        self, database: Database, transaction: Transaction, organization_id: str
    ) -> None:
        """Add what was collected of children to the stored counters; the caller has moved the data version."""
        await self._children.write(database, transaction, organization_id)


def counted_columns(table: Table) -> list[Column[Any]]:
    """The columns whose values a table's rows are counted by."""
    return [table.c[name] for name in ("kind", "status") if table in COUNTED and name in table.c]


def parent_columns(table: Table) -> list[Column[Any]]:
    """The column that names the row whose children a table's rows are counted as."""
    return [table.c[CHILD_OF]] if table in COUNTED_CHILDREN else []


def counted_among(table: Table, names: Iterable[str]) -> list[Column[Any]]:
    """The columns among these that rows are counted by."""
    return [each for each in (*counted_columns(table), *parent_columns(table)) if each.name in names]


def count_up() -> Any:
    """Adds to one counter, on SQLite; run when the data version has moved, whose row is the lock of the counters."""
    values = {column.name: bindparam(column.name, type_=column.type) for column in counters.c}
    return _added(sqlite_insert(counters).values(values))


def counted(moved: CTE) -> CTE:
    """The part of a statement that adds to the counters, the parameter `counts`, when another part moved the version.

    It reads that part, and so runs behind it: two writers that locked in different orders would wait for each other.
    """
    given = given_rows("counts", {each.name: _GIVEN[type(each.type)] for each in counters.c})
    rows = select(*given.c).select_from(given.join(moved, true()))
    part: CTE = _added(postgresql_insert(counters).from_select(list(counters.c.keys()), rows)).cte("counted")
    return part


_GIVEN: Mapping[Any, Any] = {OrderedText: Text, BigInt: BigInt}


def _added(statement: Any) -> Any:
    return statement.on_conflict_do_update(
        index_elements=list(counters.primary_key.columns),
        set_={"n": counters.c.n + statement.excluded.n},
    )
