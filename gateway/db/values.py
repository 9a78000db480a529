"""Which values rows may hold, asked before any is written."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from gateway.db.filters import BadText, check_text, is_text
from gateway.db.types import narrow_columns


def check_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what no column can hold; texts are looked at all together, since nearly always all of them are good.

    Raises:
        BadText: as `check_values`.
    """
    texts = "".join([value for row in rows for value in row.values() if type(value) is str])
    checked = (str, bool) if is_text(texts) else ()
    for row in rows:
        check_values(table, row, checked)


def check_values(table: Table, values: Mapping[str, Any], checked: tuple[type, ...] = ()) -> None:
    """Refuse what no column can hold.

    Args:
        checked: the types of which every value has been looked at.

    Raises:
        BadText: a text, integer or instant that one of the databases could not hold, or an integer that is too long
            for its column.
    """
    for value in values.values():
        if value is None or type(value) in checked:
            continue
        check_text(value)
    for name, type_ in narrow_columns(table):
        if (number := values.get(name)) is not None and not type_.holds(number):
            raise BadText(f"{name} holds integers of at most {type_.bits} bits.")
