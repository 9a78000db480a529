"""Inserts that say what to do if the row exists already (`ON CONFLICT`, on both databases)."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gateway.db.types import Timestamp


def insert_or(dialect_name: str, table: Table) -> Any:
    """An insert of the database's own, to be given an `on_conflict_…`."""
    return (postgresql_insert if dialect_name == "postgresql" else sqlite_insert)(table)


def claiming(
    dialect_name: str, table: Table, columns: Collection[str], *, until: str, clears: Mapping[str, Any]
) -> Any:
    """The statement that inserts a row, or takes over an expired one; it returns no id if it did neither.

    Its parameters have the names of the columns, and `at` is the instant that counts as now.

    Args:
        columns: that are given, beside the instants of the row's making and last change.
        until: the column that says when its time is over.
        clears: what others are set to in a row that is taken over.
    """
    at = bindparam("at", type_=Timestamp())
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    values |= {"created_at": at, "updated_at": at}
    statement = insert_or(dialect_name, table).values(values)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={**{name: statement.excluded[name] for name in values}, **clears},
        where=table.c[until] <= at,
    ).returning(table.c.id)
