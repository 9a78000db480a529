"""Matches each object of a batch to a row, and makes ids for new rows.

A record's row has the record's key. A nested object that belongs to one record is the child row of the same parent with
the vendor's id. A new one gets a generated id if a row of another parent has the vendor's id. A shared object, such as
a person, is one row by its id.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from gateway.db.ids import new_id
from gateway.db.statements import Row
from gateway.exchange.commons import find_commons
from gateway.exchange.families import find_children
from gateway.exchange.places import RecordPlace, shown
from gateway.exchange.planning import BatchPlan, Planned
from gateway.exchange.records import Item, Shapes, Taken
from gateway.resolvers.errors import Conflict
from gateway.resolvers.writes import Write
from gateway.shapes.json_text import parse
from gateway.shapes.shape import Beside, Children, Linked, Shape


async def identify(write: Write, shapes: Shapes, batch: Sequence[Taken]) -> BatchPlan:
    """Find the row of every item in a batch, and give ids to new rows.

    Args:
        write: the transaction in which the rows are read.
        shapes: the shapes of the import.
        batch: records for different objects.

    Raises:
        Conflict: the row with an object's key is something else than the object.
    """
    plan = BatchPlan()
    await _records(plan, write, shapes, batch)
    await find_children(plan, write, shapes, batch)
    await _linked(plan, write, shapes, batch)
    await _shared(plan, write, shapes, batch)
    await _beside(write, shapes, batch)
    await find_commons(plan, write, shapes)
    for record in batch:
        for item in record.items:
            for column, other in item.parents.items():
                item.columns[column] = record.items[other].columns["id"]
            for member, listed in item.lists.items():
                _check_order(plan, shapes, record, item, member)
                item.lists[member] = [record.items[each].columns["id"] for each in listed]
    return plan


def _check_order(plan: BatchPlan, shapes: Shapes, record: Taken, item: Item, member: str) -> None:
    """Accept the order of a list if only its rows' ids decide it, and nothing else distinguishes its objects."""
    nested = next(
        each for each in shapes[item.shape].nested if isinstance(each, Children) and each.member == member
    )
    rows = plan.rows[nested.shape.table]
    children = [record.items[each].columns for each in item.lists[member]]
    stored = [row._asdict() for each in children if (row := rows[each["id"]].row) is not None]
    if all(nested.is_in_order(each) for each in (children, stored)):
        item.out_of_order -= {member}


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
        if row is None and shape.is_part:
            wanted_id = shown(item.columns[shape.key])
            raise Conflict(
                f"{record.place}: The store has nothing under {shape.key_member} {wanted_id}, of which this is a part."
            )
        if row is not None:
            _check_kind(shape, row, record.place)
            item.columns["id"] = row.id
        elif shape.key != "id":
            item.columns["id"] = new_id()
        plan.add(shape.table, Planned(item, row, index))


def _check_kind(shape: Shape, row: Row, place: RecordPlace) -> None:
    """Refuse an object whose id belongs to a row of another kind.

    Raises:
        Conflict: the row with the object's id does not have this shape.
    """
    for column, value in shape.fixed.items():
        if (other := getattr(row, column)) != value:
            raise Conflict(f"{place}: The store has another object under this id, with the {column} {other}.")


# What several records share


async def _linked(plan: BatchPlan, write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    """Find the rows that are linked to the records' rows, and which rows a list names more than once."""
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
    """Make objects that a list contains more than once rows of their own, the same ones each time."""
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


async def _beside(write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    """Find the rows that members are rendered with. They decide what `extra` has to keep."""
    wanted: dict[Table, list[tuple[Item, Beside]]] = defaultdict(list)
    for record in batch:
        for item in record.items:
            for each in shapes[item.shape].nested:
                if isinstance(each, Beside) and item.columns.get(each.column) is not None:
                    wanted[each.table].append((item, each))
    for table, items in wanted.items():
        ids = {item.columns[each.column] for item, each in items}
        found = {row.id: row for row in await write.rows(table, sorted(ids))}
        for item, each in items:
            if (row := found.get(item.columns[each.column])) is not None:
                item.beside[each.column] = row
                item.entry = shapes.entry(item, parse(item.own), shapes.new_row(item), item.own)
