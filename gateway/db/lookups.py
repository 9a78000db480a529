"""Rows by key, distinct values, and whether the database answers at all."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, bindparam, func, literal, select
from sqlalchemy.sql.expression import ColumnElement, Select

from gateway.db import filters
from gateway.db.database import Reader
from gateway.db.filters import Where
from gateway.db.listings import NO_END, Listing
from gateway.db.statements import Row
from gateway.db.tenancy import owned
from gateway.db.types import OrderedText, among, operand_type


async def rows_by_key(
    reader: Reader,
    table: Table,
    organization_id: str,
    columns: tuple[str, ...],
    keys: Sequence[str],
    *,
    key: str = "id",
    where: Where = filters.EVERYTHING,
) -> dict[str, Row]:
    """The rows whose ``key`` column, unique within the organization, is one of ``keys``; what is absent is left out."""
    read = tuple(sorted({*columns, key}))
    column = table.c[key]
    given = filters.storable(keys)
    if not given:
        return {}
    is_one = len(given) == 1  # an equality costs the database less than an array of one
    statement = reader.prepare(
        ("by key", table.name, key, read, where.shape, is_one),
        lambda: select(*[table.c[name] for name in read]).where(
            owned(table, bindparam("organization_id", type_=OrderedText())),
            column == bindparam("keys", type_=operand_type(column)) if is_one else among(column, "keys"),
            filters.clause(where, table),
        ),
    )
    parameters = {
        **filters.parameters(where),
        "organization_id": organization_id,
        "keys": given[0] if is_one else given,
    }
    return {getattr(row, key): row for row in await reader.fetch(statement, parameters)}


async def ping(reader: Reader) -> None:
    """Send an empty query to the database; raises what its driver raises if it does not answer."""
    await reader.fetch(reader.prepare(("ping",), lambda: select(literal(1).label("one"))), {})


async def distinct(reader: Reader, listing: Listing, column: str, most: int = NO_END) -> list[Any]:
    """The distinct values of an indexed column, without null, each found by one probe after the previous one.

    The cost depends on how many values there are, not on how many rows hold them.

    Args:
        most: values; where they are reached, some are missing.
    """
    table, key = listing.table, listing.table.c[column]
    conditions = listing.conditions(table)
    statement = reader.prepare(
        ("distinct", table.name, column, listing.where.shape), lambda: _skip_scan(table, key, conditions)
    )
    return [row.value for row in await reader.fetch(statement, listing.parameters(most=most))]


def _skip_scan(table: Table, key: Any, conditions: ColumnElement[bool]) -> Select[Any]:
    least = select(func.min(key).label("value")).where(conditions, key.is_not(None))
    found = least.cte("found", recursive=True)
    following = select(func.min(key)).where(conditions, key > found.c.value).scalar_subquery()
    found = found.union_all(select(following).where(found.c.value.is_not(None)))
    statement: Select[Any] = select(found.c.value).where(found.c.value.is_not(None)).limit(bindparam("most"))
    return statement
