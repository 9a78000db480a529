"""Numbers that are counted per organization and never used again: the largest one ever used stands in `counters`."""

from functools import cache
from typing import Any

from sqlalchemy import Column, Table, bindparam, case, func, select

from gateway.db.database import Database, Transaction
from gateway.db.tables import counters
from gateway.db.types import OrderedText
from gateway.db.upserts import insert_or


@cache
def numbered_columns(table: Table) -> list[Column[Any]]:
    """The columns whose numbers are counted per organization (see `gateway.db.tables.columns.numbered`)."""
    return [column for column in table.c if column.info.get("numbered")]


async def largest(
    database: Database, transaction: Transaction, organization_id: str, column: Column[Any]
) -> int:
    """The largest number that a row of the organization has now; 0 where there is none."""
    table: Any = column.table
    statement = database.prepare(
        ("largest", table.name, column.name),
        lambda: select(func.coalesce(func.max(column), 0).label("n")).where(
            table.c.organization_id == bindparam("organization_id", type_=OrderedText())
        ),
    )
    [row] = await transaction.fetch(statement, {"organization_id": organization_id})
    return int(row.n)


async def raise_mark(
    database: Database,
    transaction: Transaction,
    organization_id: str,
    column: Column[Any],
    least: int,
    *,
    step: int = 0,
) -> int:
    """Raise the largest number ever used by ``step``, or to ``least`` where that is more, and return it."""
    statement = database.prepare(("raise mark",), lambda: _raise(database))
    values = {
        "organization_id": organization_id,
        "table_name": f"{column.table.name}.{column.name}",  # no table's own counters have such a name
        "kind": "",
        "status": "",
        "n": least,
        "step": step,
    }
    [row] = await transaction.fetch(statement, values)
    return int(row.n)


def _raise(database: Database) -> Any:
    statement = insert_or(database.dialect_name, counters).values(
        {column.name: bindparam(column.name, type_=column.type) for column in counters.c}
    )
    raised = counters.c.n + bindparam("step", type_=counters.c.n.type)
    return statement.on_conflict_do_update(
        index_elements=list(counters.primary_key.columns),
        set_={"n": case((raised > statement.excluded.n, raised), else_=statement.excluded.n)},
    ).returning(counters.c.n)
