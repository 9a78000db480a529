"""The rows of a list by the values that a column has in them: how many there are, and between which instants."""

from typing import Any

from sqlalchemy import Select, bindparam, func, select

from gateway.db.database import Reader
from gateway.db.listings import Listing, Window
from gateway.db.statements import Row
from gateway.db.types import nulls_first


async def groups(reader: Reader, listing: Listing, column: str, window: Window) -> list[Row]:
    """One row for each value of a column, null among them, in their order, with its ``n``, ``earliest`` and ``latest``.

    They are counted as they are asked for: the cost depends on how many rows the list has.

    Args:
        listing: whose order counts for nothing.
        window: its limit and offset, of groups; each row has how many there are in all, ``total``.
    """
    key = ("groups", listing.table.name, column, listing.where.shape)
    statement = reader.prepare(key, lambda: _groups(listing, column))
    return await reader.fetch(statement, listing.parameters(limit=window.limit, offset=window.offset))


def _groups(listing: Listing, column: str) -> Select[Any]:
    columns = listing.table.c
    return (
        select(
            columns[column].label("value"),
            func.count().label("n"),
            func.min(columns.created_at, type_=columns.created_at.type).label("earliest"),
            func.max(columns.updated_at, type_=columns.updated_at.type).label("latest"),
            func.count().over().label("total"),
        )
        .where(listing.conditions(listing.table))
        .group_by(columns[column])
        .order_by(nulls_first(column))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
