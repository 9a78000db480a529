"""The difference between an object and its row: a new row, or the columns that change.

A column changes only if the object differs from what the row would be read back as. So a row keeps an exact time that
the vendor prints as a date, and reading a file twice changes nothing. If only the spelling is new, which `extra` keeps,
`updated_at` stays: the same object in another of its forms is not a change.
"""

from collections.abc import Mapping
from typing import Any

from gateway.db.statements import Row
from gateway.exchange.records import Item, Shapes
from gateway.shapes.json_text import dumps, parse
from gateway.shapes.lossless import Entry, entry_of, kept_with, said_of_nested
from gateway.shapes.shape import Parent


def new_row(shapes: Shapes, item: Item) -> dict[str, Any]:
    """All columns of a new row."""
    extra = kept_with(None, shapes[item.shape].name, _with_nested(item.entry, _lists(item, {}), item.said))
    return {**shapes.new_row(item), "extra": extra}


def changed(shapes: Shapes, item: Item, row: Row) -> dict[str, Any]:
    """The columns of a row that an object changes."""
    old = row._asdict()
    changes = {name: value for name, value in item.columns.items() if old[name] != value}
    if not item.placed.issuperset(changes):
        before = shapes.read_back(item, old)
        for name in [name for name in changes if name not in item.placed]:
            if name in before and before[name] == changes[name]:
                del changes[name]
    if changes and "updated_at" not in item.columns:
        changes["updated_at"] = shapes.at
    extra = _extra(shapes, item, row, changes)
    if extra != row.extra:
        changes["extra"] = extra
    return changes


def _extra(shapes: Shapes, item: Item, row: Row, changes: Mapping[str, Any]) -> str | None:
    """The row's new `extra` for its changed columns."""
    shape, own = shapes[item.shape], parse(item.own)
    before = said_of_nested(row.extra)
    said = {
        nested.member: kept
        for nested in shape.nested
        if isinstance(nested, Parent)
        and nested.member in shape.on_request
        and nested.member not in own
        and nested.column not in changes
        and (kept := before.get(nested.member)) is not None
    }
    entry = _entry(shapes, item, row, own, changes)
    before = entry_of(row.extra, shape.name) or {}
    lists = _lists(item, before.get("lists", {}))
    return kept_with(row.extra, shape.name, _with_nested(entry, lists, {**said, **item.said}))


def _entry(
    shapes: Shapes, item: Item, row: Row, own: dict[str, Any], changes: Mapping[str, Any]
) -> Entry | None:
    """The new entry in `extra` for the object's own members. For absent members, it keeps the old entry."""
    before = entry_of(row.extra, shapes[item.shape].name)
    entry = shapes.entry(item, own, {**row._asdict(), **changes}, without=item.unsaid)
    if before is None:
        return entry
    kept = {part: value for part, value in before.items() if part in ("members", "absent", "order")}
    shown = {
        name: value for name, value in shapes.shown(item, row._asdict()).items() if name not in item.unsaid
    }
    if not changes and dumps(shown) == item.own:
        return kept
    made: Entry = {**(entry or {})}
    for part in ("members", "absent"):
        unsaid = {name: value for name, value in kept.get(part, {}).items() if name in item.unsaid}
        if unsaid:
            made[part] = {**unsaid, **made.get(part, {})}
    if [name for name in kept.get("order", ()) if name not in item.unsaid] == list(own):
        made["order"] = kept["order"]
    return made or None


def _lists(item: Item, before: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The orders of lists to store. Stored orders are kept as long as they give the same lists."""
    lists = {name: ids for name, ids in item.lists.items() if name in item.out_of_order}
    for name, kept in before.items():
        ids = item.lists.get(name, [])
        placed = [id for id in kept if id in ids]
        # come last, in the order in which they are read
        others = [id for id in ids if id not in placed]
        if name in item.unsaid or (placed + others == ids and not (others and name in item.out_of_order)):
            lists[name] = kept
    return lists


def _with_nested(
    entry: Entry | None, lists: Mapping[str, list[Any]], said: Mapping[str, Entry | None]
) -> Entry | None:
    """An entry of `extra` with its data on members that are rows of their own."""
    kept = {**(entry or {})}
    if lists:
        kept["lists"] = lists
    if said:
        kept["nested"] = said
    return kept or None
