"""What events store of their rows: columns before and after, as a viewer without `secrets` sees them.

Nothing is kept that is sealed at rest or shown with the scope `secrets` alone, no digest of a token, and nothing of an
object as a vendor wrote it. In every other text credentials are masked.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Table

from gateway.db.changed_rows import ChangedRows, RowChange
from gateway.db.tables import connected_accounts, connection_requests, metadata
from gateway.db.tables.columns import HOLDS_CREDENTIAL, SORT_KEY_OF
from gateway.events.log import Event, Told
from gateway.masking import mask_credentials, may_hold
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
    return _recorded(str(table.name)).names


class _Recorded(NamedTuple):
    """The columns of a table that events keep.

    Attributes:
        names: of all of them.
        texts: those in which credentials are masked.
        documents: JSON, with what masks it.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    documents: tuple[tuple[str, Mask], ...]


@cache
def _recorded(name: str) -> _Recorded:
    table = metadata.tables[name]
    kept = [
        column for column in table.c if column.name not in _OF_NO_INTEREST and _HIDDEN.isdisjoint(column.info)
    ]
    maskings = {str(column.name): masking for column in kept if (masking := masking_of(column)) is not None}
    return _Recorded(
        tuple(str(column.name) for column in kept),
        tuple(each for each, masking in maskings.items() if not masking.is_json),
        tuple((each, masking.mask) for each, masking in maskings.items() if masking.is_json),
    )


def _entry(name: str, row_id: str, change: RowChange) -> list[Any]:
    """One row's place in the changes: its table, its id, and what it was and is."""
    recorded, (_, before, after) = _recorded(name), change
    if after is None:
        whole = {} if before is None else _masked(recorded, _filled(recorded, before._asdict()))
        return [name, row_id, whole, None]
    if before is None:
        return [name, row_id, None, _masked(recorded, _filled(recorded, after))]
    # The columns' own names: those of the change may be SQLAlchemy's, which are no keys of JSON.
    names = [each for each in recorded.names if each in after]
    was = {each: getattr(before, each) for each in names}
    return [name, row_id, _masked(recorded, was), _masked(recorded, {each: after[each] for each in names})]


def _filled(recorded: _Recorded, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row has in the columns that are kept; null is left out."""
    return {each: value for each in recorded.names if (value := row.get(each)) is not None}


def _masked(recorded: _Recorded, values: dict[str, Any]) -> dict[str, Any]:
    """The values without credentials. Texts are looked at all together: nearly always there are none."""
    texts = [text for each in recorded.texts if (text := values.get(each)) is not None]
    if may_hold("\n".join(texts)):
        # Texts of writes are seldom met again: what remembers masked texts is left to reads.
        for each in recorded.texts:
            if (text := values.get(each)) is not None:
                values[each] = mask_credentials(text)
    for each, mask in recorded.documents:
        if (text := values.get(each)) is not None:
            values[each] = mask(text)
    return values


def _customers(change: RowChange) -> tuple[str | None, str | None]:
    """Whose an account was, and whose it is."""
    before = None if change.before is None else change.before.customer_id
    if change.after is None:
        return before, None
    after = change.after.get("customer_id", before)
    return before, after
