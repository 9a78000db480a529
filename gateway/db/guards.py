"""Conditions that keep credentials from being guessed: a row with one in a short column matches nothing.

Who may not see secrets may filter and order by short columns (names, addresses, numbers). Were a masked value compared
all the same, the credential could be found out letter by letter: by what matches, by counts, by where the row stands.
"""

from functools import lru_cache

from sqlalchemy import Table

from gateway.db.cursors import Order
from gateway.db.filters import COMPUTED, Shape, Where, all_of, clean
from gateway.db.tables import metadata
from gateway.db.tables.columns import is_short

_INNER = {"some": 1, "related": 1, "linked": 4}
"""Where the name of the other table stands in a condition on other rows; its own condition comes last."""

_COMBINING = ("all", "any", "not")


def guarded(table: Table, where: Where, order: Order) -> Where:
    """A list's condition, for somebody who may not see secrets.

    Each comparison of a short column, and each negation of one, fails for rows with a credential in any of their short
    columns; so does the whole condition where the list is ordered by such a column.
    """
    shape = _guarded(where.shape, table.name)
    guarded = where if shape is where.shape else Where(shape, where.values)
    return (
        all_of(guarded, clean(table))
        if any(_is_short(table.name, name) for name in order.columns)
        else guarded
    )


@lru_cache(maxsize=2048)
def _guarded(shape: Shape, table_name: str) -> Shape:
    """The guarded shape; the same object where it needs no guard."""
    return _with_guard(_guarded_inside(shape), table_name)


def _guarded_inside(shape: Shape) -> Shape:
    """The shape with what it says of other tables' rows guarded."""
    operator = shape[0]
    if operator in _INNER:
        inner = _guarded(shape[-1], shape[_INNER[operator]])
        return shape if inner is shape[-1] else (*shape[:-1], inner)
    if operator not in _COMBINING:
        return shape
    parts = [_guarded_inside(each) for each in shape[1:]]
    is_same = all(part is each for part, each in zip(parts, shape[1:], strict=True))
    return shape if is_same else (operator, *parts)


def _with_guard(shape: Shape, table_name: str) -> Shape:
    """What it says of the table's own rows guarded, once and as far outside as may be: databases nest only so deep.

    Of alternatives each has its own guard, since a row may satisfy one that compares no short column.
    """
    if not _has_short(shape, table_name):
        return shape
    operator, guard = shape[0], ("clean", table_name)
    if operator == "all":
        return (*shape, guard)
    if operator == "any":
        return ("any", *(_with_guard(each, table_name) for each in shape[1:]))
    return ("all", shape, guard)


def _has_short(shape: Shape, table_name: str) -> bool:
    """Whether the shape compares a short column of the table's own rows."""
    if shape[0] in _COMBINING:
        return any(_has_short(each, table_name) for each in shape[1:])
    return shape[0] not in (*_INNER, "clean", "word") and _is_short(table_name, shape[1])


def _is_short(table_name: str, column: str) -> bool:
    columns = metadata.tables[table_name].c
    return any(is_short(columns[each]) for each in COMPUTED.get(column, (column,)))
