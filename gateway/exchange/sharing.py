"""What records say of the objects that they share: the last words are the row's, and each record keeps its own.

A person who approves many requests is described in each of them. Where one file describes a person in two ways, the
person is what the last record of it says, and the approval of every other keeps what its own record says, as `extra`
keeps what no column holds. A record that says what it would be read as says nothing: so importing what was exported
changes nothing.
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
        item: what it says.
        host: the item that it stands in.
        before: what the host's row keeps of it: what it said otherwise than the shared row.
    """

    item: Item
    host: Item
    before: Entry | None


class Sharing:
    """Settles what the objects become that records of one file share, and what each record keeps of its own."""

    def __init__(self, shapes: Shapes, words: Words) -> None:
        self._shapes = shapes
        self._words = words
        self._moved: set[tuple[Table, str]] = set()

    def weigh(self, plan: BatchPlan, batch: Sequence[Taken]) -> None:
        """Find the objects that records of the file describe in different ways and that this file changes.

        Where there are objects described in different ways, every batch has to be weighed before the first is settled.
        """
        for (table, id), tellings in self._tellings(plan, batch).items():
            if self._words.last(table.name, id) is None:
                continue
            row = plan.rows[table][id].row
            if not all(self._says_nothing(each, row) for each in tellings):
                self._moved.add((table, id))

    def settle(self, plan: BatchPlan, batch: Sequence[Taken]) -> None:
        """Decide on the shared rows of a batch, and note in the hosts what their records say otherwise."""
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
        """What the store keeps of what a record said of a shared object otherwise than it is."""
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
        """Whether a record says of the object again what it alone says, so that the object can stay as it is."""
        return telling.before is not None and self._says_nothing(telling, row)

    def _says_nothing(self, telling: Telling, row: Row) -> bool:
        """Whether a record says nothing new of the object: it says just what it would be exported as."""
        return row is not None and self._told(telling, row._asdict()) == telling.item.own

    def _told(self, telling: Telling, columns: Mapping[str, Any]) -> str:
        shown = self._shapes.shown(telling.item, columns)
        return dumps(shown if telling.before is None else restored(shown, telling.before))

    def _keep(self, telling: Telling, columns: Mapping[str, Any]) -> None:
        """Note in the host where its record differs from the shared row as it is now."""
        item, host = telling.item, telling.host
        assert item.part_of is not None
        if telling.before is not None and self._told(telling, columns) == item.own:
            said: Entry | None = telling.before
        else:
            said = remainder(parse(item.own), self._shapes.shown(item, columns), item.own)
        item.otherwise = said
        if said is not None and item.part_of.column:
            host.said[item.part_of.member] = said
