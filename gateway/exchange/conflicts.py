"""Reports two objects that conflict, in the vendor's words, with both of their places, even from different batches."""

from collections.abc import Iterable

from gateway.db.database import Database
from gateway.exchange.places import RecordPlace, shown
from gateway.exchange.records import Shapes, Taken
from gateway.exchange.uniqueness import Alike
from gateway.resolvers.writes import writing
from gateway.shapes.shape import Shape


async def both_told(
    database: Database, organization_id: str, shapes: Shapes, records: Iterable[Taken], alike: Alike
) -> str:
    """The conflicting values, with the places of both objects, or of one and the id of the stored row.

    Args:
        records: the records of the whole file.
    """
    shape = next(each for each in shapes.shapes if each.table is alike.table)
    common = " and ".join(f"{shape.member(name)} {shown(value)}" for name, value in alike.values.items())
    other = alike.other or _other_place(shapes, records, alike)
    if other is None:
        other_told = await _holder(database, organization_id, shape, alike)
    else:
        other_told = f"the object at {other}"
    return f"{alike.place}: It must not have the same {common} as {other_told}."


def _other_place(shapes: Shapes, records: Iterable[Taken], alike: Alike) -> RecordPlace | None:
    """The first record that has the same values for another object."""
    for record in records:
        if record.place.id == alike.place.id:
            continue
        for item in record.items:
            if shapes[item.shape].table is alike.table and alike.values.items() <= item.columns.items():
                return record.place
    return None


async def _holder(database: Database, organization_id: str, shape: Shape, alike: Alike) -> str:
    async with writing(database, organization_id, None) as write:
        rows = await write.rows(shape.table, [alike.holder]) if alike.holder else []
    ids = [shown(getattr(row, shape.key)) for row in rows]
    return f"the object in the store with the {shape.key_member} {ids[0]}" if ids else "another object"
