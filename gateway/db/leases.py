"""Leases of connected accounts: of all processes one refreshes an account's credentials, or its lease runs out."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete
from sqlalchemy.sql.dml import ReturningDelete

from gateway.db.database import Database
from gateway.db.tables import account_leases
from gateway.db.types import OrderedText
from gateway.db.upserts import claiming


async def take(
    database: Database, organization_id: str, account_id: str, holder: str, at: datetime, until: datetime
) -> bool:
    """Take the lease of an account; false where somebody has it, and it has not run out.

    Args:
        holder: whose it is then, unlike any other.
        at: the instant that counts as now.
    """
    given = {
        "organization_id": organization_id,
        "id": account_id,
        "holder": holder,
        "at": at,
        "until": until,
    }
    statement = database.prepare(("take a lease",), lambda: _take(database.dialect_name))
    async with database.transaction() as transaction:
        return bool(await transaction.fetch(statement, given))


async def give_back(database: Database, organization_id: str, account_id: str, holder: str) -> None:
    """Give a lease back, if it is the holder's still."""
    given = {"organization_id": organization_id, "id": account_id, "holder": holder}
    async with database.transaction() as transaction:
        await transaction.fetch(database.prepare(("give a lease back",), _give_back), given)


def _take(dialect_name: str) -> Any:
    columns = ("organization_id", "id", "holder", "until")
    return claiming(dialect_name, account_leases, columns, until="until", clears={})


def _give_back() -> ReturningDelete[Any]:
    columns = account_leases.c
    return (
        delete(account_leases)
        .where(
            columns.organization_id == bindparam("organization_id", type_=OrderedText()),
            columns.id == bindparam("id", type_=OrderedText()),
            columns.holder == bindparam("holder", type_=OrderedText()),
        )
        .returning(columns.id)
    )
