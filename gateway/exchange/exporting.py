"""Exports objects as the vendor writes them: lossless JSON Lines, in constant memory."""

from collections.abc import AsyncIterator

from gateway.db.database import Database
from gateway.db.listings import Window
from gateway.db.tables import organizations
from gateway.exchange.formats import Export, Format
from gateway.exchange.forms import Forms
from gateway.resolvers.context import Context
from gateway.resolvers.viewer import Scope, Viewer
from gateway.settings import Settings
from gateway.shapes.json_text import dumps

ROWS_AT_A_TIME = 500


async def export(
    database: Database, format: Format, organization_id: str, settings: Settings | None = None
) -> AsyncIterator[bytes]:
    """All objects of a vendor in an organization, including secrets, as JSON Lines in UTF-8, some lines at a time.

    An object with data in several of the vendor's forms has one line for each form. For an organization that does not
    exist, there are no lines.
    """
    viewer = Viewer(organization_id, frozenset(Scope), "export")
    context = Context(database, viewer, settings or Settings())
    columns = tuple(organizations.c.keys())
    found = await context.rows(organizations, [organization_id], columns=columns)
    for exported in format.exports if found else ():
        forms = Forms(format, exported, found[organization_id])
        async for lines in _lines(context, format, exported, forms):
            yield lines


async def _lines(context: Context, format: Format, exported: Export, forms: Forms) -> AsyncIterator[bytes]:
    shape, order = exported.shape, exported.order
    read = {*shape.columns, *(name for each in exported.also for name in each.shape.columns)}
    columns = tuple(each.key for each in shape.table.c if each.key in read)
    window = Window(ROWS_AT_A_TIME)
    while True:
        page = await context.page(shape.table, order, window, columns=columns, where=exported.where)
        if page.rows:
            objects = await shape.render(context, page.rows)
            if exported.finish is not None:
                exported.finish(context, objects)
            texts = [dumps(each) for each in objects]
            lines = [format.layout.line(shape, each, text) for each, text in zip(objects, texts, strict=True)]
            if exported.also:
                lines += await forms.lines(context, page.rows, texts)
            yield "".join(f"{line}\n" for line in lines).encode()
        if len(page.rows) < ROWS_AT_A_TIME:
            return
        last = page.rows[-1]
        window = Window(ROWS_AT_A_TIME, after=tuple(getattr(last, name) for name in order.columns))
