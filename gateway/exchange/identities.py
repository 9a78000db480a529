"""Which row each object of a batch is, and the id of a new one.

A record is the row that its key names. What is nested in it belongs to it alone: it is the row of this parent that has
the vendor's id, and a new one gets an id of its own where another parent's row has the vendor's already. What several
records share, such as a person, is one row by its id.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from gateway.db.ids import new_id
from gateway.db.statements import Row
from gateway.exchange.places import RecordPlace
from gateway.exchange.records import Item, Shapes, Taken
from gateway.resolvers.errors import Conflict
from gateway.resolvers.writes import Write
from gateway.shapes.shape import Child, Children, Linked, Shape


@dataclass(slots=True)
class Planned:
    """A row as it is to be.

    Attributes:
        row: as it is; None if it is new.
        record: index in the batch of the record that it came in.
        changes: the columns that change; None until they are known.
    """

    item: Item
    row: Row | None
    record: int
    changes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a batch does.

    Attributes:
        rows: that the objects are, by table and id.
        gone: the record of each row that its parent's object has no longer, by table and id.
        between: the rows between a record's row and those linked to it, by the id of these; by member and record's id.
    """

    rows: dict[Table, dict[str, Planned]] = field(default_factory=lambda: defaultdict(dict))
    gone: dict[Table, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    between: dict[tuple[str, str], dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, table: Table, planned: Planned) -> None:
        self.rows[table][planned.item.columns["id"]] = planned


async def identify(write: Write, shapes: Shapes, batch: Sequence[Taken]) -> BatchPlan:
    """Find the row of every item of a batch, and give new rows their ids.

    Args:
        write: the transaction that the rows are read in.
        shapes: of the import.
        batch: records, no two of which are the same object.

    Raises:
        Conflict: the row with an object's key is something else than the object.
    """
    plan = BatchPlan()
    await _records(plan, write, shapes, batch)
    await _children(plan, write, shapes, batch)
    await _linked(plan, write, shapes, batch)
    await _shared(plan, write, shapes, batch)
    for record in batch:
        for item in record.items:
            for column, other in item.parents.items():
                item.columns[column] = record.items[other].columns["id"]
            for member, listed in item.lists.items():
                item.lists[member] = [record.items[each].columns["id"] for each in listed]
    return plan


async def _records(plan: BatchPlan, write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    wanted: dict[tuple[Table, str], set[Any]] = defaultdict(set)
    for record in batch:
        shape = shapes[record.items[0].shape]
        wanted[shape.table, shape.key].add(record.items[0].columns[shape.key])
    found = {
        (table, key): {getattr(row, key): row for row in await write.rows(table, sorted(keys), key=key)}
        for (table, key), keys in wanted.items()
    }
    for index, record in enumerate(batch):
        item = record.items[0]
        shape = shapes[item.shape]
        row = found[shape.table, shape.key].get(item.columns[shape.key])
        if row is not None:
            _check_kind(shape, row, record.place)
            item.columns["id"] = row.id
        elif shape.key != "id":
            item.columns["id"] = new_id()
        plan.add(shape.table, Planned(item, row, index))


def _check_kind(shape: Shape, row: Row, place: RecordPlace) -> None:
    """Refuse an object whose id belongs to a row of another kind.

    Raises:
        Conflict: the row with the object's id is no object of this shape.
    """
    for column, value in shape.fixed.items():
        if (other := getattr(row, column)) != value:
            raise Conflict(f"{place}: The store has another object under this id, with the {column} {other}.")


# What belongs to a record alone


@dataclass(frozen=True, slots=True)
class Family:
    """The children that a row has.

    Attributes:
        record: of the row.
        by_uuid: the children by the vendor's id; several in the order in which they are listed.
    """

    record: int
    by_uuid: dict[str, list[Row]] = field(default_factory=dict)


Families = dict[tuple[Table, str, str], Family]
"""By table, its column that names the parent, and the parent's id."""


async def _children(plan: BatchPlan, write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    there = await _families(plan, write, shapes)
    new: dict[Table, list[Planned]] = defaultdict(list)
    for index, record in enumerate(batch):
        for item in record.items:
            if not item.child_of:
                continue
            table, parent = shapes[item.shape].table, record.items[item.parents[item.child_of]]
            family = there.get((table, item.child_of, parent.columns["id"]))
            if family is not None and (alike := family.by_uuid.get(item.columns["id"])):
                row = alike.pop(0)
                item.columns.update(id=row.id, vendor_uuid=row.vendor_uuid)
                plan.add(table, Planned(item, row, index))
            else:
                new[table].append(Planned(item, None, index))
    for (table, _, _), family in there.items():
        plan.gone[table].update({row.id: family.record for rows in family.by_uuid.values() for row in rows})
    for table, planned in new.items():
        await _name(plan, write, table, planned)


async def _families(plan: BatchPlan, write: Write, shapes: Shapes) -> Families:
    found: Families = {}
    for shape in shapes.shapes:
        parents = {
            id: each
            for id, each in plan.rows[shape.table].items()
            if each.row is not None and shapes[each.item.shape] is shape
        }
        for nested in shape.nested:
            if not isinstance(nested, Child | Children) or not parents:
                continue
            table, key = nested.shape.table, nested.key
            children: dict[str, list[Row]] = defaultdict(list)
            for row in await write.rows(table, sorted(parents), key=key):
                children[getattr(row, key)].append(row)
            for parent_id, rows in children.items():
                family = found[table, key, parent_id] = Family(parents[parent_id].record)
                listed = (
                    nested.in_order(parents[parent_id].row, rows) if isinstance(nested, Children) else rows
                )
                for row in listed:
                    family.by_uuid.setdefault(row.vendor_uuid or row.id, []).append(row)
    return found


async def _name(plan: BatchPlan, write: Write, table: Table, new: Sequence[Planned]) -> None:
    """Give new rows the vendor's ids, and ids of their own to those whose vendor's id is taken."""
    wanted = {each.item.columns["id"] for each in new}
    taken = {row.id for row in await write.rows(table, sorted(wanted))} - plan.gone[table].keys()
    taken |= plan.rows[table].keys()
    for each in new:
        uuid = each.item.columns["id"]
        if uuid in taken:
            each.item.columns.update(id=new_id(), vendor_uuid=uuid)
        taken.add(uuid)
        plan.add(table, each)


# What several records share


async def _linked(plan: BatchPlan, write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    """Find what is linked to the records' rows, and which rows of its own a list names again."""
    for shape in shapes.shapes:
        parents = [
            id
            for id, each in plan.rows[shape.table].items()
            if each.row is not None and shapes[each.item.shape] is shape
        ]
        for nested in shape.nested:
            if isinstance(nested, Linked) and parents:
                link = nested.link
                for row in await write.rows(link.between, sorted(parents), key=link.parent):
                    plan.between[nested.member, getattr(row, link.parent)][getattr(row, link.child)] = row
    for index, record in enumerate(batch):
        again = [item for item in record.items if item.again_in is not None]
        if again:
            await _name_again(plan, write, shapes, record, index, again)


async def _name_again(
    plan: BatchPlan, write: Write, shapes: Shapes, record: Taken, index: int, again: Sequence[Item]
) -> None:
    """Let objects that stand in one list more than once be rows of their own, each time the same ones."""
    table = shapes[again[0].shape].table
    host = again[0].again_in
    assert host is not None
    between = plan.between[host.member, record.items[host.item].columns["id"]]
    rows = [row for row in await write.rows(table, sorted(between)) if row.vendor_uuid is not None]
    rows.sort(key=lambda row: between[row.id].position)
    for item in again:
        uuid = item.columns["id"]
        row = next((each for each in rows if each.vendor_uuid == uuid), None)
        if row is not None:
            rows.remove(row)
        item.columns.update(id=new_id() if row is None else row.id, vendor_uuid=uuid)
        plan.add(table, Planned(item, row, index))


async def _shared(plan: BatchPlan, write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    wanted: dict[Table, dict[str, Planned]] = defaultdict(dict)
    for index, record in enumerate(batch):
        for item in record.items:
            if item.part_of is not None:
                found = wanted[shapes[item.shape].table]
                found.setdefault(item.columns["id"], Planned(item, None, index))
    for table, planned in wanted.items():
        for row in await write.rows(table, sorted(planned)):
            planned[row.id].row = row
        plan.rows[table].update(planned)
