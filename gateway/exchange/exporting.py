"""The store's objects as their vendor writes them, one on each line, lossless and in memory that does not grow."""

from collections.abc import AsyncIterator

from gateway.db.database import Database
from gateway.db.listings import Window
from gateway.exchange.formats import Export, Format
from gateway.resolvers.context import Context
from gateway.resolvers.viewer import Scope, Viewer
from gateway.settings import Settings
from gateway.shapes.json_text import dumps

ROWS_AT_A_TIME = 500


async def export(
    database: Database, format: Format, organization_id: str, settings: Settings | None = None
) -> AsyncIterator[bytes]:
    """Every object of a vendor in an organization, secrets included, as JSON Lines in UTF-8, some lines at a time.

    An organization that does not exist has none.
    """
    viewer = Viewer(organization_id, frozenset(Scope), "export")
    context = Context(database, viewer, settings or Settings())
    for exported in format.exports:
        async for lines in _lines(context, exported):
            yield lines


async def _lines(context: Context, exported: Export) -> AsyncIterator[bytes]:
    shape, order = exported.shape, exported.order
    window = Window(ROWS_AT_A_TIME)
    while True:
        page = await context.page(shape.table, order, window, columns=shape.columns, where=exported.where)
        if page.rows:
            objects = await shape.render(context, page.rows)
            if exported.finish is not None:
                exported.finish(context, objects)
            yield "".join(f"{dumps(each)}\n" for each in objects).encode()
        if len(page.rows) < ROWS_AT_A_TIME:
            return
        last = page.rows[-1]
        window = Window(ROWS_AT_A_TIME, after=tuple(getattr(last, name) for name in order.columns))
