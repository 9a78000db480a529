"""Files into the store and out again, on both databases: whole objects, one transaction a file, nothing lost."""

import json
from pathlib import Path

import pytest

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.exchange.exporting import export
from gateway.exchange.importing import BadFile, Imported, import_files, work_of
from gateway.resolvers.errors import NotFound
from gateway.resolvers.writes import writing
from gateway.vendors import crux
from tests.data import changing, events_of
from tests.vendors.gateway import DAY, insert, make_organization

pytestmark = pytest.mark.anyio


def integration(id: str, **more) -> dict:
    return {
        "record_uuid": id,
        "integration_type": "items",
        "update_frequency": None,
        "feed_source_file_locations": None,
        "file_specs": None,
        "rules": None,
        "date_created": "2018-04-09",
        **more,
    }


def approval(id: str, person: str = "p1", **more) -> dict:
    names = ("first_name", "last_name", "email", "phone", "job_title")
    return {"uuid": id, "person": {"uuid": person, **dict.fromkeys(names), **more}}


def request(id: str = "r1", **more) -> dict:
    return {
        "integrations": [],
        "uploaded_files": [],
        "record_uuid": id,
        "org_name": "G",
        "org_contact_full_name": None,
        "primary_contact_phone": None,
        "primary_contact_email": None,
        "retailer_account_number": None,
        "additional_information": None,
        "request_date": "2018-04-09",
        "is_approved": False,
        "approved_by": None,
        **more,
    }


@pytest.fixture
async def store(database: Database) -> Database:
    await make_organization(database)
    return database


@pytest.fixture
def read(store: Database, tmp_path: Path):
    async def read(*records, organization: str = "north", text: str | None = None) -> Imported:
        path = tmp_path / "some.json"
        path.write_text("\n".join(map(json.dumps, records)) if text is None else text)
        return await import_files(store, crux.VENDOR, organization, [path])

    return read


async def exported(store: Database, organization: str = "north") -> list[dict]:
    return [json.loads(line) for line in (await exported_bytes(store, organization)).splitlines()]


async def exported_bytes(store: Database, organization: str = "north") -> bytes:
    return b"".join([lines async for lines in export(store, crux.VENDOR, organization)])


async def rows(store: Database, table: str, *ids: str) -> list:
    async with writing(store, "north", None) as write:
        return sorted(await write.rows(db.metadata.tables[table], ids))


async def counts(store: Database) -> dict[str, int]:
    """What the counters say, which the import has to keep."""
    async with store.transaction() as transaction:
        statement = store.prepare(("test counters",), lambda: db.counters.select())
        found = await transaction.fetch(statement, {})
    return {f"{row.table_name} {row.status}".strip(): row.n for row in found if row.n}


async def test_children_that_the_object_lacks_go_and_are_counted(read, store) -> None:
    await read(
        request(
            integrations=[integration("i1"), integration("i2")], uploaded_files=[{"name": "f", "uuid": "f1"}]
        )
    )
    after = request(integrations=[integration("i2"), integration("i3")])

    assert await read(after) == Imported(updated=1, removed=2)
    assert await exported(store) == [after]
    assert await counts(store) == {"connection_requests pending": 1, "integrations": 2}


async def test_the_same_file_twice_changes_nothing(read, store) -> None:
    record = request(
        integrations=[integration("i1", date_created="2018-04-09 10:00")], approved_by=approval("a1"), more=1
    )
    assert await read(record) == Imported(inserted=1)
    before = [await rows(store, *each) for each in (("connection_requests", "r1"), ("integrations", "i1"))]

    assert await read(record) == Imported(unchanged=1)

    assert before == [
        await rows(store, *each) for each in (("connection_requests", "r1"), ("integrations", "i1"))
    ]
    assert [event.type for event in await events_of(store, "north", 1)] == ["connection_requests.imported"]


async def test_a_file_is_one_event_with_its_counts(read, store) -> None:
    await read(request("r1", integrations=[integration("i1")]), request("r2", approved_by=approval("a1")))

    [event] = await events_of(store, "north", 1)
    assert (event.type, event.subject_type, event.subject_id) == (
        "connection_requests.imported",
        "connection_requests",
        None,
    )
    assert json.loads(event.data) == {
        "vendor": "crux",
        "file": "some.json",
        "inserted": 2,
        "updated": 0,
        "unchanged": 0,
        "rows": {
            "approvals": {"inserted": 1},
            "connection_requests": {"inserted": 2},
            "integrations": {"inserted": 1},
            "people": {"inserted": 1},
        },
    }


