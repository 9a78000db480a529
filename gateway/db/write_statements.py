"""The statements of writes; each concerns the rows of one organization, its id the parameter `tenant`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Insert, Select, Table, Update, bindparam, delete, select, update
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate
from sqlalchemy.sql.expression import ColumnElement

from gateway.db import filters
from gateway.db.bookkeeping import wants_event
from gateway.db.filters import EVERYTHING, Where
from gateway.db.tables import CHILD_OF, organizations
from gateway.db.tables.columns import counts_writes
from gateway.db.types import OrderedText, among, operand_type


def own(table: Table) -> ColumnElement[bool]:
    """The condition on the rows that may be written: the organization's own, and of organizations itself."""
    owner = table.c.id if table is organizations else table.c.organization_id
    return owner == bindparam("tenant", type_=OrderedText())


def insert_row(table: Table) -> Insert:
    """One row, each of its columns a parameter of the column's name."""
    return table.insert().values(
        {column.name: bindparam(column.name, type_=column.type) for column in table.c}
    )


def update_many(table: Table, names: Sequence[str]) -> ReturningUpdate[Any]:
    """The same values for the rows of the ids `keys`; returns the ids of those that there are, and their requests'."""
    returned = [table.c[name] for name in ("id", CHILD_OF) if name in table.c]
    return _set(table, names).where(own(table), among(table.c.id, "keys")).returning(*returned)


def update_one(table: Table, names: Sequence[str]) -> Update:
    """Values for the row of the id `row_id`."""
    return _set(table, names).where(own(table), table.c.id == bindparam("row_id", type_=OrderedText()))


def _set(table: Table, names: Sequence[str]) -> Update:
    """Columns set to the parameters `set_` and their names; where that is told by an event, the version is another."""
    values: dict[str, Any] = {name: bindparam(f"set_{name}", type_=table.c[name].type) for name in names}
    if counts_writes(table) and wants_event(table, "", names):
        values["version"] = table.c.version + 1
    return update(table).values(values)


def delete_many(table: Table, returned: Sequence[ColumnElement[Any]]) -> ReturningDelete[Any]:
    """The rows of the ids `keys`; returns the ids of those that there were, and these columns of them."""
    return delete(table).where(own(table), among(table.c.id, "keys")).returning(table.c.id, *returned)


def whole_rows(table: Table, key: str, *, is_one: bool = False) -> Select[Any]:
    """The rows of the values `keys` of a column, or of the one that `keys` is."""
    return select(table).where(own(table), _keyed(table.c[key], is_one))


def _keyed(column: Column[Any], is_one: bool) -> ColumnElement[bool]:
    """The condition on a key; PostgreSQL plans a statement with an array of one anew each time it is run."""
    return column == bindparam("keys", type_=operand_type(column)) if is_one else among(column, "keys")


def one_or_many(keys: Sequence[Any]) -> Any:
    """The parameter `keys`, where `is_one` is whether there is one."""
    return keys[0] if len(keys) == 1 else keys


def locked_rows(
    table: Table,
    columns: Sequence[ColumnElement[Any]],
    *,
    where: Where = EVERYTHING,
    for_deletion: bool = False,
    is_one: bool = False,
) -> Select[Any]:
    """Columns of the rows of the ids `keys`, locked in the order of their ids, which is every writer's.

    Args:
        is_one: whether `keys` is one id.
    """
    locked = select(*columns).where(own(table), _keyed(table.c.id, is_one), filters.clause(where, table))
    return (locked if is_one else locked.order_by(table.c.id)).with_for_update(key_share=not for_deletion)


def locked_whole(table: Table, has: Sequence[Table], **how: Any) -> Select[Any]:
    """Whole rows, locked likewise.

    Args:
        has: tables of children; whether a row had any when the statement began is the column `has_` and the name.
    """
    return locked_rows(table, [*table.c, *[_has(table, each) for each in has]], **how)


def _has(table: Table, children: Table) -> ColumnElement[bool]:
    own = children.c.organization_id == table.c.organization_id
    found = select(children.c.id).where(own, children.c[CHILD_OF] == table.c.id).exists()
    return found.label(f"has_{children.name}")


def own_organization() -> Select[Any]:
    """The organization's own row."""
    return select(organizations).where(own(organizations))
