"""What tables are made of: the tenant's columns, parents, closed sets, orders, and the marks of columns.

Every tenant-owned table has the primary key (organization_id, id) and composite foreign keys, so that the database
itself refuses a child under another organization's parent. ``info["type"]`` is the public name of a row, as its
global id spells it.
"""

from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    false,
    func,
    literal_column,
    true,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db.folding import leading
from gateway.db.types import BigInt, Boolean, OrderedText, Text, Timestamp, nulls_first
from gateway.db.vault import LABEL_LENGTH

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

EMAIL = {"form": "email"}
"""Marks e-mail addresses: what is not one is refused where no vendor's contract takes it verbatim."""

URL = {"form": "url"}
"""Marks URLs, of which the same holds."""


PLAIN = {"plain": True}
"""Marks text that is shown as it is stored: ids, closed sets, digests. It never holds a credential, or is refused.

The credentials in every other text are masked for viewers without the scope `secrets`.
"""

SHORT = {"short": True}
"""Marks names, addresses and numbers that rows are found by: lists are filtered and ordered by these without `secrets`,
too. Lists are filtered and ordered by any other masked text with that scope only, or its credentials could be guessed.
"""

JSON = {"json": True}
"""Marks JSON text, whose members' names say what is secret, too."""

KEPT = {"kept": True}
"""Marks what is kept of objects as they were read; the shape that gives it back masks it member by member."""


SEALED = {"sealed": True}
"""Marks text that is stored encrypted; with `secret` it is shown with the scope `secrets` only. Its index tells which
keys are in use, and which rows need one."""


DIGEST = {"digest": True}
"""Marks digests of secrets, which nothing but a comparison is for: no event tells of them."""


EVERY_KIND = "every"


def numbered(kind: StrEnum | None = None) -> dict[str, object]:
    """Marks numbers that are counted per organization and never used again, deleted rows' included.

    A row of this kind, or every row, must have one; other rows may.
    """
    return {"numbered": EVERY_KIND if kind is None else kind}


ORDERED = {"ordered": True}
"""Marks columns that whole lists are ordered by: each has an index for that."""


@cache
def column_names(table: Table) -> tuple[str, ...]:
    """The names of a table's columns, in their order; asking the table itself costs more."""
    return tuple(map(str, table.c.keys()))  # of their own, they are no keys of JSON


SORTED = {"sorted": True}
"""Marks names: whole lists are ordered by them as people expect, by a column of sort keys beside each."""

SEARCHED = {"searched": True}
"""Marks texts whose words rows are found by, as they are shown without the scope `secrets` (`gateway.db.search`)."""

SORT_KEY_OF: Final = "sort_key_of"
"""The mark of a column of sort keys (`gateway.db.sort_keys`): the column whose keys it holds."""


def sort_column(name: str) -> Column[str]:
    """The column of the sort keys of a column of names; null where the name is."""
    return Column(f"{name}_sort", OrderedText, info=SHORT | ORDERED | {SORT_KEY_OF: name})


def sorted_by(column: Column[Any]) -> str:
    """The name of the column by which lists are ordered that are to be ordered by this one."""
    return f"{column.name}_sort" if column.info.get("sorted") else column.name


@cache
def longest(column: Column[Any]) -> int:
    """The maximum length of a text that a caller writes into a column; imports take whatever vendors have.

    An entry of PostgreSQL's B-tree ends at 2,704 bytes, so that what lists are ordered by is short.
    """
    if isinstance(column.type, OrderedText):
        return 10_000 if is_free_text(column) and not column.info.get("indexed") else 500
    return 100_000


def may_hold_credentials(column: Column[Any]) -> bool:
    """Whether the column's text is masked for viewers without the scope `secrets`."""
    is_plain = column.primary_key or column.foreign_keys or column.info.get("plain")
    return isinstance(column.type, Text) and not is_plain


def is_short(column: Column[Any]) -> bool:
    """Whether viewers without `secrets` can filter and order by the column; rows with a credential never match."""
    return bool(column.info.get("short")) and may_hold_credentials(column)


@cache
def is_free_text(column: Column[Any]) -> bool:
    """Whether lists are filtered and ordered by the column with the scope `secrets` only."""
    return may_hold_credentials(column) and not column.info.get("short")