async def test_what_a_document_does_not_show_survives_it(read, store) -> None:
    await read(request())
    exact = (await rows(store, "connection_requests", "r1"))[0].requested_at.replace(hour=13, minute=5)
    async with changing(store, "north") as write:
        await write.update(db.connection_requests, "r1", {"requested_at": exact, "status": "denied"})

    assert await read(request()) == Imported(unchanged=1)
    assert await read(request(org_name="H")) == Imported(updated=1)

    [row] = await rows(store, "connection_requests", "r1")
    assert (row.requested_at, row.status, row.org_name) == (exact, "denied", "H")
    assert await read(request(request_date="2018-04-10", is_approved=True)) == Imported(updated=1)
    [row] = await rows(store, "connection_requests", "r1")
    assert (row.requested_at.isoformat(), row.status) == ("2018-04-10T00:00:00+00:00", "approved")
    assert await counts(store) == {"connection_requests approved": 1}


async def test_the_last_of_several_versions_wins(read, store) -> None:
    first = request(integrations=[integration("i1"), integration("i2")])
    last = request(org_name="last", integrations=[integration("i2")])

    assert await read(first, last) == Imported(inserted=1, updated=1, removed=1)
    assert await exported(store) == [last]


async def test_children_of_one_object_become_anothers(read, store) -> None:
    await read(
        request("r1", integrations=[integration("i1")], approved_by=approval("a1", "p1")),
        request("r2", integrations=[integration("i2")], approved_by=approval("a2", "p2")),
    )
    swapped = [
        request("r1", integrations=[integration("i2")], approved_by=approval("a2", "p2")),
        request("r2", integrations=[integration("i1")], approved_by=approval("a1", "p1")),
    ]
    assert await read(*swapped) == Imported(updated=2, removed=4)
    assert await exported(store) == swapped
    assert await counts(store) == {"connection_requests pending": 2, "integrations": 2, "people": 2}


async def test_an_approval_is_replaced_and_withdrawn(read, store) -> None:
    await read(request(is_approved=True, approved_by=approval("a1")))
    assert await read(request(approved_by=approval("a2", "p1", first_name="Joe"))) == Imported(
        updated=1, removed=1
    )
    assert await exported(store) == [request(approved_by=approval("a2", "p1", first_name="Joe"))]
    assert await read(request()) == Imported(updated=1, removed=1)
    assert await exported(store) == [request()]


async def test_one_id_lives_in_several_organizations(read, store) -> None:
    await make_organization(store, "south")
    record = request(integrations=[integration("i1")], approved_by=approval("a1"))

    assert await read(record) == Imported(inserted=1)
    assert await read(record | {"org_name": "S"}, organization="south") == Imported(inserted=1)

    assert await exported(store) == [record]
    assert await exported(store, "south") == [record | {"org_name": "S"}]


BAD = [
    (request(record_uuid=""), 'record_uuid: It must have 1 to 255 characters. It is "".'),
    (request(record_uuid="x" * 300), f'record_uuid: It must have 1 to 255 characters. It is "{"x" * 59}….'),
    (request(record_uuid=7), "record_uuid: It must be a text. It is 7."),
    ({**request(), "record_uuid": None}, "record_uuid: It must be a text. It is null."),
    (
        {name: value for name, value in request().items() if name != "record_uuid"},
        "record_uuid: It is missing.",
    ),
    (
        request(request_date="2018-13-01"),
        'request_date (record_uuid r1): It must be a date or a time of ISO 8601. It is "2018-13-01".',
    ),
    (request(request_date=5), "request_date (record_uuid r1): It must be a text. It is 5."),
    (
        request(is_approved="yes"),
        'is_approved (record_uuid r1): It must be true or false. It is "yes".',
    ),
    (request(integrations=[1]), "integrations[0] (record_uuid r1): It must be an object. It is 1."),
    (
        request(integrations=[integration("i1"), {}]),
        "integrations[1].record_uuid (record_uuid r1): It is missing.",
    ),
    (
        request(integrations=[integration("i1", integration_type=["a"])]),
        "integrations[0].integration_type (record_uuid r1): It must be a text. It is a list.",
    ),
    (
        request(approved_by={"uuid": "a1", "person": None}),
        "approved_by.person (record_uuid r1): It must be an object. It is null.",
    ),
    (
        request(org_name="\0\x1b"),
        "org_name (record_uuid r1): It holds U+0000 or half a surrogate pair, which no store takes. "
        r'It is "\u0000\u001b".',
    ),
    (
        request(integrations=[integration("i1", rules="ftp://u:hunter2@h/\0")]),
        "integrations[0].rules (record_uuid r1): It holds U+0000 or half a surrogate pair, which no store takes. "
        r'It is "ftp://***@h/\u0000".',
    ),
]


