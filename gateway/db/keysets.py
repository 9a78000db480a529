"""Orders and keysets as SQL: ORDER BY, and the rows behind a given one."""

import operator
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, true, tuple_
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db.cursors import Order


class Stretch(NamedTuple):
    """A part of an ordered list that one range of an index on the order's columns may be.

    Attributes:
        condition: on its rows.
        settled: the columns that are null in all of its rows, or in none.
    """

    condition: ColumnElement[bool]
    settled: frozenset[str] = frozenset()


def ordering(
    order: Order, table: FromClause, *, reverse: bool, prefix: str = "", settled: Collection[str] = ()
) -> list[ColumnElement[Any]]:
    """ORDER BY, the columns' names in ``table`` preceded by ``prefix``.

    Only nullable columns say where their nulls go, or PostgreSQL would not use the index.

    Args:
        reverse: from the list's end to its beginning.
        settled: columns of which it makes no difference where their nulls go: they go where indexes have them.
    """
    expressions: list[ColumnElement[Any]] = []
    for name, descending in order.keys:
        column = table.c[prefix + name]
        down = descending != reverse
        expression: Any = column.desc() if down else column.asc()
        if order.table.c[name].nullable:
            are_last = down != (name in order.moved and name not in settled)
            expression = expression.nulls_last() if are_last else expression.nulls_first()
        expressions.append(expression)
    return expressions


def whole(order: Order, table: FromClause, *, reverse: bool) -> list[Stretch]:
    """The whole list in its own sequence: one stretch, or two where indexes have the first key's nulls elsewhere."""
    name, descending = order.keys[0]
    if name not in order.moved:
        return [Stretch(true())]
    settled = frozenset([name])
    values, nulls = Stretch(table.c[name].is_not(None), settled), Stretch(table.c[name].is_(None), settled)
    are_last = descending == reverse
    return [values, nulls] if are_last else [nulls, values]


def behind(
    order: Order,
    table: FromClause,
    prefix: str,
    values: tuple[Any, ...],
    *,
    reverse: bool,
    inclusive: bool = False,
) -> list[Stretch]:
    """The rows strictly behind a keyset, as disjoint stretches in the order's own sequence.

    Each is one range of an index on the order's columns: equalities, then at most one inequality. Their
    disjunction would be read from the index's beginning.

    Args:
        prefix: of the names of the bound parameters: ``after0``, ``after1``, …
        values: the keyset; only which of them are null changes the conditions.
        reverse: the rows ahead of it instead, in the reversed sequence.
        inclusive: the row at the keyset, too.
    """
    level: list[ColumnElement[bool]] = []
    settled: frozenset[str] = frozenset()
    found: list[Stretch] = []
    for run in _runs(order, table, prefix, values, reverse=reverse):
        settled |= run.nullable
        found[:0] = [Stretch(and_(*level, condition), settled) for condition in _behind(run)]
        level += [
            column.is_(None) if run.is_null else column == bound
            for column, bound in zip(run.columns, run.bounds, strict=True)
        ]
    if inclusive:
        found.insert(0, Stretch(and_(*level), settled))
    return found


class _Run(NamedTuple):
    """Neighbouring keys that one row comparison covers.

    Attributes:
        columns: of the table, in the sequence of the keys.
        bounds: what they are compared with.
        down: whether they descend.
        is_null: whether the one bound is null.
        are_nulls_last: whether nulls stand behind every value.
        nullable: the name of the one column that may be null.
    """

    columns: list[ColumnElement[Any]]
    bounds: list[ColumnElement[Any]]
    down: bool
    is_null: bool
    are_nulls_last: bool
    nullable: frozenset[str]


def _runs(
    order: Order, table: FromClause, prefix: str, values: tuple[Any, ...], *, reverse: bool
) -> Iterator[_Run]:
    def kind(index: int) -> tuple[bool, int]:
        name, descending = order.keys[index]
        return descending != reverse, index if order.table.c[name].nullable else -1

    for (down, nullable), group in groupby(range(len(order.keys)), kind):
        indexes = list(group)
        names = [order.columns[index] for index in indexes]
        yield _Run(
            [table.c[name] for name in names],
            [
                bindparam(f"{prefix}{index}", type_=order.table.c[name].type)
                for index, name in zip(indexes, names, strict=True)
            ],
            down,
            values[indexes[0]] is None,
            down != (names[0] in order.moved),
            frozenset(names if nullable >= 0 else ()),
        )


def _behind(run: _Run) -> list[ColumnElement[bool]]:
    """Strictly behind by one run of keys."""
    compare = operator.lt if run.down else operator.gt
    if len(run.columns) > 1:
        row_value: ColumnElement[bool] = compare(tuple_(*run.columns), tuple_(*run.bounds))
        return [row_value]
    [column], [bound] = run.columns, run.bounds
    if run.is_null:
        return [] if run.are_nulls_last else [column.is_not(None)]
    greater: ColumnElement[bool] = compare(column, bound)
    return [greater, column.is_(None)] if run.nullable and run.are_nulls_last else [greater]
