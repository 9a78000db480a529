"""Attempts to log in that failed, or are under way, counted under keys for a while."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Update, bindparam, case, delete, select, update
from sqlalchemy.sql.dml import ReturningDelete

from gateway.db.database import Database
from gateway.db.tables import login_attempts
from gateway.db.types import BigInt, OrderedText, Timestamp
from gateway.db.upserts import insert_or

SWEPT: Final = 100  # rows beside each attempt, which adds two


class Count(NamedTuple):
    """How many attempts there were, this one included, and when they are forgotten."""

    attempts: int
    until: datetime


async def count(database: Database, keys: Sequence[str], at: datetime, until: datetime) -> dict[str, Count]:
    """Count one attempt under each of these keys; what is over is deleted.

    Args:
        until: when a count that begins now is forgotten; those that go on are as they were.
    """
    found: dict[str, Count] = {}
    async with database.transaction() as transaction:
        await transaction.fetch(database.prepare(("sweep attempts",), _sweep), {"at": at, "limit": SWEPT})
        statement = database.prepare(("count an attempt",), lambda: _count(database.dialect_name))
        for key in sorted(keys):  # every writer's order, or two would wait for each other
            [row] = await transaction.fetch(statement, {"key": key, "at": at, "until": until})
            found[key] = Count(row.attempts, row.until)
    return found


async def forgive(database: Database, account: str, origin: str) -> None:
    """Take back the attempt that was none, and all that failed for the same account before it."""
    async with database.transaction() as transaction:
        statement = database.prepare(("forgive an attempt",), _forgive)
        ways = [{"key": account, "less": 2**31}, {"key": origin, "less": 1}]
        await transaction.run_many(statement, sorted(ways, key=lambda each: str(each["key"])))


def _count(dialect_name: str) -> Any:
    table = login_attempts
    until = bindparam("until", type_=Timestamp())
    statement = insert_or(dialect_name, table).values(
        id=bindparam("key", type_=OrderedText()), attempts=1, until=until
    )
    is_over = table.c.until <= bindparam("at", type_=Timestamp())
    return statement.on_conflict_do_update(
        index_elements=[table.c.id],
        set_={
            "attempts": case((is_over, 1), else_=table.c.attempts + 1),
            "until": case((is_over, statement.excluded.until), else_=table.c.until),
        },
    ).returning(table.c.attempts, table.c.until)


def _forgive() -> Update:
    table = login_attempts
    fewer = table.c.attempts - bindparam("less", type_=BigInt())
    return (
        update(table)
        .where(table.c.id == bindparam("key", type_=OrderedText()))
        .values(attempts=case((fewer < 0, 0), else_=fewer))
    )


def _sweep() -> ReturningDelete[Any]:
    table = login_attempts
    over = (
        select(table.c.id)
        .where(table.c.until <= bindparam("at", type_=Timestamp()))
        .order_by(table.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(table.c.id.in_(over)).returning(table.c.id)
