"""Shared objects of several records: the row gets the last description, and each record keeps its own.

For example, a person who approves many requests is described in each of them. If a file describes a person in two ways,
the person's row gets the last description, and each other approval keeps its own differences in `extra`. A record that
only repeats what it would be exported as counts as silent, so importing an export changes nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table

from gateway.db.statements import Row
from gateway.exchange.commons import compare_with_common
from gateway.exchange.differences import changed, new_row
from gateway.exchange.planning import BatchPlan, Planned
from gateway.exchange.records import Item, Shapes, Taken
from gateway.exchange.words import Words
from gateway.shapes.json_text import dumps, parse
from gateway.shapes.lossless import Entry, entry_of, remainder, restored, said_of_nested


class Telling(NamedTuple):
    """A record that describes a shared object.

    Attributes:
        item: the description.
        host: the item in which it is nested.
        before: the stored differences of the host's row from the shared row.
    """

    item: Item
    host: Item
    before: Entry | None


class Sharing:
    """Decides the new rows of shared objects, and the differences that each record keeps."""

    def __init__(self, shapes: Shapes, words: Words) -> None:
        self._shapes = shapes
        self._words = words
        self._moved: set[tuple[Table, str]] = set()

    def weigh(self, plan: BatchPlan, batch: Sequence[Taken]) -> None:
        """Find the objects that this file changes and that its records describe in different ways.

        If there are such objects, all batches must be weighed before the first is settled.
        """
        for (table, id), tellings in self._tellings(plan, batch).items():
            if self._words.last(table.name, id) is None:
                continue
            row = plan.rows[table][id].row
            if not all(self._says_nothing(each, row) for each in tellings):
                self._moved.add((table, id))

    def settle(self, plan: BatchPlan, batch: Sequence[Taken]) -> None:
        """Decide the shared rows of a batch, and note the differences in the hosts."""
        for (table, id), tellings in self._tellings(plan, batch).items():
            planned = plan.rows[table][id]
            last = self._words.last(table.name, id)
            if last is None:
                decided = next((each.item for each in tellings if not self._repeats(each, planned.row)), None)
            else:
                decided = last if (table, id) in self._moved else None
            if decided is None:
                del plan.rows[table][id]
                planned.changes = {}
            else:
                planned.item = decided
                compare_with_common(self._shapes, planned)
                if planned.common is None and planned.row is not None:
                    planned.changes = changed(self._shapes, decided, planned.row)
            state = self._state(planned)
            for each in tellings:
                if last is not None or each.before is not None:
                    self._keep(each, state)

    def _state(self, planned: Planned) -> dict[str, Any]:
        """The values that a row will have."""
        if planned.row is None:
            return new_row(self._shapes, planned.item)
        return {**planned.row._asdict(), **(planned.changes or {})}

    def _tellings(self, plan: BatchPlan, batch: Sequence[Taken]) -> Mapping[tuple[Table, str], list[Telling]]:
        found: dict[tuple[Table, str], list[Telling]] = defaultdict(list)
        for record in batch:
            for item in record.items:
                if item.part_of is None:
                    continue
                host, id = record.items[item.part_of.item], item.columns["id"]
                before = self._before(plan, host, item)
                found[self._shapes[item.shape].table, id].append(Telling(item, host, before))
        return found

    def _before(self, plan: BatchPlan, host: Item, item: Item) -> Entry | None:
        """The stored differences between a record's description and the shared object."""
        assert item.part_of is not None
        _, member, column = item.part_of
        if not column:
            row = plan.between[member, host.columns["id"]].get(item.columns["id"])
            return None if row is None else entry_of(row.extra, self._shapes[item.shape].name)
        row = plan.rows[self._shapes[host.shape].table][host.columns["id"]].row
        if row is None or getattr(row, column) != item.columns["id"]:
            return None
        return said_of_nested(row.extra).get(member)

    def _repeats(self, telling: Telling, row: Row) -> bool:
        """Whether a record only repeats its own difference, so that the shared object can stay unchanged."""
        return telling.before is not None and self._says_nothing(telling, row)

    def _says_nothing(self, telling: Telling, row: Row) -> bool:
        """Whether a record has no news of the object: it equals what would be exported."""
        return row is not None and self._told(telling, row._asdict()) == telling.item.own

    def _told(self, telling: Telling, columns: Mapping[str, Any]) -> str:
        shown = self._shapes.shown(telling.item, columns)
        return dumps(shown if telling.before is None else restored(shown, telling.before))

    def _keep(self, telling: Telling, columns: Mapping[str, Any]) -> None:
        """Note in the host how its record differs from the current shared row."""
        item, host = telling.item, telling.host
        assert item.part_of is not None
        if telling.before is not None and self._told(telling, columns) == item.own:
            said: Entry | None = telling.before
        else:
            said = remainder(parse(item.own), self._shapes.shown(item, columns), item.own)
        item.otherwise = said
        if said is not None and item.part_of.column:
            host.said[item.part_of.member] = said