@pytest.mark.parametrize(("record", "told"), BAD)
async def test_a_bad_record_is_told_with_its_place_and_nothing_is_stored(read, store, record, told) -> None:
    with pytest.raises(BadFile) as failure:
        await read(request("r0"), record)
    assert failure.value.problems[0] == f"some.json, line 2, {told}"
    with pytest.raises(BadFile) as failure:
        await read({"requests": [request("r0"), record], "pagination": {}})
    assert failure.value.problems[0] == f"some.json, line 1, requests[1].{told}"
    assert await exported_bytes(store) == b""
    assert await events_of(store, "north", 1) == []


async def test_the_line_is_the_members_own(read) -> None:
    with pytest.raises(BadFile) as failure:
        await read(text=json.dumps({"requests": [request(integrations=[integration("i1"), {}])]}, indent=1))
    assert failure.value.problems == [
        "some.json, line 14, requests[0].integrations[1].record_uuid (record_uuid r1): It is missing.",
        "some.json, line 14, requests[0].integrations[1].integration_type (record_uuid r1): It is missing.",
    ]


async def test_two_bad_records_are_two_places(read) -> None:
    records = [request(f"r{number}", is_approved=0 if number in (2, 5) else None) for number in range(7)]
    with pytest.raises(BadFile) as failure:
        await read({"requests": records})
    assert failure.value.problems == [
        "some.json, line 1, requests[2].is_approved (record_uuid r2): It must be true or false. It is 0.",
        "some.json, line 1, requests[5].is_approved (record_uuid r5): It must be true or false. It is 0.",
    ]


async def test_every_bad_record_is_told_up_to_twenty(read) -> None:
    with pytest.raises(BadFile) as failure:
        await read(*[request(f"r{number}", is_approved=0) for number in range(30)])
    assert len(failure.value.problems) == 20
    assert failure.value.problems[-1].startswith("some.json, line 20, is_approved (record_uuid r19): ")


async def test_an_object_of_another_kind_is_left_alone(read, store) -> None:
    row = {"id": "r1", "kind": "access", "status": "pending", "requested_at": DAY}
    await insert(store, "north", connection_requests=[row])
    with pytest.raises(BadFile) as failure:
        await read({"requests": [request("r0"), request("r1")]})
    assert failure.value.problems == [
        "some.json, line 1, requests[1] (record_uuid r1): "
        "The store has another object under this id, with the kind access."
    ]
    assert await exported_bytes(store) == b""


async def test_an_unknown_organization_is_told(read) -> None:
    with pytest.raises(NotFound):
        await read(request(), organization="nobody")


async def test_a_file_that_is_not_there_is_told(store, tmp_path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        await import_files(store, crux.VENDOR, "north", [tmp_path / "none.json"])


async def test_the_files_before_a_bad_one_are_stored(store, tmp_path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(request()))
    bad.write_text("{")
    done: list[tuple[str, Imported]] = []
    with pytest.raises(
        BadFile, match=r"^bad.json, line 1, column 2: The file ends too early: it is cut off.$"
    ):
        await import_files(
            store, crux.VENDOR, "north", [good, bad, good], done=lambda *each: done.append(each)
        )
    assert await exported(store) == [request()]
    assert done == [("good.json", Imported(inserted=1))]


async def test_progress_adds_up_to_the_work(store, tmp_path) -> None:
    paths = [tmp_path / "a.json", tmp_path / "b.json", tmp_path / "empty.json"]
    for number, path in enumerate(paths[:2]):
        path.write_text("\n".join(json.dumps(request(f"{number}-{each}")) for each in range(700)))
    paths[2].write_text("")
    told: list[int] = []

    await import_files(store, crux.VENDOR, "north", paths, progress=told.append)

    assert sum(told) == work_of(paths) == 2 * sum(path.stat().st_size for path in paths)
    assert len(await exported(store)) == 1400
