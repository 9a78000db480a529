"""Finds the members of an object that show a column: by rendering the row with other values of the column."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.shapes.json_text import dumps

if TYPE_CHECKING:  # a shape tells what it shadows
    from gateway.shapes.shape import Shape

_CHOICES: tuple[type[StrEnum], ...] = (
    db.ConnectedAccountKind,
    db.ConnectedAccountStatus,
    db.ConnectionRequestKind,
    db.ConnectionRequestStatus,
)
_OTHER_DAY = timedelta(days=400)  # another year, month and day


def touched(shape: "Shape", row: Row, changes: Mapping[str, Any]) -> frozenset[str]:
    """The members of a row's object that show one of the changed columns, whether or not their values change."""
    before = _texts(shape, row)
    found = set(shape.members_of_parents(changes))
    for column in changes.keys() & set(shape.columns):
        old = getattr(row, column)
        nothing = (None,) if shape.table.c[column].nullable else ()
        for value in (*nothing, changes[column], *_others(old), *_others(changes[column])):
            after = _texts(shape, row._replace(**{column: value}))
            if after is not None and before is not None:
                found |= {name for name, _ in before.items() ^ after.items()}
    return frozenset(found)


def _texts(shape: "Shape", row: Row) -> dict[str, str] | None:
    """The object's own members as JSON texts; None if no row can have such values."""
    try:
        members = shape.outgoing(row, *[getattr(each, "nothing", None) for each in shape.nested])
        return {name: dumps(value) for name, value in members.items()}
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def _others(value: Any) -> Iterator[Any]:
    """Other possible values of a column."""
    if isinstance(value, datetime):
        yield value - _OTHER_DAY if value.year > 2 else value + _OTHER_DAY
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield f"{value}~"
        for choices in _CHOICES:
            if value in list(choices):
                yield from (each.value for each in choices)
