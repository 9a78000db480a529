"""Matches nested objects that belong to one record to rows: the child row of the same parent with the vendor's id.

An object without an id is matched to the child row with the same content, or else to the row from the same position in
the list. If several rows have equal identifying values, the one with entirely equal content is preferred, because two
forms of a list can have different orders. A new row gets a generated id if a row of another parent already has the
vendor's id.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from gateway.db.ids import new_id
from gateway.db.statements import Row
from gateway.exchange.planning import BatchPlan, Planned
from gateway.exchange.records import Item, Shapes, Taken
from gateway.resolvers.writes import Write
from gateway.shapes.json_text import dumps
from gateway.shapes.shape import Child, Children, Columns

Content = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """The children of a row.

    Attributes:
        record: the record of the row.
        rows: the children in the order of the list.
        by_uuid: the children by the vendor's id.
        taken: the ids of children that were matched to an object.
        by_text: the children by their rendered text, for each shape that needed it.
        by_content: the children by the columns that they would be read back as, for each shape and set of columns.
    """

    record: int
    rows: list[Row] = field(default_factory=list)
    by_uuid: dict[str, list[Row]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    by_text: dict[int, dict[str, list[Row]]] = field(default_factory=dict)
    by_content: dict[tuple[int, Columns], dict[Content, list[Row]]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.by_uuid.setdefault(row.vendor_uuid or row.id, []).append(row)

    def take(self, among: Sequence[Row]) -> Row | None:
        """The first of some rows that is not matched to an object yet."""
        row = next((each for each in among if each.id not in self.taken), None)
        if row is not None:
            self.taken.add(row.id)
        return row

    @property
    def gone(self) -> Iterator[Row]:
        return (row for row in self.rows if row.id not in self.taken)


Families = dict[tuple[Table, str, str], Family]
"""By table, by its column that names the parent, and by the parent's id."""


async def find_children(plan: BatchPlan, write: Write, shapes: Shapes, batch: Sequence[Taken]) -> None:
    """Match every object that belongs to one record to a row, and find the rows without an object."""
    there = await _families(plan, write, shapes)
    new: dict[Table, list[Planned]] = defaultdict(list)
    for index, record in enumerate(batch):
        found = _found(shapes, record, there)
        for place, item in enumerate(record.items):
            if not item.child_of:
                continue
            table, row = shapes[item.shape].table, found.get(place)
            if row is None:
                new[table].append(Planned(item, None, index))
            else:
                item.columns.update(id=row.id, vendor_uuid=row.vendor_uuid)
                plan.add(table, Planned(item, row, index))
    for (table, _, _), family in there.items():
        plan.gone[table].update({row.id: family.record for row in family.gone})
    for table, planned in new.items():
        await _name(plan, write, table, planned)


def _found(shapes: Shapes, record: Taken, there: Families) -> dict[int, Row]:
    """The rows of a record's items, by the items' indexes. Items with an id choose first."""
    found: dict[int, Row] = {}
    families: dict[int, Family] = {}
    for index, item in enumerate(record.items):
        if item.child_of:
            parent = record.items[item.parents[item.child_of]]
            key = (shapes[item.shape].table, item.child_of, parent.columns["id"])
            if (family := there.get(key)) is not None:
                families[index] = family
    unnamed = [index for index in families if _is_unnamed(record.items[index])]
    named = [index for index in families if index not in set(unnamed)]
    alike = [index for index in unnamed if record.items[index].alike]
    # Those that say less take what those leave that say more.
    alike.sort(key=lambda index: (not _says_all(record.items[index]), -len(record.items[index].columns)))
    for indexes, is_alike in ((named, False), (alike, True), (unnamed, False)):
        for index in indexes:
            item, family = record.items[index], families[index]
            if index in found:
                continue
            among = _alike(shapes, item, family) if is_alike else family.by_uuid.get(item.columns["id"], [])
            if (row := family.take(among)) is not None:
                found[index] = row
    return found


