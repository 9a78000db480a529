"""Conditions by which nobody can guess a credential: a row that holds one in a short column matches nothing.

Who may not see secrets may filter and order by short columns (names, addresses, numbers). Were a masked value compared
all the same, the credential could be found out letter by letter: by what matches, by counts, by where the row stands.
"""

from functools import lru_cache

from sqlalchemy import Table

from gateway.db.cursors import Order
from gateway.db.filters import CLEAN, UUID, Shape, Where, all_of
from gateway.db.tables import metadata
from gateway.db.tables.columns import is_short

_INNER = {"some": 1, "related": 1, "linked": 4}
"""Where the name of the other table stands in a condition on other rows; its own condition comes last."""


def guarded(table: Table, where: Where, order: Order) -> Where:
    """A list's condition, for somebody who may not see secrets.

    Each comparison of a short column, and each negation of one, fails for rows with a credential in any of their short
    columns; so does the whole condition where the list is ordered by such a column.
    """
    shape = _guarded(where.shape, table.name)[0]
    guarded = where if shape is where.shape else Where(shape, where.values)
    return all_of(guarded, CLEAN) if any(_is_short(table.name, name) for name in order.columns) else guarded


@lru_cache(maxsize=2048)
def _guarded(shape: Shape, table_name: str) -> tuple[Shape, bool]:
    """The guarded shape, the same object where it needs no guard, and whether a short column of the table is in it."""
    operator = shape[0]
    if operator in _INNER:
        inner, _ = _guarded(shape[-1], shape[_INNER[operator]])
        return (shape if inner is shape[-1] else (*shape[:-1], inner)), False
    if operator in ("all", "any", "not"):
        parts = [_guarded(each, table_name) for each in shape[1:]]
        is_short_in_it = any(found for _, found in parts)
        is_same = all(part is each for (part, _), each in zip(parts, shape[1:], strict=True))
        made = shape if is_same else (operator, *(part for part, _ in parts))
        return (("all", made, CLEAN.shape) if operator == "not" and is_short_in_it else made), is_short_in_it
    if len(shape) == 2 and _is_short(table_name, shape[1]):
        return ("all", shape, CLEAN.shape), True
    return shape, False


def _is_short(table_name: str, column: str) -> bool:
    return column != UUID and is_short(metadata.tables[table_name].c[column])
