"""What was read verbatim gives way to what is changed here: on the vendor's path and in its export."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.events import Event
from gateway.exchange.exporting import export
from gateway.exchange.importing import import_files
from gateway.resolvers.context import Context
from gateway.resolvers.viewer import Scope, Viewer
from gateway.settings import Settings
from gateway.vendors import crux, opal
from tests.exchange.test_importing import approval, integration, request
from tests.vendors.gateway import client_of, make_organization, make_token

pytestmark = pytest.mark.anyio

ODD = "2018-04-09T10:00:00+02:00"


class Store:
    """A store with one imported object, which is changed and read."""

    def __init__(self, database: Database, vendor: Any, path: str, folder: Path) -> None:
        self.database, self.vendor, self.path, self.folder = database, vendor, path, folder

    async def read_in(self, record: dict[str, Any]) -> None:
        file = self.folder / "records.json"
        file.write_text(json.dumps(record))
        await make_organization(self.database)
        await import_files(self.database, self.vendor, "north", [file])

    async def change(self, table: Any, row_id: str, **columns: Any) -> None:
        viewer = Viewer("north", frozenset(Scope), "t")
        async with Context(self.database, viewer, Settings()).write(Scope.WRITE) as write:
            if await write.update(table, row_id, columns):
                write.happened(Event("test.changed", table.name, row_id))

    async def shown(self) -> dict[str, Any]:
        """The object, alike by the vendor's path and by its export."""
        lines = b"".join([each async for each in export(self.database, self.vendor, "north")])
        exported = [json.loads(line) for line in lines.splitlines()]
        token = await make_token(self.database)
        async with client_of(self.database, (self.vendor,), are_objects_odd=True) as http:
            answer = await http.get(self.path, headers={"Authorization": f"Bearer {token}"})
        assert exported == [answer.json()]
        return exported[0]


@pytest.fixture
async def of_crux(database: Database, tmp_path: Path) -> Store:
    store = Store(database, crux.VENDOR, "/organizations/connections/request/r1/", tmp_path)
    record = request(
        org_name=7,
        request_date=ODD,
        nickname="X",
        integrations=[integration("i1", date_created=ODD, colour="red")],
        approved_by=approval("a1", first_name=1.50, seen=True),
        is_approved=True,
    )
    await store.read_in(record)
    assert (await store.shown()) == record
    return store


async def test_another_instant_of_the_same_day_is_shown(of_crux: Store) -> None:
    later = datetime(2018, 4, 9, 12, tzinfo=UTC)
    await of_crux.change(db.connection_requests, "r1", requested_at=later)
    await of_crux.change(db.integrations, "i1", created_at=later)
    shown = await of_crux.shown()
    assert (shown["request_date"], shown["org_name"], shown["nickname"]) == ("2018-04-09", 7, "X")
    [inner] = shown["integrations"]
    assert (inner["date_created"], inner["colour"]) == ("2018-04-09", "red")


async def test_a_value_that_comes_back_is_the_columns(of_crux: Store) -> None:
    for name in ("Y", "7"):
        await of_crux.change(db.connection_requests, "r1", org_name=name)
        shown = await of_crux.shown()
        assert (shown["org_name"], shown["request_date"], shown["nickname"]) == (name, ODD, "X")


async def test_what_was_said_of_one_person_is_not_said_of_another(of_crux: Store) -> None:
    viewer = Viewer("north", frozenset(Scope), "t")
    async with Context(of_crux.database, viewer, Settings()).write(Scope.WRITE) as write:
        await write.insert(db.people, [{"id": "p2"}])
        write.happened(Event("person.created", "people", "p2"))
    await of_crux.change(db.approvals, "a1", person_id="p2")
    person = (await of_crux.shown())["approved_by"]["person"]
    assert person == {
        "uuid": "p2",
        **dict.fromkeys(("first_name", "last_name", "email", "phone", "job_title")),
    }


async def test_null_is_shown_where_it_is_what_was_written(database: Database, tmp_path: Path) -> None:
    of_opal = Store(database, opal.VENDOR, "/v1/requests/r1", tmp_path)
    await of_opal.read_in(
        {
            "id": "r1",
            "created_at": "2021-01-06T20:00:00Z",
            "updated_at": "2021-01-06T20:00:00Z",
            "requester_id": "p1",
            "status": "pending",
            "reason": "",
            "duration_minutes": 1e2,
            "note": [1.0],
        }
    )
    assert (await of_opal.shown())["duration_minutes"] == 100.0
    await of_opal.change(db.connection_requests, "r1", duration_minutes=5)
    assert (await of_opal.shown())["duration_minutes"] == 5
    await of_opal.change(db.connection_requests, "r1", duration_minutes=None)
    shown = await of_opal.shown()
    assert ("duration_minutes" in shown, shown["note"], shown["created_at"]) == (
        False,
        [1.0],
        "2021-01-06T20:00:00Z",
    )
