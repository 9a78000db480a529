"""Writes whole objects to the store, batch by batch: new rows, changed rows, and deleted children."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from gateway.db.tables import metadata
from gateway.exchange.arrivals import Arrivals
from gateway.exchange.differences import changed, new_row
from gateway.exchange.identities import identify
from gateway.exchange.linking import Linking
from gateway.exchange.planning import BatchPlan, Planned
from gateway.exchange.records import Item, Shapes, Taken
from gateway.exchange.sharing import Sharing
from gateway.exchange.uniqueness import Claim, check_unique, unique_columns
from gateway.exchange.words import Words
from gateway.resolvers.writes import Write
from gateway.shapes.shape import Owner


class Upsert:
    """Writes the records of one file.

    Args:
        words: the records' descriptions of shared objects.
        arrivals: tells which records are still to come.

    Attributes:
        records: how many records were inserted, updated and unchanged.
        rows: how many rows, by table name and action: ``{("files", "inserted"): 2}``.
        learned: values for the organization's own columns; see `gateway.shapes.shape.Owner`.
    """

    def __init__(self, write: Write, shapes: Shapes, words: Words, arrivals: Arrivals) -> None:
        self._write = write
        self._shapes = shapes
        self._sharing = Sharing(shapes, words)
        self._arrivals = arrivals
        self.records: Counter[str] = Counter()
        self.rows: Counter[tuple[str, str]] = Counter()
        self._linking = Linking(write, shapes, self.rows)
        self.learned: dict[str, Any] = {}

    async def weigh(self, batch: Sequence[Taken]) -> None:
        """Look at records before any is written.

        This is needed only if records of the file describe one object differently, and then for all batches.
        """
        self._sharing.weigh(await identify(self._write, self._shapes, batch), batch)

    async def apply(self, batch: Sequence[Taken]) -> None:
        """Write records for different objects.

        Raises:
            Conflict: a row with an object's id is something else, or another row has the same unique values.
        """
        self._arrivals.arrived()
        plan = await identify(self._write, self._shapes, batch)
        self._sharing.settle(plan, batch)
        inserted = {
            index
            for index, record in enumerate(batch)
            if plan.rows[self._shapes[record.items[0].shape].table][record.items[0].columns["id"]].row is None
        }
        written = await self._remove(plan)
        await self._refer(plan)
        for table in metadata.sorted_tables:
            if plan.rows.get(table):
                emptied = await self._check_unique(table, plan.rows[table], batch)
                written |= await self._write_table(table, plan.rows[table], emptied)
        written |= await self._linking.apply(plan, batch)
        for index in range(len(batch)):
            done = "inserted" if index in inserted else "updated" if index in written else "unchanged"
            self.records[done] += 1

    async def finish(self) -> None:
        """Do the work that requires that the whole file was read."""
        await self._linking.finish()

    async def _remove(self, plan: BatchPlan) -> set[int]:
        """Delete children that their parent's object no longer has; returns the records that lost some."""
        for table in reversed(metadata.sorted_tables):
            if gone := plan.gone.get(table):
                self.rows[table.name, "removed"] += await self._write.delete(table, sorted(gone))
        return {record for gone in plan.gone.values() for record in gone.values()}

    async def _refer(self, plan: BatchPlan) -> None:
        """Insert rows with only an id for objects that are named but not described, so that foreign keys hold."""
        named: dict[Table, set[str]] = defaultdict(set)
        for planned in plan.rows.values():
            for each in planned.values():
                for column, table in self._shapes[each.item.shape].references.items():
                    if (id := each.item.columns.get(column)) is not None and id not in plan.rows.get(
                        table, {}
                    ):
                        named[table].add(id)
        for table, ids in named.items():
            missing = ids - {row.id for row in await self._write.rows(table, sorted(ids))}
            at = self._shapes.at
            await self._write.insert(
                table, [{"id": id, "created_at": at, "updated_at": at} for id in sorted(missing)]
            )
            self.rows[table.name, "inserted"] += len(missing)

    async def _write_table(
        self, table: Table, planned: dict[str, Planned], emptied: Mapping[str, set[str]]
    ) -> set[int]:
        """Insert and update the rows of one table; returns the records to which they belong.

        Args:
            emptied: the columns to set to null before that, by id.
        """
        new: list[dict[str, Any]] = []
        changes: dict[str, dict[str, Any]] = {}
        written: set[int] = set()
        for id, each in planned.items():
            if each.row is None:
                new.append(new_row(self._shapes, each.item))
            else:
                columns = changed(self._shapes, each.item, each.row) if each.changes is None else each.changes
                if id in emptied:
                    columns = {**{name: each.item.columns.get(name) for name in emptied[id]}, **columns}
                if not columns:
                    continue
                changes[id] = columns
            written.add(each.record)
            self._learn(each.item)
        await self._write.update_each(
            table, {id: dict.fromkeys(sorted(names)) for id, names in emptied.items()}
        )
        await self._write.insert(table, new)
        await self._write.update_each(table, changes)
        self.rows[table.name, "inserted"] += len(new)
        self.rows[table.name, "updated"] += len(changes)
        return written

    def _learn(self, item: Item) -> None:
        for owner in self._shapes[item.shape].nested:
            if isinstance(owner, Owner) and (said := item.columns.get(owner.unless)) is not None:
                self.learned[owner.column] = said

    async def _check_unique(
        self, table: Table, planned: dict[str, Planned], batch: Sequence[Taken]
    ) -> Mapping[str, set[str]]:
        """Refuse rows that would violate a unique constraint.

        Returns:
            The columns to set to null first, by id; see `check_unique`.

        Raises:
            Alike: a row would have the same unique values as another one.
        """
        if not unique_columns(table):
            return {}
        claims = {}
        for id, each in planned.items():
            stored = {} if each.row is None else each.row._asdict()
            claims[id] = Claim({**stored, **each.item.columns}, batch[each.record].place)
        return await check_unique(self._write, table, claims, self._arrivals)