INDEXED = {"indexed": True}
"""Marks free text that has an index."""


HOLDS_CREDENTIAL: Final = "holds_credential"


def holds_credential() -> Column[bool]:
    """Whether a credential is in any of the row's short columns: such a row matches nothing for who may not see it."""
    return Column(HOLDS_CREDENTIAL, Boolean, nullable=False, server_default=false())


def closed(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The database refuses a value outside the enum."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def parent(column: str, table: str) -> ForeignKeyConstraint:
    """The foreign key of a column that names a row of a table, of the same organization."""
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"fk_{table}_{column}"
    )


def vendor_uuid() -> Column[str]:
    """The vendor's own id of an object, where a row of another parent has it as its id; null: it is this row's id."""
    return Column("vendor_uuid", OrderedText, info=PLAIN)


def version() -> Column[int]:
    """How often a row was written: one more with each change, 1 for a new one.

    Who changes a row as they read it says which version that was.
    """
    return Column("version", BigInt, nullable=False, server_default="1", info={"counts_writes": True})


@cache
def counts_writes(table: Table) -> bool:
    """Whether the table has a `version`; a vendor's may be a column of that name, too."""
    return "version" in table.c and bool(table.c.version.info.get("counts_writes"))


def tenant_table(name: str, *items: SchemaItem, type: str | None = None) -> Table:
    """A table whose rows belong to one organization."""
    foreign_keys = [item for item in items if isinstance(item, ForeignKeyConstraint)]
    for key in foreign_keys:
        key.name = f"fk_{name}_{list(key.column_keys)[-1]}"
    table = Table(
        name,
        metadata,
        Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
        Column("id", OrderedText, primary_key=True),
        Column("created_at", Timestamp, nullable=False),
        Column("updated_at", Timestamp, nullable=False),
        *items,
        *[sort_column(item.name) for item in items if isinstance(item, Column) and item.info.get("sorted")],
        info={"type": type} if type else {},
    )
    for column in table.c:
        if column.info.get("ordered"):
            ordered(table, column.name)
        if column.info.get("sealed"):
            Index(f"ix_{name}_{column.name}_sealed_with", sealed_with(column))
    return table


def uuid_of(table: FromClause) -> ColumnElement[str]:
    """The vendor's own id of a row of a table with a `vendor_uuid`."""
    return func.coalesce(table.c.vendor_uuid, table.c.id, type_=OrderedText())


def full_name_of(table: FromClause) -> ColumnElement[str]:
    """The first and the last name of a row of people, as far as they are known and not empty; null without any."""
    first, last = (
        func.nullif(table.c[name], literal_column("''"), type_=OrderedText())
        for name in ("first_name", "last_name")
    )
    both = first.concat(literal_column("' '")).concat(last)
    return func.coalesce(both, first, last, type_=OrderedText())


def found_by_uuid(table: Table) -> Index:
    """An index that finds every row of a vendor's id.

    It has the lists' own order, or SQLite would rather walk through the list.
    """
    columns = table.c
    return Index(
        f"ix_{table.name}_uuid", columns.organization_id, uuid_of(table), columns.created_at, columns.id
    )


def holding_index(table: Table) -> str:
    return f"ix_{table.name}_holding"


def holding(table: Table) -> Index:
    """An index of the few rows that hold a credential, which are counted to be left out of a list's length."""
    columns = table.c
    holds = columns[HOLDS_CREDENTIAL].is_(true())
    return Index(
        holding_index(table),
        columns.organization_id,
        columns.id,
        sqlite_where=holds,
        postgresql_where=holds,
    )


def ordered(table: Table, *columns: str) -> Index:
    """An index that serves ``columns`` in order, the id breaking ties, within one organization.

    Nulls are smallest on both databases; PostgreSQL has to be told so.
    """
    expressions = [
        nulls_first(column) if table.c[column].nullable else table.c[column]
        for column in ("organization_id", *columns, "id")
    ]
    return Index(f"ix_{table.name}_{'_'.join(columns)}", *expressions, _table=table)


def sealed_with(column: Column[Any]) -> leading:
    """Which key the sealed text of a column needs: the label that it begins with."""
    return leading(column, LABEL_LENGTH)
