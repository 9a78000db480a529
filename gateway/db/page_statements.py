"""The SQL of keyset pages, and of the probes for what lies on either side of one."""

from typing import Any

from sqlalchemy import (
    and_,
    bindparam,
    false,
    func,
    lateral,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.expression import BindParameter, ColumnElement, FromClause, Select

from gateway.db.counts import StoredCount
from gateway.db.cursors import Order
from gateway.db.keysets import Stretch, behind, ordering, whole
from gateway.db.links import ROWID
from gateway.db.listings import Listing, Window
from gateway.db.types import Array, BigInt, OrderedText

LIMIT: BindParameter[int] = bindparam("limit", type_=BigInt())
OFFSET: BindParameter[int] = bindparam("offset", type_=BigInt())


def page_statement(listing: Listing, window: Window, counter: StoredCount | None) -> Select[Any]:
    """The statement of one page, with the list's length from its counters where a counter is given."""
    table = listing.table
    columns: list[Any] = [table.c[name] for name in listing.read]
    if counter is not None:
        columns.append(counter.clause.label("total_count"))
    return _windowed(columns, listing.conditions(table), listing.order, table, window)


def _windowed(
    columns: list[ColumnElement[Any]],
    condition: ColumnElement[bool],
    order: Order,
    table: FromClause,
    window: Window,
) -> Select[Any]:
    """The window's rows in the direction in which they are counted, as many as the parameter `limit`."""
    start, end = ("before", "after") if window.backward else ("after", "before")
    if (stop := getattr(window, end)) is not None:
        until = behind(order, table, end, stop, reverse=not window.backward)
        condition = and_(condition, or_(*[each.condition for each in until]))
    origin = getattr(window, start)
    if origin is None:
        parts = whole(order, table, reverse=window.backward)
    else:
        parts = behind(order, table, start, origin, reverse=window.backward)
    if len(parts) > 1:
        return _united(columns, condition, parts, order, table, window)
    conditions = [each.condition for each in parts]
    settled = parts[0].settled if parts else ()
    statement = select(*columns).where(condition, *conditions).limit(LIMIT)
    statement = statement.order_by(*ordering(order, table, reverse=window.backward, settled=settled))
    return statement.offset(OFFSET) if window.offset else statement


def _united(
    columns: list[ColumnElement[Any]],
    condition: ColumnElement[bool],
    stretches: list[Stretch],
    order: Order,
    table: FromClause,
    window: Window,
) -> Select[Any]:
    """The first rows of several stretches, each read from its own place in the index and no further than the limit."""
    keys = [table.c[name].label(f"key_{name}") for name in order.columns]
    parts = [
        select(*columns, *keys)
        .where(condition, each.condition)
        .order_by(*ordering(order, table, reverse=window.backward, settled=each.settled))
        .limit(LIMIT + OFFSET if window.offset else LIMIT)
        .subquery()
        for each in stretches
    ]
    union = union_all(*[select(part) for part in parts]).subquery("behind")
    ordered = ordering(order, union, reverse=window.backward, prefix="key_")
    statement = select(*list(union.c)[: len(columns)]).order_by(*ordered).limit(LIMIT)
    return statement.offset(OFFSET) if window.offset else statement


ONE: ColumnElement[int] = literal_column("1")
PARENT: ColumnElement[str] = literal_column("parent.value", OrderedText())


def children_statement(
    listing: Listing, window: Window, dialect_name: str, *, is_limited: bool = False
) -> Select[Any]:
    """The statement of one page for each parent of the array parameter `parents`.

    Args:
        is_limited: whether it returns at most `most` rows in all, a parameter. SQLite takes a fifth longer then.
    """
    read = (listing.parent, *[name for name in listing.read if name != listing.parent])
    parents = parents_given(dialect_name)
    is_postgresql = dialect_name == "postgresql"
    inner = listing.source(read if is_postgresql else [ROWID], "child")
    condition = and_(listing.conditions(inner), inner.c[listing.parent] == PARENT)
    if is_postgresql:
        # LATERAL runs once for each parent and its rows come out in its own order.
        columns: list[Any] = [inner.c[name] for name in read]
        page = lateral(_windowed(columns, condition, listing.order, inner, window))
        rows = select(*[page.c[name] for name in read]).select_from(parents.join(page, true()))
        return rows.limit(bindparam("most")) if is_limited else rows
    table = listing.source([*read, ROWID], listing.table.name)
    rowid: ColumnElement[int] = literal_column(f"child.{ROWID}").label("row")
    wanted = _windowed([rowid], condition, listing.order, inner, window)
    statement = (
        select(*[table.c[name] for name in read])
        .select_from(parents.join(table, literal_column(f"{listing.table.name}.{ROWID}").in_(wanted)))
        .order_by(*ordering(listing.order, table, reverse=window.backward))
    )
    return statement.limit(bindparam("most")) if is_limited else statement


def parents_given(dialect_name: str) -> Any:
    """The array parameter `parents` as a table with one column, `value`."""
    parameter = bindparam("parents", type_=Array(OrderedText()))
    if dialect_name == "postgresql":
        return func.unnest(parameter).table_valued("value").render_derived(name="parent")
    return func.json_each(parameter).table_valued("value", name="parent")


def sides_statement(listing: Listing, window: Window) -> Select[Any]:
    """The statement that tells whether rows precede and follow a page."""
    columns: list[Any] = _sides(listing, window, None)
    return select(*columns)


def sides_of_children_statement(listing: Listing, window: Window, dialect_name: str) -> Select[Any]:
    """The statement that tells, for each parent of `parents`, whether rows precede and follow the parent's page."""
    columns: list[Any] = [PARENT.label("parent"), *_sides(listing, window, PARENT)]
    return select(*columns).select_from(parents_given(dialect_name))


def _sides(listing: Listing, window: Window, parent: ColumnElement[str] | None) -> list[ColumnElement[bool]]:
    """Whether a row stands at or ahead of `after` (or, with an offset, anywhere), and at or behind `before`."""
    table = listing.table.alias() if parent is None else listing.source(alias="beside")
    condition = listing.conditions(table)
    if parent is not None:
        condition = and_(condition, table.c[listing.parent] == parent)

    def probe(name: str, values: tuple[Any, ...] | None) -> ColumnElement[bool]:
        ahead = name == "after"
        if values is None and not window.offset:
            return false()
        places = [Stretch(true())]
        if values is not None:
            places = behind(listing.order, table, name, values, reverse=ahead, inclusive=True)
        nearest = [
            # ordered, and no EXISTS, which would let PostgreSQL forget the order and read the table instead
            select(ONE)
            .select_from(table)
            .where(condition, place.condition)
            .order_by(*ordering(listing.order, table, reverse=ahead, settled=listing.order.moved))
            .limit(ONE)
            .scalar_subquery()
            for place in places
        ]
        return or_(*[each.is_not(None) for each in nearest])

    return [probe("after", window.after).label("previous"), probe("before", window.before).label("next")]
