"""Whole objects into the store, batch by batch: new rows, changed ones, and the children that went.

A row is changed only where the object says something else than what the row itself would be read as. So the exact
time behind a date that a vendor prints without one survives, and a file read twice changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from gateway.db.ids import new_id
from gateway.db.statements import Row
from gateway.db.tables import metadata
from gateway.exchange.records import Item, Shapes, Taken
from gateway.exchange.uniqueness import Claim, check_unique, unique_columns
from gateway.resolvers.errors import Conflict
from gateway.resolvers.writes import Write
from gateway.shapes.json_text import parse
from gateway.shapes.lossless import kept_with
from gateway.shapes.shape import Child, Children, Shape


@dataclass(slots=True)
class Planned:
    """A row as it is to be.

    Attributes:
        row: as it is; None if it is new.
        record: index in the batch of the record that it came in.
        is_moved: it is the only child of another parent still, so it is taken out and put in anew.
    """

    item: Item
    row: Row | None
    record: int
    is_moved: bool = False


Plan = dict[Table, dict[str, Planned]]


class Upsert:
    """Writes the records of one file.

    Attributes:
        records: how many were inserted, updated and unchanged.
        rows: how many, by table name and what was done: ``{("files", "inserted"): 2}``.
    """

    def __init__(self, write: Write, shapes: Shapes) -> None:
        self._write = write
        self._shapes = shapes
        self.records: Counter[str] = Counter()
        self.rows: Counter[tuple[str, str]] = Counter()

    async def apply(self, batch: Sequence[Taken]) -> None:
        """Write records, no two of which are the same object.

        Raises:
            Conflict: a row with an object's id is something else than the object, or another row is like it where
                it must not be.
        """
        plan = await self._plan(batch)
        inserted = {
            index
            for index, record in enumerate(batch)
            if plan[self._shapes[record.items[0].shape].table][record.items[0].columns["id"]].row is None
        }
        changed = await self._remove(plan)
        await self._refer(plan)
        for table in metadata.sorted_tables:
            if table in plan:
                await self._check_unique(table, plan[table], batch)
                changed |= await self._write_table(table, plan[table])
        for index in range(len(batch)):
            done = "inserted" if index in inserted else "updated" if index in changed else "unchanged"
            self.records[done] += 1

    # What is there

    async def _plan(self, batch: Sequence[Taken]) -> Plan:
        """Every row of the batch beside the one that is there; of two with one id the later."""
        found = await self._existing(batch)
        plan: Plan = defaultdict(dict)
        made: dict[tuple[Table, Any], str] = {}
        for index, record in enumerate(batch):
            rows = []
            for item in record.items:
                shape = self._shapes[item.shape]
                key = item.columns[shape.key]
                row = found[shape.table, shape.key].get(key)
                if row is not None:
                    _check_kind(shape, row, record.line)
                    item.columns["id"] = row.id
                elif shape.key != "id":
                    item.columns["id"] = made.setdefault((shape.table, key), new_id())
                rows.append(row)
            for item, row in zip(record.items, rows, strict=True):
                for column, other in item.parents.items():
                    item.columns[column] = record.items[other].columns["id"]
                plan[self._shapes[item.shape].table][item.columns["id"]] = Planned(item, row, index)
        return plan

    async def _existing(self, batch: Sequence[Taken]) -> dict[tuple[Table, str], dict[Any, Row]]:
        """The rows that objects of the batch are, by table and by the column that identifies them."""
        wanted: dict[tuple[Table, str], set[Any]] = defaultdict(set)
        for record in batch:
            for item in record.items:
                shape = self._shapes[item.shape]
                wanted[shape.table, shape.key].add(item.columns[shape.key])
        return {
            (table, key): {
                getattr(row, key): row for row in await self._write.rows(table, sorted(keys), key=key)
            }
            for (table, key), keys in wanted.items()
        }

    # What goes

    async def _remove(self, plan: Plan) -> set[int]:
        """Delete the children that their parent's object lacks, and say which records lost some."""
        changed: set[int] = set()
        gone: dict[Table, set[str]] = defaultdict(set)
        for shape in self._shapes.shapes:
            for nested in shape.nested:
                if not isinstance(nested, Child | Children):
                    continue
                table, key = nested.shape.table, nested.key
                parents = {
                    id: each.record
                    for id, each in plan[shape.table].items()
                    if each.row is not None and self._shapes[each.item.shape] is shape
                }
                rows = await self._write.rows(table, sorted(parents), key=key) if parents else []
                for row in rows:
                    if row.id not in plan[table]:
                        gone[table].add(row.id)
                        changed.add(parents[getattr(row, key)])
                if isinstance(nested, Child):
                    _mark_moved(plan[table], key)
        for table in reversed(metadata.sorted_tables):
            moved = {id for id, each in plan.get(table, {}).items() if each.is_moved}
            self.rows[table.name, "removed"] += len(gone[table])
            await self._write.delete(table, sorted(gone[table] | moved))
        return changed

    # What comes

    async def _refer(self, plan: Plan) -> None:
        """Make bare rows of what objects name and no document shows, so that the names hold."""
        named: dict[Table, set[str]] = defaultdict(set)
        for planned in plan.values():
            for each in planned.values():
                for column, table in self._shapes[each.item.shape].references.items():
                    if (id := each.item.columns.get(column)) is not None and id not in plan.get(table, {}):
                        named[table].add(id)
        for table, ids in named.items():
            missing = ids - {row.id for row in await self._write.rows(table, sorted(ids))}
            at = self._shapes.at
            await self._write.insert(
                table, [{"id": id, "created_at": at, "updated_at": at} for id in sorted(missing)]
            )
            self.rows[table.name, "inserted"] += len(missing)

    async def _write_table(self, table: Table, planned: dict[str, Planned]) -> set[int]:
        """Insert and update rows of one table, and say which records they belong to."""
        new: list[dict[str, Any]] = []
        changes: dict[str, dict[str, Any]] = {}
        written: set[int] = set()
        for id, each in planned.items():
            if each.row is None:
                extra = kept_with(None, self._shapes[each.item.shape].name, each.item.entry)
                new.append({**self._shapes.new_row(each.item), "extra": extra})
            elif changed := self._changes(each.item, each.row):
                if each.is_moved:
                    new.append({**each.row._asdict(), **changed})
                else:
                    changes[id] = changed
            else:
                continue
            written.add(each.record)
        await self._write.insert(table, new)
        await self._write.update_each(table, changes)
        moved = sum(each.is_moved for each in planned.values())
        self.rows[table.name, "inserted"] += len(new) - moved
        self.rows[table.name, "updated"] += len(changes) + moved
        return written

    async def _check_unique(self, table: Table, planned: dict[str, Planned], batch: Sequence[Taken]) -> None:
        """
        Raises:
            Conflict: a row of these would be like another one where it must not be.
        """
        if not unique_columns(table):
            return
        claims = {}
        for id, each in planned.items():
            stored = {} if each.row is None else each.row._asdict()
            claims[id] = Claim({**stored, **each.item.columns}, batch[each.record].line)
        await check_unique(self._write, table, claims)

    def _changes(self, item: Item, row: Row) -> dict[str, Any]:
        """The columns of a row that an object changes."""
        old = row._asdict()
        changes = {name: value for name, value in item.columns.items() if old[name] != value}
        if not item.placed.issuperset(changes):
            before = self._shapes.read_back(item, old)
            for name in [name for name in changes if name not in item.placed]:
                if name in before and before[name] == changes[name]:
                    del changes[name]
        extra = self._extra(item, row, changes)
        if (changes or extra != row.extra) and "updated_at" not in item.columns:
            changes["updated_at"] = self._shapes.at
            extra = self._extra(item, row, changes)
        if extra != row.extra:
            changes["extra"] = extra
        return changes

    def _extra(self, item: Item, row: Row, changes: dict[str, Any]) -> str | None:
        """What the row's `extra` has to be beside its changed columns."""
        entry = self._shapes.entry(item, parse(item.own), {**row._asdict(), **changes})
        return kept_with(row.extra, self._shapes[item.shape].name, entry)


def _mark_moved(planned: dict[str, Planned], key: str) -> None:
    for each in planned.values():
        if each.row is not None and key in each.item.columns:
            each.is_moved = getattr(each.row, key) != each.item.columns[key]


def _check_kind(shape: Shape, row: Row, line: int) -> None:
    """
    Raises:
        Conflict: the row with the object's id is no object of this shape.
    """
    for column, value in shape.fixed.items():
        if (other := getattr(row, column)) != value:
            raise Conflict(f"line {line}: the store holds {row.id} already, with the {column} {other}.")
