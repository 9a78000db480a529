"""The operator's catalogue in imports: an object that equals its entry in the catalogue becomes no row of its own."""

from gateway.db.lookups import rows_by_key
from gateway.db.tables import connectors
from gateway.exchange.differences import changed
from gateway.exchange.planning import BatchPlan, Planned
from gateway.exchange.records import Shapes
from gateway.resolvers.writes import Write


async def find_commons(plan: BatchPlan, write: Write, shapes: Shapes) -> None:
    """Find the rows of the catalogue that the organization sees because it has none of its own."""
    missing = {id: each for id, each in plan.rows[connectors].items() if each.row is None}
    columns = tuple(connectors.c.keys())
    found = await rows_by_key(write, connectors, write.organization_id, columns, sorted(missing))
    for id, row in found.items():
        missing[id].common = row
        compare_with_common(shapes, missing[id])


def compare_with_common(shapes: Shapes, planned: Planned) -> None:
    """Use the catalogue's row for an object that is equal to it, and a new row for another object."""
    if planned.common is not None:
        is_same = not changed(shapes, planned.item, planned.common)
        planned.row, planned.changes = (planned.common, {}) if is_same else (None, None)
