"""Every row of a table, some at a time: for revisions that look at what is stored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, TableClause, bindparam, column, literal, select, tuple_, update
from sqlalchemy.types import TypeEngine

from gateway.db.types import OrderedText

ROWS_AT_A_TIME: Final = 5_000


def rewrite_rows(
    connection: Connection,
    name: str,
    columns: Mapping[str, TypeEngine[Any]],
    changed: Callable[[Any], Mapping[str, Any]],
    at_a_time: int = ROWS_AT_A_TIME,
) -> None:
    """Set columns of the rows of a table to what follows from these rows.

    Args:
        name: of the table.
        columns: that are read or set, with their types.
        changed: makes of a row the values of the columns that are to be set, each time the same ones; empty where it
            stays as it is.
        at_a_time: how many rows are held.
    """
    table = _table(name, columns)
    own = (table.c.organization_id == bindparam("of"), table.c.id == bindparam("row_id"))
    for rows in in_batches(connection, name, columns, at_a_time):
        found = [(row, values) for row in rows if (values := changed(row))]
        if found:
            statement = update(table).where(*own)
            statement = statement.values({each: bindparam(f"set_{each}") for each in found[0][1]})
            connection.execute(
                statement,
                [
                    {
                        "of": row.organization_id,
                        "row_id": row.id,
                        **{f"set_{each}": value for each, value in values.items()},
                    }
                    for row, values in found
                ],
            )


def _table(name: str, columns: Mapping[str, TypeEngine[Any]]) -> TableClause:
    every = {"organization_id": OrderedText(), "id": OrderedText(), **columns}
    return sqlalchemy.table(name, *[column(each, kind) for each, kind in every.items()])


def in_batches(
    connection: Connection,
    name: str,
    columns: Mapping[str, TypeEngine[Any]],
    at_a_time: int = ROWS_AT_A_TIME,
) -> Iterable[Sequence[Any]]:
    """The rows of a table in the order of their key, some at a time, with these columns and those of the key."""
    table = _table(name, columns)
    key = tuple_(table.c.organization_id, table.c.id)
    wanted = select(*table.c).order_by(table.c.organization_id, table.c.id).limit(at_a_time)
    rows = connection.execute(wanted).all()
    while rows:
        yield rows
        last = tuple_(literal(rows[-1].organization_id, OrderedText()), literal(rows[-1].id, OrderedText()))
        rows = connection.execute(wanted.where(key > last)).all()
