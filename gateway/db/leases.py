"""Leases: one of all processes does what a row stands for, until it is done or the lease expires.

A table of leases has the ids of what is leased, with `holder` and `until`.
"""

from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.database import Database
from gateway.db.types import OrderedText, Timestamp
from gateway.db.upserts import claiming


class Lease(NamedTuple):
    """What somebody has of a row for a while.

    Attributes:
        table: of leases.
        row_id: of what is leased.
        holder: whose it is, unlike any other.
    """

    table: Table
    organization_id: str
    row_id: str
    holder: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the statements."""
        return {"organization_id": self.organization_id, "id": self.row_id, "holder": self.holder}


async def take(database: Database, lease: Lease, at: datetime, until: datetime) -> bool:
    """Take a lease; false where somebody has it, and it has not run out.

    Args:
        at: the instant that counts as now.
        until: when it runs out.
    """
    key = ("take a lease", lease.table.name)
    statement = database.prepare(key, partial(_take, database.dialect_name, lease.table))
    async with database.transaction() as transaction:
        return bool(await transaction.fetch(statement, {**lease.parameters, "at": at, "until": until}))


async def give_back(database: Database, lease: Lease) -> None:
    """Give a lease back, if it is the holder's still."""
    statement = database.prepare(("give a lease back", lease.table.name), partial(_give_back, lease.table))
    async with database.transaction() as transaction:
        await transaction.fetch(statement, lease.parameters)


def prolonging(table: Table) -> ReturningUpdate[Any]:
    """The statement that gives a lease another end, `until`; it returns no id where it is the holder's no more.

    In the transaction of what was done under the lease it keeps out whoever has taken that over.
    """
    values = {"until": bindparam("until", type_=Timestamp())}
    return update(table).where(_held(table)).values(values).returning(table.c.id)


def _take(dialect_name: str, table: Table) -> Any:
    columns = ("organization_id", "id", "holder", "until")
    return claiming(dialect_name, table, columns, until="until", clears={})


def _give_back(table: Table) -> ReturningDelete[Any]:
    return delete(table).where(_held(table)).returning(table.c.id)


def _held(table: Table) -> ColumnElement[bool]:
    columns = table.c
    return (
        (columns.organization_id == bindparam("organization_id", type_=OrderedText()))
        & (columns.id == bindparam("id", type_=OrderedText()))
        & (columns.holder == bindparam("holder", type_=OrderedText()))
    )
