"""The link rows between a record's row and shared rows in its lists: attachments of files."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.db.links import Link
from gateway.db.statements import Row
from gateway.exchange.planning import BatchPlan
from gateway.exchange.records import Shapes, Taken
from gateway.resolvers.writes import Write
from gateway.shapes.lossless import kept_with
from gateway.shapes.shape import Linked

DROPPED_AT_ONCE = 10_000  # bounds the memory


@dataclass(slots=True)
class Difference:
    """The changes of a batch's link rows.

    Attributes:
        records: the indexes of the records whose link rows change.
    """

    new: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: list[Row] = field(default_factory=list)
    records: set[int] = field(default_factory=set)


class Linking:
    """Writes the link rows of one file.

    Args:
        rows: counts the written rows, like `Upsert.rows`.
    """

    def __init__(self, write: Write, shapes: Shapes, rows: Counter[tuple[str, str]]) -> None:
        self._write = write
        self._shapes = shapes
        self._rows = rows
        self._dropped: dict[Link, set[str]] = defaultdict(set)

    async def apply(self, plan: BatchPlan, batch: Sequence[Taken]) -> set[int]:
        """Make the links of a batch's records equal to their lists; returns the records that changed."""
        changed: set[int] = set()
        for nested in {
            each for shape in self._shapes.shapes for each in shape.nested if isinstance(each, Linked)
        }:
            found = Difference()
            for index, record in enumerate(batch):
                if nested in self._shapes[record.items[0].shape].nested:
                    self._compare(found, nested, plan, record, index)
            await self._write_between(nested.link, found)
            changed |= found.records
        return changed

    def _compare(self, found: Difference, nested: Linked, plan: BatchPlan, record: Taken, index: int) -> None:
        root, link = record.items[0], nested.link
        there = dict(plan.between.get((nested.member, root.columns["id"]), {}))
        for position, each in enumerate(root.linked.get(nested.member, [])):
            item = record.items[each]
            row = there.pop(item.columns["id"], None)
            said = kept_with(row and row.extra, nested.shape.name, item.otherwise)
            wanted = {"position": position, "extra": said, "updated_at": self._shapes.at}
            if row is None:
                named = {link.parent: root.columns["id"], link.child: item.columns["id"]}
                found.new.append({**wanted, **named, "created_at": self._shapes.at})
            elif (row.position, row.extra) != (position, said):
                found.changes[row.id] = wanted
            else:
                continue
            found.records.add(index)
        if there:
            found.gone += there.values()
            found.records.add(index)

    async def _write_between(self, link: Link, found: Difference) -> None:
        table = link.between
        await self._write.delete(table, sorted(row.id for row in found.gone))
        await self._write.insert(table, found.new)
        await self._write.update_each(table, found.changes)
        for what, rows in (("removed", found.gone), ("inserted", found.new), ("updated", found.changes)):
            self._rows[table.name, what] += len(rows)
        self._dropped[link].update(getattr(row, link.child) for row in found.gone)
        if len(self._dropped[link]) > DROPPED_AT_ONCE:
            await self.finish()

    async def finish(self) -> None:
        """Delete rows that were linked to a record and are linked to none any more."""
        for link, dropped in self._dropped.items():
            linked = await self._write.rows(link.between, sorted(dropped), key=link.child) if dropped else []
            alone = dropped.difference(getattr(row, link.child) for row in linked)
            self._rows[link.table.name, "deleted"] += await self._write.delete(link.table, sorted(alone))
        self._dropped.clear()
