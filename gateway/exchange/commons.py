"""The operator's catalogue in imports: an object that says just what the catalogue says becomes no row of its own."""

from gateway.db.lookups import rows_by_key
from gateway.db.tables import connectors
from gateway.exchange.differences import changed
from gateway.exchange.planning import BatchPlan, Planned
from gateway.exchange.records import Shapes
from gateway.resolvers.writes import Write


async def find_commons(plan: BatchPlan, write: Write, shapes: Shapes) -> None:
    """Find the catalogue's rows that are seen in the place of an organization's own."""
    missing = {id: each for id, each in plan.rows[connectors].items() if each.row is None}
    columns = tuple(connectors.c.keys())
    found = await rows_by_key(write, connectors, write.organization_id, columns, sorted(missing))
    for id, row in found.items():
        missing[id].common = row
        compare_with_common(shapes, missing[id])


def compare_with_common(shapes: Shapes, planned: Planned) -> None:
    """Let an object be the catalogue's row where it says nothing else, and a new row of its own where it does."""
    if planned.common is not None:
        is_same = not changed(shapes, planned.item, planned.common)
        planned.row, planned.changes = (planned.common, {}) if is_same else (None, None)
