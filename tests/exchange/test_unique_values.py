"""What must be unique goes from one record to another within a file: exchanged, handed on, taken over by a new one."""

import json
from pathlib import Path

import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.exchange import staging
from gateway.exchange.exporting import export
from gateway.exchange.importing import BadFile, Imported, import_files
from gateway.vendors import activecampaign
from tests.exchange import hostile
from tests.vendors.gateway import make_organization

pytestmark = pytest.mark.anyio

VENDOR = activecampaign.VENDOR


def connection(number: int, external_id: str, service: str = "shop") -> dict:
    return {**hostile.activecampaign(number), "service": service, "externalid": external_id}


@pytest.fixture(params=[1, 2, 500])
def read(request, database: Database, tmp_path: Path, monkeypatch):
    """Read records, in batches of so many."""
    monkeypatch.setattr(staging, "BATCH_RECORDS", request.param)
    database.vault = Vault([new_key()])

    async def read(*records: dict, organization: str = "north") -> Imported:
        path = tmp_path / "f.json"
        path.write_text("\n".join(map(json.dumps, records)))
        return await import_files(database, VENDOR, organization, [path])

    return read


async def exported(database: Database, organization: str = "north") -> list[dict]:
    found = [lines async for lines in export(database, VENDOR, organization)]
    return [json.loads(line) for line in b"".join(found).splitlines()]


CHANGES = {
    "two exchange theirs": [(1, "b"), (2, "a"), (3, "c")],
    "three hand theirs on": [(1, "b"), (2, "c"), (3, "a")],
    "a new one takes over": [(4, "a"), (1, "d"), (2, "b"), (3, "c")],
    "a new one takes over from one that has none": [(4, "a"), (2, "b"), (3, "c"), (1, "")],
    "to and fro": [(1, "d"), (2, "a"), (2, "b"), (1, "a"), (3, "c")],
}


async def test_what_is_unique_goes_from_one_record_to_another(read, database) -> None:
    for change, claims in CHANGES.items():
        await make_organization(database, change)
        await read(connection(1, "a"), connection(2, "b"), connection(3, "c"), organization=change)
        records = [connection(*each) for each in claims]
        await read(*records, organization=change)

        last = {int(each["id"]): each for each in records}
        assert await exported(database, change) == [last[number] for number in sorted(last)]
        assert await read(*last.values(), organization=change) == Imported(unchanged=len(last))


async def test_one_that_keeps_its_own_in_another_service_keeps_it(read, database) -> None:
    await make_organization(database)
    await read(connection(1, "a"), connection(2, "b"))
    moved = [connection(1, "a", "other"), connection(2, "a")]
    await read(*moved)
    assert await exported(database) == moved


async def test_two_that_end_alike_are_refused_by_their_places(read, database) -> None:
    await make_organization(database)
    before = [connection(1, "a"), connection(2, "b")]
    await read(*before)
    with pytest.raises(BadFile) as failure:
        await read(connection(1, "b"), connection(2, "b"), connection(3, "c"))
    [problem] = failure.value.problems
    assert problem in (
        f'f.json, line {one} (id {one}): It must not have the same service "shop" and externalid "b"'
        f" as the object at line {other} (id {other})."
        for one, other in ((1, 2), (2, 1))
    )
    assert await exported(database) == before
