"""The operator's catalogue: connectors that every organization sees, loaded from a file in OpenInt's form."""

from pathlib import Path

from gateway.db.database import Database
from gateway.db.ids import now
from gateway.db.statements import row_class
from gateway.db.tables import CATALOGUE
from gateway.exchange.formats import Layout
from gateway.exchange.importing import Imported
from gateway.exchange.reading import Source, in_thread
from gateway.exchange.records import Shapes
from gateway.exchange.staging import stage
from gateway.exchange.upserts import Upsert
from gateway.resolvers.writes import writing
from gateway.vendors.openint.shapes import LISTED_CONNECTOR

LAYOUT = Layout(lists={"items": LISTED_CONNECTOR}, bare=LISTED_CONNECTOR)


async def load_catalogue(database: Database, path: Path) -> Imported:
    """Load connectors into the catalogue: a response of ``GET /connector``, an array, or JSON Lines.

    Connectors that the file does not contain stay unchanged. The whole file is validated, then written in one
    transaction. Loading it again changes nothing. No organization's event log has an event of it.

    Raises:
        BadFile: the file cannot be read or has an invalid connector; nothing of it was stored.
    """
    operator = row_class(("id",))._make((CATALOGUE,))  # type: ignore[attr-defined]  # a class made at run time
    shapes = Shapes(LAYOUT.shapes, now(), operator)
    staged = await in_thread(Source(path), lambda source: stage(source, LAYOUT, shapes))
    try:
        async with writing(database, CATALOGUE, None) as write:
            upsert = Upsert(write, shapes, staged.words, staged.arrivals)
            for batch in staged.batches():
                await upsert.apply(batch)
    finally:
        staged.close()
    done = upsert.records
    return Imported(inserted=done["inserted"], updated=done["updated"], unchanged=done["unchanged"])
