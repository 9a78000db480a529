"""Which values rows may hold, asked before any is written."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Table

from gateway.db.filters import BadText, check_text, is_text
from gateway.db.tables.columns import column_names, may_hold_credentials
from gateway.db.types import Text, narrow_columns
from gateway.masking import has_credentials, may_hold

NO_CREDENTIAL: Final = (
    "identifies an object and is shown to everybody who sees it: it must not hold a credential."
)


class BadColumn(TypeError):
    """A mistake of the program: a write names a column that the table does not have, or that it may not set."""


def check_rows(table: Table, rows: Sequence[Mapping[str, Any]], organization_id: str) -> None:
    """Refuse what no column can hold; texts are looked at all together, since nearly always all of them are good.

    Raises:
        BadColumn: a row has a column that the table has not, or is another organization's.
        BadText: as `check_values`.
    """
    texts = "".join([value for row in rows for value in row.values() if type(value) is str])
    checked = (str, bool) if is_text(texts) else ()
    for row in rows:
        _check_names(table, row)
        if row.get("organization_id", organization_id) != organization_id:
            raise BadColumn(f"{table.name}.organization_id is that of the write, and no other.")
        check_values(table, row, checked)


def check_changes(table: Table, values: Mapping[str, Any]) -> None:
    """Refuse changes of a row that its columns cannot hold.

    Raises:
        BadColumn: as `check_changed_names`.
        BadText: as `check_values`.
    """
    check_changed_names(table, values)
    check_values(table, values)


def check_changed_names(table: Table, values: Mapping[str, Any]) -> None:
    """Refuse changes of columns that a row has not, or that would make another row of it.

    Raises:
        BadColumn: a column is not the table's, or identifies the row.
    """
    _check_names(table, values)
    if identifying := _identifying(table).intersection(values):
        raise BadColumn(f"{table.name}.{min(identifying)} identifies a row: it does not change.")


def _check_names(table: Table, names: Collection[str]) -> None:
    if not (known := _known(table)).issuperset(names):
        unknown = [name for name in names if name not in known]
        raise BadColumn(f"{table.name} has no column {' and no column '.join(unknown)}.")


@cache
def _known(table: Table) -> frozenset[str]:
    return frozenset(column_names(table))


@cache
def _identifying(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.primary_key.columns)


def concealing(table: Table, values: Mapping[str, Any]) -> str | None:
    """The column, if any, that is shown as it is stored and would get a text with a credential in it."""
    texts = {name: text for name in _plain(table) if (text := values.get(name)) is not None}
    if not texts or not may_hold("\n".join(texts.values())):
        return None
    return next((name for name, text in texts.items() if has_credentials(text)), None)


@cache
def _plain(table: Table) -> tuple[str, ...]:
    return tuple(
        column.name
        for column in table.c
        if isinstance(column.type, Text)
        and not may_hold_credentials(column)
        and column.name != "organization_id"
    )


def check_values(table: Table, values: Mapping[str, Any], checked: tuple[type, ...] = ()) -> None:
    """Refuse what no column can hold.

    Args:
        checked: the types of which every value has been looked at.

    Raises:
        BadText: a text, integer or instant that one of the databases could not hold, an integer that is too long for
            its column, or a credential in a column that everybody is shown as it is.
    """
    if bad := concealing(table, values):
        raise BadText(f"{bad} {NO_CREDENTIAL}", bad)
    for name, value in values.items():
        if value is None or type(value) in checked:
            continue
        try:
            check_text(value)
        except BadText as bad:
            raise BadText(f"{name}: {bad}", name) from None
    for name, type_ in narrow_columns(table):
        if (number := values.get(name)) is not None and not type_.holds(number):
            raise BadText(f"{name} holds integers of at most {type_.bits} bits.", name)
