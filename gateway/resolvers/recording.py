"""What events keep of the rows that they tell of: columns before and after, as whoever may see no secrets sees them.

Nothing is kept that is sealed at rest or shown with the scope `secrets` alone, no digest of a token, and nothing of an
object as a vendor wrote it. In every other text credentials are masked.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import Table

from gateway.db.changed_rows import ChangedRows, RowChange
from gateway.db.statements import Row
from gateway.db.tables import connected_accounts, connection_requests, metadata
from gateway.db.tables.columns import HOLDS_CREDENTIAL, SORT_KEY_OF
from gateway.events.log import Event, Told
from gateway.masking import mask_credentials
from gateway.resolvers.shown import masking_of

_OF_NO_INTEREST: Final = {"organization_id", "id", "created_at", "updated_at", "version", HOLDS_CREDENTIAL}
_HIDDEN: Final = {"sealed", "secret", "digest", "kept", SORT_KEY_OF}

Mask = Callable[[str], str]


def told(happened: Sequence[Event], changed: ChangedRows) -> list[Told]:
    """The events of a write, each with what changed in its subject and in those parts of it that no other tells of.

    Where two tell of one subject, the first has the changes.
    """
    places: dict[tuple[str, str], int] = {}
    for place, event in enumerate(happened):
        if event.subject_id is not None:
            places.setdefault((event.subject_type, event.subject_id), place)
    if not places:
        return [Told(event) for event in happened]
    found: list[list[Any]] = [[] for _ in happened]
    customers: dict[int, tuple[str | None, str | None]] = {}
    for name, rows in changed.tables.items():
        for row_id, change in (rows or {}).items():
            at = places.get((name, row_id))
            if at is None and change.request_id is not None:
                at = places.get((connection_requests.name, change.request_id))
            if at is None or (change.before is None and change.after is None):
                continue
            found[at].append(_entry(name, row_id, change))
            if name == connected_accounts.name:
                customers[at] = _customers(change)
    return [
        Told(event)
        if event.subject_id is None
        else Told(event, orjson.dumps(entries, option=orjson.OPT_UTC_Z).decode(), *customers.get(place, ()))
        for place, (event, entries) in enumerate(zip(happened, found, strict=True))
    ]


def recorded_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table that events keep."""
    return tuple(_recorded(table))


@cache
def _recorded(table: Table) -> dict[str, Mask | None]:
    """The columns that are kept, each with what masks it."""
    kept = {}
    for column in table.c:
        if column.name not in _OF_NO_INTEREST and _HIDDEN.isdisjoint(column.info):
            masking = masking_of(column)
            # Texts of writes are seldom met again: what remembers masked texts is left to reads.
            kept[str(column.name)] = (
                None if masking is None else masking.mask if masking.is_json else mask_credentials
            )
    return kept


def _entry(name: str, row_id: str, change: RowChange) -> list[Any]:
    """One row's place in the changes: its table, its id, and what it was and is."""
    columns = _recorded(metadata.tables[name])
    before, after = change.before, change.after
    if after is None:
        return [name, row_id, {} if before is None else _of_row(columns, before), None]
    # The columns' own names: those of the change may be SQLAlchemy's, which are no keys of JSON.
    values = {column: _value(after[column], mask) for column, mask in columns.items() if column in after}
    if before is not None:
        was = {column: _value(getattr(before, column), columns[column]) for column in values}
        return [name, row_id, was, values]
    return [name, row_id, None, {column: value for column, value in values.items() if value is not None}]


def _of_row(columns: Mapping[str, Mask | None], row: Row) -> dict[str, Any]:
    """What a row has in these columns; null is left out."""
    return {
        column: _value(value, mask)
        for column, mask in columns.items()
        if (value := getattr(row, column)) is not None
    }


def _value(value: Any, mask: Mask | None) -> Any:
    return value if mask is None or value is None or isinstance(value, datetime) else mask(value)


def _customers(change: RowChange) -> tuple[str | None, str | None]:
    """Whose an account was, and whose it is."""
    before = None if change.before is None else change.before.customer_id
    if change.after is None:
        return before, None
    after = change.after.get("customer_id", before)
    return before, after
