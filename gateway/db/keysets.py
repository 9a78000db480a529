"""Orders and keysets as SQL: ORDER BY, and the rows behind a given one."""

import operator
from typing import Any

from sqlalchemy import and_, bindparam, false, or_, true, tuple_
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db.cursors import Order


def ordering(order: Order, table: FromClause, *, reverse: bool) -> list[ColumnElement[Any]]:
    """ORDER BY. Only nullable columns say where their nulls go, or PostgreSQL would not use the index."""
    expressions: list[ColumnElement[Any]] = []
    for name, descending in order.keys:
        column = table.c[name]
        down = descending != reverse
        expression: Any = column.desc() if down else column.asc()
        if order.table.c[name].nullable:
            expression = expression.nulls_last() if down else expression.nulls_first()
        expressions.append(expression)
    return expressions


def behind(
    order: Order,
    table: FromClause,
    prefix: str,
    values: tuple[Any, ...],
    *,
    reverse: bool,
    inclusive: bool = False,
) -> ColumnElement[bool]:
    """Rows strictly behind a keyset in the order (``reverse``: ahead of it; ``inclusive``: or at it)."""
    columns = [table.c[name] for name in order.columns]
    bounds = [
        bindparam(f"{prefix}{index}", type_=order.table.c[name].type)
        for index, name in enumerate(order.columns)
    ]
    downs = [descending != reverse for _, descending in order.keys]
    if len(set(downs)) == 1 and not any(order.table.c[name].nullable for name in order.columns):
        behind = operator.lt if downs[0] else operator.gt
        at_or_behind = operator.le if downs[0] else operator.ge
        compared: ColumnElement[bool] = (at_or_behind if inclusive else behind)(
            tuple_(*columns), tuple_(*bounds)
        )
        return compared
    condition: ColumnElement[bool] = true() if inclusive else false()
    for column, bound, down, value in reversed(list(zip(columns, bounds, downs, values, strict=True))):
        condition = _behind_in_one(column, bound, down, value is None, condition)
    return condition


def _behind_in_one(
    column: ColumnElement[Any], bound: ColumnElement[Any], down: bool, null: bool, tie: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Behind by this key, or level with it and ``tie``. The outer bound lets an index be entered at the right place."""
    if null:
        level = and_(column.is_(None), tie)
        return level if down else or_(column.is_not(None), level)  # nothing is smaller than null
    level = and_(column == bound, tie)
    if not down:
        return and_(column >= bound, or_(column > bound, level))
    if getattr(column, "nullable", False):
        return or_(column < bound, column.is_(None), level)
    return and_(column <= bound, or_(column < bound, level))
