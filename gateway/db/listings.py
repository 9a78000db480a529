"""What is asked for: an ordered, filtered list, and which part of it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, and_, bindparam
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db import filters
from gateway.db.cursors import Order
from gateway.db.filters import EVERYTHING, Where
from gateway.db.links import Link
from gateway.db.tenancy import owned
from gateway.db.types import OrderedText

NO_END: Final = 2**62
"""More rows than there are."""


class Window(NamedTuple):
    """Which rows of an ordered list are wanted.

    Attributes:
        limit: the most rows to return.
        backward: count the limit from the end (`last`) instead of the beginning (`first`).
        after: keyset values; only rows behind them.
        before: keyset values; only rows ahead of them.
        offset: rows to leave out at the beginning; excludes the others.
    """

    limit: int
    backward: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    offset: int = 0


@dataclass(slots=True, eq=False)
class Listing:
    """A list to take pages of: the rows of ``table`` in one organization that satisfy ``where``, in ``order``.

    Attributes:
        children_of: for pages per parent, the column that names the parent, or what links the rows to it.
        columns: what to read, beside the order's own columns.
        read: every column that the statement returns, sorted.
    """

    table: Table
    organization_id: str
    order: Order
    columns: tuple[str, ...] = ()
    where: Where = EVERYTHING
    children_of: str | Link | None = None
    read: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.read = _united(self.columns, self.order.columns)

    @property
    def parent(self) -> str:
        """The column of `source` that names the parent."""
        assert self.children_of is not None
        return self.children_of if isinstance(self.children_of, str) else self.children_of.parent

    @property
    def counted(self) -> Table:
        """The table whose rows are as many as each parent's children."""
        return self.children_of.between if isinstance(self.children_of, Link) else self.table

    def source(self, names: Collection[str] = (), alias: str | None = None) -> FromClause:
        """What these columns and the order's are read from; filters may read all columns."""
        if not isinstance(self.children_of, Link):
            return self.table if alias is None else self.table.alias(alias)
        all_names = self.table.c.keys() if self.where.shape != EVERYTHING.shape else ()
        return self.children_of.source((*self.order.columns, *names, *all_names), alias or self.table.name)

    @property
    def key(self) -> tuple[Any, ...]:
        """All that the SQL text depends on."""
        order = self.order
        return (self.table.name, order.keys, order.moved, self.read, self.where.shape, self.children_of)

    def parameters(self, **more: Any) -> dict[str, Any]:
        return {**filters.parameters(self.where), "organization_id": self.organization_id, **more}

    def conditions(self, table: FromClause) -> ColumnElement[bool]:
        tenant = owned(table, bindparam("organization_id", type_=OrderedText()))
        return and_(tenant, filters.clause(self.where, table))


@lru_cache(maxsize=512)
def _united(columns: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*columns, *more}))
