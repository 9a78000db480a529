"""Keyset pages: of a table, and of the children of many parents in one statement.

The cost of a page depends on its size alone: not on the rows before it, nor on the rows beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, and_, bindparam, exists, func, lateral, literal_column, select, true
from sqlalchemy.sql.expression import ColumnElement, FromClause, Select

from gateway.db import filters
from gateway.db.cursors import Order
from gateway.db.database import Database
from gateway.db.filters import EVERYTHING, Where
from gateway.db.keysets import behind, ordering
from gateway.db.statements import Row
from gateway.db.types import Array, OrderedText


@dataclass(frozen=True, slots=True)
class Window:
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


@dataclass(slots=True)
class Edge:
    """A row of a page, and where it stands."""

    node: Row
    order: Order

    @property
    def cursor(self) -> str:
        return self.order.cursor(self.node)


@dataclass(slots=True)
class Page:
    """A stretch of an ordered list, with the parts of a connection (Relay's cursor connections) as attributes.

    Attributes:
        rows: in the list's order, whichever way they were counted.
        has_next_page: rows follow the last of these in the list. None if that was not asked.
        has_previous_page: rows precede the first of these. None if that was not asked.
        total_count: rows of the whole list. None if that was not asked.
    """

    rows: list[Row]
    order: Order
    has_next_page: bool | None = None
    has_previous_page: bool | None = None
    total_count: int | None = None

    @property
    def nodes(self) -> list[Row]:
        return self.rows

    @property
    def edges(self) -> list[Edge]:
        return [Edge(row, self.order) for row in self.rows]

    @property
    def page_info(self) -> "Page":
        return self

    @property
    def start_cursor(self) -> str | None:
        return self.order.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.order.cursor(self.rows[-1]) if self.rows else None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to take pages of: the rows of ``table`` in one organization that satisfy ``where``, in ``order``.

    Attributes:
        children_of: the column that names the parent, for pages per parent.
        columns: what to read, beside the order's own columns.
    """

    table: Table
    organization_id: str
    order: Order
    columns: tuple[str, ...] = ()
    where: Where = EVERYTHING
    children_of: str | None = None
    _read: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_read", tuple(sorted({*self.columns, *self.order.columns})))

    @property
    def read(self) -> tuple[str, ...]:
        """Every column that the statement returns, sorted."""
        return self._read

    @property
    def key(self) -> tuple[Any, ...]:
        """All that the SQL text depends on."""
        return (self.table.name, self.order.keys, self._read, self.where.shape, self.children_of)

    def parameters(self, **more: Any) -> dict[str, Any]:
        return {**filters.parameters(self.where), "organization_id": self.organization_id, **more}

    def conditions(self, table: FromClause) -> ColumnElement[bool]:
        tenant = table.c.organization_id == bindparam("organization_id", type_=OrderedText())
        return and_(tenant, filters.clause(self.where, table))


async def page(
    database: Database, listing: Listing, window: Window, *, next_page: bool, previous_page: bool
) -> Page:
    """One page of a table.

    Args:
        next_page: whether `has_next_page` has to be known; where the page itself cannot tell, that is one more probe.
        previous_page: likewise for `has_previous_page`.
    """
    shape = _bounds_shape(window)
    statement = database.prepare(
        ("page", *listing.key, shape, window.backward, bool(window.offset)),
        lambda: _page_statement(listing, window),
    )
    rows = await database.fetch(statement, listing.parameters(**_bounds(window), limit=window.limit + 1))
    result = _cut(rows, listing.order, window)
    if _unknown(result, window, next_page=next_page, previous_page=previous_page):
        probe = database.prepare(("sides", *listing.key, shape), lambda: _sides_statement(listing, window))
        [sides] = await database.fetch(probe, listing.parameters(**_bounds(window)))
        _settle(result, sides)
    return result


async def pages_of_children(
    database: Database,
    listing: Listing,
    parent_ids: Sequence[str],
    window: Window,
    *,
    next_page: bool,
    previous_page: bool,
) -> list[Page]:
    """One page of children for each parent, in the parents' order, by one statement for all of them."""
    shape = _bounds_shape(window)
    statement = database.prepare(
        ("children", *listing.key, shape, window.backward, bool(window.offset)),
        lambda: _children_statement(listing, window, database.dialect_name),
    )
    grouped: dict[str, list[Row]] = {parent_id: [] for parent_id in parent_ids}
    # a parent asked for twice has its rows once
    parameters = listing.parameters(**_bounds(window), limit=window.limit + 1, parents=list(grouped))
    children_of = statement.row._fields.index(listing.children_of) if statement.row else 0  # type: ignore[attr-defined]
    for row in await database.fetch(statement, parameters):
        grouped[row[children_of]].append(row)
    results = {parent_id: _cut(rows, listing.order, window) for parent_id, rows in grouped.items()}
    unknown = [
        parent_id
        for parent_id, result in results.items()
        if _unknown(result, window, next_page=next_page, previous_page=previous_page)
    ]
    if unknown:
        probe = database.prepare(
            ("sides of children", *listing.key, shape),
            lambda: _sides_of_children_statement(listing, window, database.dialect_name),
        )
        for sides in await database.fetch(probe, listing.parameters(**_bounds(window), parents=unknown)):
            _settle(results[sides.parent], sides)
    return [results[parent_id] for parent_id in parent_ids]


def _cut(rows: list[Row], order: Order, window: Window) -> Page:
    """Drop the one row too many, and say what it tells."""
    more = len(rows) > window.limit
    del rows[window.limit :]
    if window.backward:
        rows.reverse()
        return Page(rows, order, False if window.before is None else None, True if more else None)
    start = window.after is None and (not window.offset)
    previous = False if start else (True if window.offset and rows else None)
    page = Page(rows, order, True if more else None, previous)
    if not more and window.before is None:
        page.has_next_page = False
    return page


def _unknown(result: Page, window: Window, *, next_page: bool, previous_page: bool) -> bool:
    if window.backward and result.has_previous_page is None and window.after is None:
        result.has_previous_page = False
    return (next_page and result.has_next_page is None) or (
        previous_page and result.has_previous_page is None
    )


def _settle(result: Page, sides: Row) -> None:
    if result.has_previous_page is None:
        result.has_previous_page = bool(sides.previous)
    if result.has_next_page is None:
        result.has_next_page = bool(sides.next)


# Statements


def _bounds_shape(window: Window) -> tuple[Any, ...]:
    """Which bounds there are, and which of their values are null: the SQL text depends on it."""
    nulls = (
        None if values is None else tuple(value is None for value in values)
        for values in (window.after, window.before)
    )
    return (*nulls, bool(window.offset))


def _bounds(window: Window) -> dict[str, Any]:
    bounds = {f"after{index}": value for index, value in enumerate(window.after or ())}
    bounds.update({f"before{index}": value for index, value in enumerate(window.before or ())})
    if window.offset:
        bounds["offset"] = window.offset
    return bounds


def _page_statement(listing: Listing, window: Window) -> Select[Any]:
    table = listing.table
    statement = select(*[table.c[name] for name in listing.read]).where(listing.conditions(table))
    return _windowed(statement, listing, table, window)


def _windowed(statement: Select[Any], listing: Listing, table: FromClause, window: Window) -> Select[Any]:
    for bound in _bounded(listing.order, table, window):
        statement = statement.where(bound)
    statement = statement.order_by(*ordering(listing.order, table, reverse=window.backward))
    statement = statement.limit(bindparam("limit"))
    return statement.offset(bindparam("offset")) if window.offset else statement


def _bounded(order: Order, table: FromClause, window: Window) -> list[ColumnElement[bool]]:
    bounds = []
    if window.after is not None:
        bounds.append(behind(order, table, "after", window.after, reverse=False))
    if window.before is not None:
        bounds.append(behind(order, table, "before", window.before, reverse=True))
    return bounds


def _children_statement(listing: Listing, window: Window, dialect_name: str) -> Select[Any]:
    assert listing.children_of is not None
    read = (listing.children_of, *[name for name in listing.read if name != listing.children_of])
    table = listing.table
    parents = _parents(dialect_name)
    inner = table.alias("child")
    condition = and_(listing.conditions(inner), inner.c[listing.children_of] == parents.c.value)
    if dialect_name == "postgresql":
        # LATERAL runs once for each parent and its rows come out in its own order.
        page = lateral(
            _windowed(select(*[inner.c[name] for name in read]).where(condition), listing, inner, window)
        )
        return select(*[page.c[name] for name in read]).select_from(parents.join(page, true()))
    rowid: ColumnElement[int] = literal_column("child.rowid")
    wanted = _windowed(select(rowid).select_from(inner).where(condition), listing, inner, window)
    return (
        select(*[table.c[name] for name in read])
        .select_from(parents.join(table, literal_column(f"{table.name}.rowid").in_(wanted)))
        .order_by(*ordering(listing.order, table, reverse=window.backward))
    )


def _parents(dialect_name: str) -> Any:
    """The array parameter `parents` as a table with one column, `value`."""
    parameter = bindparam("parents", type_=Array(OrderedText()))
    if dialect_name == "postgresql":
        return func.unnest(parameter).table_valued("value", name="parent").render_derived()
    return func.json_each(parameter).table_valued("value", name="parent")


def _sides_statement(listing: Listing, window: Window) -> Select[Any]:
    previous, following = _sides(listing, window, None)
    statement: Select[Any] = select(previous.label("previous"), following.label("next"))
    return statement


def _sides_of_children_statement(listing: Listing, window: Window, dialect_name: str) -> Select[Any]:
    parents = _parents(dialect_name)
    previous, following = _sides(listing, window, parents.c.value)
    return select(parents.c.value.label("parent"), previous.label("previous"), following.label("next"))


def _sides(
    listing: Listing, window: Window, parent: ColumnElement[str] | None
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether a row stands at or ahead of `after` (or, with an offset, anywhere), and at or behind `before`."""
    probes: list[ColumnElement[bool]] = []
    for name, values in (("after", window.after), ("before", window.before)):
        table = listing.table.alias()
        condition = listing.conditions(table)
        if parent is not None:
            assert listing.children_of is not None
            condition = and_(condition, table.c[listing.children_of] == parent)
        if values is not None:
            reverse = name == "after"
            condition = and_(
                condition, behind(listing.order, table, name, values, reverse=reverse, inclusive=True)
            )
        elif not window.offset:
            condition = and_(condition, literal_column("1") == literal_column("0"))
        probe = exists(select(literal_column("1")).select_from(table).where(condition))
        probes.append(probe)
    return probes[0], probes[1]
