"""Leases: of all processes one does what a row stands for, until it is done or the lease has run out.

A table of leases has the ids of what is leased, with `holder` and `until`.
"""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.database import Database
from gateway.db.tables import account_leases, webhook_leases
from gateway.db.types import OrderedText, Timestamp
from gateway.db.upserts import claiming

LEASES = (account_leases, webhook_leases)
"""The tables of leases."""


async def take(
    database: Database,
    table: Table,
    organization_id: str,
    row_id: str,
    holder: str,
    at: datetime,
    until: datetime,
) -> bool:
    """Take a lease; false where somebody has it, and it has not run out.

    Args:
        table: one of LEASES.
        row_id: of what is leased.
        holder: whose it is then, unlike any other.
        at: the instant that counts as now.
    """
    given = {
        "organization_id": organization_id,
        "id": row_id,
        "holder": holder,
        "at": at,
        "until": until,
    }
    statement = database.prepare(("take a lease", table.name), partial(_take, database.dialect_name, table))
    async with database.transaction() as transaction:
        return bool(await transaction.fetch(statement, given))


async def give_back(database: Database, table: Table, organization_id: str, row_id: str, holder: str) -> None:
    """Give a lease back, if it is the holder's still."""
    given = {"organization_id": organization_id, "id": row_id, "holder": holder}
    statement = database.prepare(("give a lease back", table.name), partial(_give_back, table))
    async with database.transaction() as transaction:
        await transaction.fetch(statement, given)


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