def _is_unnamed(item: Item) -> bool:
    """Whether an object has only its position in a list as its id."""
    return bool(item.place) and item.columns.get("id") == item.place


def _says_all(item: Item) -> bool:
    """Whether an object has all members by which it is matched to rows."""
    return item.columns.keys() >= set(item.alike)


def _alike(shapes: Shapes, item: Item, family: Family) -> list[Row]:
    """The rows that would be read back as an equal object. For an incomplete object, its position comes first."""
    known, content = _known(shapes, item, family, item.alike), _of(shapes, item, item.alike)
    if _says_all(item):
        found = known.get(content, [])
        if len(found) > 1:
            names = tuple(sorted(item.columns.keys() - item.placed - {"id"}))
            same = _known(shapes, item, family, names).get(_of(shapes, item, names), [])
            return [*_shown(shapes, item, family).get(item.own, []), *same, *found]
        return found
    said = [(place, value) for place, value in enumerate(content) if item.alike[place] in item.columns]
    found = [
        row for each, rows in known.items() if all(each[p] == value for p, value in said) for row in rows
    ]
    return sorted(found, key=lambda row: (row.vendor_uuid or row.id) != item.columns["id"])


def _shown(shapes: Shapes, item: Item, family: Family) -> Mapping[str, list[Row]]:
    """The rows of a family by their rendered text, so that exported objects match the rows that they came from."""
    shown = family.by_text.get(item.shape)
    if shown is None:
        shown = family.by_text[item.shape] = {}
        for row in family.rows:
            shown.setdefault(dumps(shapes.shown(item, row._asdict())), []).append(row)
    return shown


def _known(shapes: Shapes, item: Item, family: Family, names: Columns) -> Mapping[Content, list[Row]]:
    """The rows of a family by the values of some columns that they would be read back as."""
    known = family.by_content.get((item.shape, names))
    if known is None:
        known = family.by_content[item.shape, names] = {}
        for row in family.rows:
            known.setdefault(_content(shapes, item, row._asdict(), names), []).append(row)
    return known


def _of(shapes: Shapes, item: Item, names: Columns) -> Content:
    return _content(shapes, item, shapes.new_row(item), names)


def _content(shapes: Shapes, item: Item, columns: Mapping[str, Any], names: Columns) -> Content:
    """The values of some columns that a row would be read back as, in the vendor's precision."""
    read = shapes.read_back(item, {**columns, "extra": None})
    return tuple(read.get(name) for name in names)


async def _families(plan: BatchPlan, write: Write, shapes: Shapes) -> Families:
    found: Families = {}
    for shape in shapes.shapes:
        parents = {
            id: each
            for id, each in plan.rows[shape.table].items()
            if each.row is not None and shapes[each.item.shape] is shape
        }
        for nested in shape.nested:
            if not isinstance(nested, Child | Children):
                continue
            said = sorted(id for id, each in parents.items() if nested.member not in each.item.unsaid)
            if not said:
                continue
            table, key = nested.shape.table, nested.key
            children: dict[str, list[Row]] = defaultdict(list)
            for row in await write.rows(table, said, key=key):
                children[getattr(row, key)].append(row)
            for parent_id, rows in children.items():
                family = found[table, key, parent_id] = Family(parents[parent_id].record)
                listed: Any = (
                    nested.in_order(parents[parent_id].row, rows) if isinstance(nested, Children) else rows
                )
                for row in listed:
                    family.add(row)
    return found


async def _name(plan: BatchPlan, write: Write, table: Table, new: Sequence[Planned]) -> None:
    """Give new rows the vendor's ids, and generated ids to those whose vendor's id is taken."""
    wanted = {each.item.columns["id"] for each in new}
    taken = {row.id for row in await write.rows(table, sorted(wanted))} - plan.gone[table].keys()
    taken |= plan.rows[table].keys()
    for each in new:
        uuid = each.item.columns["id"]
        if uuid in taken:
            each.item.columns.update(id=new_id(), vendor_uuid=uuid)
        taken.add(uuid)
        plan.add(table, each)
