"""How many rows a list has: read from `counters` if they have it, otherwise counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, Select, bindparam, func, select, true
from sqlalchemy.sql.expression import ColumnElement

from gateway.db import filters
from gateway.db.database import Reader
from gateway.db.listings import Listing
from gateway.db.tables import COUNTED, counters, metadata
from gateway.db.tables.columns import HOLDS_CREDENTIAL
from gateway.db.types import OrderedText


@dataclass(frozen=True, slots=True)
class StoredCount:
    """The counters that add up to the length of one list.

    Attributes:
        table: name of the table whose rows are counted.
        columns: names of those that the list is limited by, sorted: the kind, the status, both or neither. The SQL text
            depends on nothing else.
        limits: the values that the list is limited to, by these names.
        is_clean: whether rows with a credential are left out, which are few: they are counted.
    """

    table: str
    columns: tuple[str, ...]
    limits: Mapping[str, Any]
    is_clean: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """All that the SQL text depends on."""
        return (*self.columns, self.table if self.is_clean else None)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `clause`, except the organization, which the list has anyway."""
        return {
            "counted_table": self.table,
            **{f"counted_{name}": self.limits[name] for name in self.columns},
        }

    def stored(self, n: int, reader: Reader) -> int:
        """The length of the list whose stored counters say ``n``: a transaction adds what it has written itself."""
        return n if reader.uncounted is None else n + reader.uncounted.rows(self.table, self.limits)

    @property
    def clause(self) -> ColumnElement[int]:
        return self._stored - self._holding if self.is_clean else self._stored

    @property
    def _holding(self) -> ScalarSelect[int]:
        table = metadata.tables[self.table].alias("holding")
        return (
            select(func.count())
            .select_from(table)
            .where(
                table.c.organization_id == bindparam("organization_id", type_=OrderedText()),
                table.c[HOLDS_CREDENTIAL].is_(true()),
                *[
                    table.c[name] == bindparam(f"counted_{name}", type_=OrderedText())
                    for name in self.columns
                ],
            )
            .scalar_subquery()
        )

    @property
    def _stored(self) -> ScalarSelect[int]:
        return select(func.coalesce(func.sum(counters.c.n), 0)).where(*self._limited).scalar_subquery()

    @property
    def _limited(self) -> tuple[ColumnElement[bool], ...]:
        return (
            counters.c.organization_id == bindparam("organization_id", type_=OrderedText()),
            counters.c.table_name == bindparam("counted_table", type_=OrderedText()),
            *[counters.c[name] == bindparam(f"counted_{name}", type_=OrderedText()) for name in self.columns],
        )

    def by(self, column: str) -> Select[Any]:
        """The statement of the counters' sums for each value of a column of theirs."""
        value = counters.c[column]
        return (
            select(value.label("value"), func.sum(counters.c.n).label("n"))
            .where(*self._limited)
            .group_by(value)
        )


def stored_count_of(listing: Listing) -> StoredCount | None:
    """The counters of a list; None if its table has none, or if it is limited by more than kind and status."""
    if listing.table not in COUNTED:
        return None
    known: dict[str, Any] = {}
    if not _equalities(listing.where.shape, iter(listing.where.values), known):
        return None
    is_clean = known.pop(HOLDS_CREDENTIAL, None) is not None
    if not known.keys() <= {"kind", "status"}:
        return None
    return StoredCount(listing.table.name, tuple(sorted(known)), known, is_clean)


def _equalities(shape: filters.Shape, values: Iterator[Any], known: dict[str, Any]) -> bool:
    if shape[0] == "all":
        return all(_equalities(each, values, known) for each in shape[1:])
    if shape[0] == "clean":
        known[HOLDS_CREDENTIAL] = False
        return True
    if shape[0] == "eq" and shape[1] not in known:
        known[shape[1]] = next(values)
        return True
    return False


async def count(reader: Reader, listing: Listing) -> int:
    """How many rows a list has."""
    counter = stored_count_of(listing)
    if counter is not None:
        statement = reader.prepare(("counters", *counter.key), lambda: select(counter.clause.label("n")))
        parameters = {"organization_id": listing.organization_id, **counter.parameters}
    else:
        statement = reader.prepare(
            ("count", listing.table.name, listing.where.shape),
            lambda: (
                select(func.count().label("n"))
                .select_from(listing.table)
                .where(listing.conditions(listing.table))
            ),
        )
        parameters = listing.parameters()
    [row] = await reader.fetch(statement, parameters)
    return int(row.n) if counter is None else counter.stored(int(row.n), reader)


async def counts_by(reader: Reader, listing: Listing, column: str) -> dict[str, int]:
    """How many rows of a list hold each value of a column; values that none holds may be absent.

    Args:
        column: by name; where it is the kind or the status, counters may know.
    """
    counter = stored_count_of(listing)
    if counter is None or counter.is_clean or column not in ("kind", "status"):
        table = listing.table
        statement = reader.prepare(
            ("counts by", table.name, column, listing.where.shape),
            lambda: (
                select(table.c[column].label("value"), func.count().label("n"))
                .where(listing.conditions(table))
                .group_by(table.c[column])
            ),
        )
        return {row.value: row.n for row in await reader.fetch(statement, listing.parameters())}
    statement = reader.prepare(("counters by", column, *counter.key), lambda: counter.by(column))
    parameters = {"organization_id": listing.organization_id, **counter.parameters}
    found = {row.value: int(row.n) for row in await reader.fetch(statement, parameters)}
    if reader.uncounted is None:
        return found
    values = {*found, *reader.uncounted.values(counter.table, column)}
    limits = counter.limits
    return {
        value: found.get(value, 0) + reader.uncounted.rows(counter.table, {**limits, column: value})
        for value in values
        if limits.get(column, value) == value
    }


async def rows_by_table(reader: Reader, organization_id: str) -> dict[str, int]:
    """How many rows an organization has of each counted table, by the table's name; empty ones may be absent."""
    statement = reader.prepare(
        ("rows by table",),
        lambda: (
            select(counters.c.table_name, func.sum(counters.c.n).label("n"))
            .where(counters.c.organization_id == bindparam("organization_id", type_=OrderedText()))
            .group_by(counters.c.table_name)
        ),
    )
    rows = await reader.fetch(statement, {"organization_id": organization_id})
    return {row.table_name: int(row.n) for row in rows}
