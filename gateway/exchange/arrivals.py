"""Arrivals: which records of a file are still to come while earlier records are written."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table

from gateway.db.scratch import Scratch
from gateway.db.statements import Row
from gateway.exchange.records import Shapes, Taken


class Arrivals:
    """Looks ahead in a file. On the first question, it reads the whole file once more.

    Args:
        shapes: the shapes of the import.
        batches: starts a new iteration over the batches of the file, in order.
    """

    def __init__(self, shapes: Shapes, batches: Callable[[], Iterator[Sequence[Taken]]]) -> None:
        self._shapes = shapes
        self._batches = batches
        self._arrived = 0
        self._last: Scratch | None = None

    def arrived(self) -> None:
        """Note that another batch is being written."""
        self._arrived += 1

    def is_to_come(self, table: Table, row: Row) -> bool:
        """Whether a later batch has a record for this row."""
        if self._last is None:
            self._last = self._read()
        keys = {_key(table, getattr(row, each.key)) for each in self._shapes.shapes if each.table is table}
        return any(int(self._last.get(key) or 0) > self._arrived for key in keys)

    def _read(self) -> Scratch:
        """The number of the last batch with a record, by table and key."""
        found = Scratch()
        for number, batch in enumerate(self._batches(), start=1):
            for record in batch:
                item = record.items[0]
                shape = self._shapes[item.shape]
                found.keep(_key(shape.table, item.columns[shape.key]), str(number).encode())
        return found

    def close(self) -> None:
        if self._last is not None:
            self._last.close()


def _key(table: Table, key: Any) -> str:
    return f"{table.name}\0{key}"
