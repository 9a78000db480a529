"""The vendors' documented examples as data, and what puts them into an organization."""

from pathlib import Path

from gateway.db.database import Database
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files
from gateway.rest.vendor import Vendor
from gateway.vendors import VENDORS

FOLDER = Path(__file__).parent


async def import_demo(database: Database, organization_id: str) -> Imported:
    """Import every vendor's documented examples, in the order in which the vendor states them.

    A vendor of whom the organization holds anything already is passed over: whatever was changed there stays.

    Raises:
        NotFound: there is no such organization.
    """
    total = Imported()
    for vendor in VENDORS:
        if not await _holds_any(database, organization_id, vendor):
            paths = [FOLDER / name for name in vendor.examples]
            total += await import_files(database, vendor, organization_id, paths)
    return total


async def _holds_any(database: Database, organization_id: str, vendor: Vendor) -> bool:
    async for _ in export(database, vendor, organization_id):
        return True
    return False
