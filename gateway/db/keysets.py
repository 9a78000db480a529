"""Orders and keysets as SQL: ORDER BY, and the rows behind a given one."""

import operator
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, tuple_
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db.cursors import Order


def ordering(order: Order, table: FromClause, *, reverse: bool, prefix: str = "") -> list[ColumnElement[Any]]:
    """ORDER BY, the columns' names in ``table`` preceded by ``prefix``.

    Only nullable columns say where their nulls go, or PostgreSQL would not use the index.
    """
    expressions: list[ColumnElement[Any]] = []
    for name, descending in order.keys:
        column = table.c[prefix + name]
        down = descending != reverse
        expression: Any = column.desc() if down else column.asc()
        if order.table.c[name].nullable:
            expression = expression.nulls_last() if down else expression.nulls_first()
        expressions.append(expression)
    return expressions


def ranges(
    order: Order,
    table: FromClause,
    prefix: str,
    values: tuple[Any, ...],
    *,
    reverse: bool,
    inclusive: bool = False,
) -> list[ColumnElement[bool]]:
    """The rows strictly behind a keyset, as disjoint conditions in the order's own sequence.

    Each is one range of an index on the order's columns: equalities, then at most one inequality. Their
    disjunction would be read from the index's beginning.

    Args:
        prefix: of the names of the bound parameters: ``after0``, ``after1``, …
        values: the keyset; only which of them are null changes the conditions.
        reverse: the rows ahead of it instead, in the reversed sequence.
        inclusive: the row at the keyset, too.
    """
    level: list[ColumnElement[bool]] = []
    found: list[ColumnElement[bool]] = []
    for run in _runs(order, table, prefix, values, reverse=reverse):
        columns, bounds, down, null = run
        found[:0] = [and_(*level, condition) for condition in _behind(columns, bounds, down, null)]
        level += [
            column.is_(None) if null else column == bound
            for column, bound in zip(columns, bounds, strict=True)
        ]
    if inclusive:
        found.insert(0, and_(*level))
    return found


_Run = tuple[list[ColumnElement[Any]], list[ColumnElement[Any]], bool, bool]


def _runs(
    order: Order, table: FromClause, prefix: str, values: tuple[Any, ...], *, reverse: bool
) -> Iterator[_Run]:
    """Neighbouring keys that one row comparison covers: columns, bounds, whether they descend, whether null."""

    def kind(index: int) -> tuple[bool, int]:
        name, descending = order.keys[index]
        return descending != reverse, index if order.table.c[name].nullable else -1

    for (down, _), group in groupby(range(len(order.keys)), kind):
        indexes = list(group)
        names = [order.columns[index] for index in indexes]
        yield (
            [table.c[name] for name in names],
            [
                bindparam(f"{prefix}{index}", type_=order.table.c[name].type)
                for index, name in zip(indexes, names, strict=True)
            ],
            down,
            values[indexes[0]] is None,
        )


def _behind(
    columns: list[ColumnElement[Any]], bounds: list[ColumnElement[Any]], down: bool, null: bool
) -> list[ColumnElement[bool]]:
    """Strictly behind by one run of keys; null is smaller than every value."""
    compare = operator.lt if down else operator.gt
    if len(columns) > 1:
        row_value: ColumnElement[bool] = compare(tuple_(*columns), tuple_(*bounds))
        return [row_value]
    [column], [bound] = columns, bounds
    if null:
        return [] if down else [column.is_not(None)]
    behind: ColumnElement[bool] = compare(column, bound)
    return [behind, column.is_(None)] if down and getattr(column, "nullable", False) else [behind]
