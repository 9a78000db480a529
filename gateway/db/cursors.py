"""Orders, and cursors: where a row stands in an order, as opaque text.

A cursor is a keyset: the values of the order's columns, the id last, at full precision. It is validated, not signed,
since which rows a caller may see never depends on it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Table

from gateway.db.types import ColumnType

VERSION = 1

_NO_CURSOR: Final = "This is not a cursor: give `endCursor` of a page or `cursor` of an edge, as it came."
_OTHER_LIST: Final = (
    "This cursor belongs to another list or another order: begin anew without it, or keep the `orderBy` that it came "
    "with."
)


class BadCursor(ValueError):
    """A text that is not a cursor of this list and order."""


@dataclass(frozen=True)
class Order:
    """Columns to order by, the id always last; nulls are smaller than every value unless they are moved.

    Attributes:
        table: whose columns they are.
        keys: pairs of column name and whether it descends.
        moved: those of the columns whose nulls are greater than every value instead.
    """

    table: Table
    keys: tuple[tuple[str, bool], ...]
    moved: frozenset[str] = frozenset()

    @staticmethod
    def of(
        table: Table, keys: Sequence[tuple[str, bool]], nulls_first: Mapping[str, bool] | None = None
    ) -> "Order":
        """The order with the id appended in the last key's direction, later repeats of a column dropped.

        Args:
            table: whose columns they are.
            keys: pairs of column name and whether it descends.
            nulls_first: of a column, whether its nulls stand first in the list, else last; as null is the smallest
                value where it is not named.
        """
        return _order(table, tuple(keys), tuple(nulls_first.items()) if nulls_first else ())

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column, _ in self.keys)

    @cached_property
    def fingerprint(self) -> str:
        """Says which list and order a cursor belongs to."""
        named = (self.table.name, self.keys)
        text = repr((*named, sorted(self.moved)) if self.moved else named)
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()

    def cursor(self, row: Any) -> str:
        """The cursor of a row that has every column of the order."""
        values = [VERSION, self.fingerprint, *[getattr(row, column) for column in self.columns]]
        return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()

    def values(self, cursor: str) -> tuple[Any, ...]:
        """The values that a cursor holds, one for each key.

        Raises:
            BadCursor: it is not a cursor, or one of another list or order.
        """
        try:
            data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            decoded = orjson.loads(data)
        except (binascii.Error, ValueError):
            raise BadCursor(_NO_CURSOR) from None
        if not isinstance(decoded, list) or len(decoded) < 2 or decoded[0] != VERSION:
            raise BadCursor(_NO_CURSOR)
        if decoded[1] != self.fingerprint:
            raise BadCursor(_OTHER_LIST)
        if len(decoded) != 2 + len(self.keys):
            raise BadCursor(_NO_CURSOR)
        return tuple(self._typed(name, value) for name, value in zip(self.columns, decoded[2:], strict=True))

    def _typed(self, name: str, value: Any) -> Any:
        column = self.table.c[name]
        if value is None and column.nullable:
            return None
        assert isinstance(column.type, ColumnType)
        try:
            return column.type.decoded(value)
        except ValueError:
            raise BadCursor(_NO_CURSOR) from None


@lru_cache(maxsize=512)
def _order(
    table: Table, keys: tuple[tuple[str, bool], ...], nulls_first: tuple[tuple[str, bool], ...]
) -> Order:
    """The order, one for all requests that ask for it, with what it knows of itself."""
    unique: dict[str, bool] = {}
    for column, descending in keys:
        unique.setdefault(column, descending)
        if column == "id":
            break
    unique.setdefault("id", keys[-1][1] if keys else False)
    moved = frozenset(
        column
        for column, are_first in nulls_first
        if column in unique and table.c[column].nullable and are_first == unique[column]
    )
    return Order(table, tuple(unique.items()), moved)
