"""Rows as a write has left them, so that its answer need not read them again.

While the write held them nobody else could change them, so they are what a read at the moment of the commit would find.
What the write does not know of a row (the version that the database counts up, columns of a row that it did not look
at) is read as ever.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from enum import Enum
from operator import itemgetter
from typing import Any

from sqlalchemy import Table

from gateway.db.changed_rows import FOLLOWING, ChangedRows, RowChange, is_part
from gateway.db.cursors import Order
from gateway.db.filters import EVERYTHING
from gateway.db.pages import Listing, Page, Window, cut
from gateway.db.sealing import sealed_names
from gateway.db.statements import Row, row_class
from gateway.db.tables import CHILD_OF, connection_requests
from gateway.db.types import finite_or_none, instant_columns

Values = Mapping[str, Any]


class Written:
    """The rows of one write that is committed."""

    def __init__(self, changed: ChangedRows) -> None:
        self._tables = changed.tables

    def rows(
        self, table: Table, keys: Sequence[Any], columns: tuple[str, ...], key: str
    ) -> dict[Any, Row] | None:
        """The rows of these keys, as `gateway.db.lookups.rows_by_key` has them; None where any is not known.

        Args:
            table: whose rows they are.
            keys: the wanted values.
            columns: to read beside the key.
            key: the unique column.
        """
        read = tuple(sorted({*columns, key}))
        changes = self._changes(table, read)
        if not changes:
            return None
        wanted, found = set(keys), {}
        for values in map(_values, changes.values()):
            if (value := values.get(key)) in wanted:
                found[value] = values
        if len(found) < len(wanted) or not all(each.keys() >= set(read) for each in found.values()):
            return None
        return dict(zip(found, _made(table, read, list(found.values())), strict=True))

    def first_children(
        self, listing: Listing, parent_ids: Sequence[str], window: Window
    ) -> list[Page] | None:
        """The first page of the children of each parent; None where they are not known: of a request that was there.

        A new request has the parts that were written with it, and no others.
        """
        table, order = listing.table, listing.order
        is_plain = (
            listing.children_of == CHILD_OF and listing.where.shape == EVERYTHING.shape and not order.moved
        )
        is_first = window == Window(window.limit)
        if not (is_plain and is_first and is_part(table) and self._are_new(parent_ids)):
            return None
        read = (CHILD_OF, *[name for name in listing.read if name != CHILD_OF])
        changes = self._changes(table, read)
        if changes is None:
            return None
        children: dict[str, list[Values]] = {parent_id: [] for parent_id in parent_ids}
        wanted = {*read, *order.columns}
        for change in changes.values():
            values = _values(change)
            if not values.keys() >= wanted or None in [values[name] for name in order.columns]:
                return None
            if (of := children.get(values[CHILD_OF])) is not None:
                of.append(values)
        return [_page(table, read, children[parent_id], order, window) for parent_id in parent_ids]

    def _changes(self, table: Table, read: Sequence[str]) -> dict[str, RowChange] | None:
        """What changed of a table; None where that is not known, or nothing that could be shown as it was written."""
        changes = self._tables.get(str(table.name), {})
        if changes is None or not sealed_names(table).isdisjoint(read):
            return None
        return changes

    def _are_new(self, request_ids: Sequence[str]) -> bool:
        made = self._tables.get(str(connection_requests.name)) or {}
        return all((change := made.get(each)) is not None and _is_new(change) for each in request_ids)


def _is_new(change: RowChange) -> bool:
    return change.before is None and change.after is not None and "id" in change.after


def _values(change: RowChange) -> Values:
    """What is known of a row; nothing of one that is gone, or that nobody looked at before it was changed."""
    before, after = change.before, change.after
    if after is None:
        return {}
    if before is None:
        return after if "id" in after else {}
    values = {**before._asdict(), **after}
    for name in FOLLOWING:
        values.pop(name, None)
    return values


def _made(table: Table, read: tuple[str, ...], found: Sequence[Values]) -> list[Row]:
    """Rows of these columns, each value as a read has it."""
    make, instants = row_class(read), instant_columns(table)
    return [
        tuple.__new__(make, [_plain(each[name], is_instant=name in instants) for name in read])
        for each in found
    ]


def _plain(value: Any, *, is_instant: bool) -> Any:
    if value is None:
        return None
    if is_instant:
        return finite_or_none(value.astimezone(UTC))
    return value.value if isinstance(value, Enum) else value


def _page(table: Table, read: tuple[str, ...], children: list[Values], order: Order, window: Window) -> Page:
    rows = _made(table, read, children)
    for column, is_descending in reversed(order.keys):
        rows.sort(key=itemgetter(read.index(column)), reverse=is_descending)
    return cut(rows, order, window)
