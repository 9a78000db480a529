"""Nested objects that share an id: each record keeps its own, and what each record said of those that are one."""

import pytest

from gateway.db import tables as db
from gateway.exchange import staging
from gateway.exchange.importing import Imported
from gateway.resolvers.writes import writing
from tests.data import changing
from tests.exchange.test_importing import (
    approval,
    counts,
    exported,
    integration,
    read,
    request,
    rows,
    store,
)
from tests.vendors.gateway import insert

__all__ = ["read", "store"]  # fixtures

pytestmark = pytest.mark.anyio


async def uuids(store, table: str, *ids: str) -> list[tuple[str, str, str | None]]:
    """(request, the row's own id or a mark for a new one, the vendor's beside it), by request."""
    async with writing(store, "north", None) as write:
        found = await write.rows(db.metadata.tables[table], ["north"], key="organization_id")
    return sorted(
        (row.connection_request_id, row.id if row.id in ids else "new", row.vendor_uuid) for row in found
    )


async def test_an_approval_of_one_uuid_approves_several_requests(read, store) -> None:
    shared = [request(id, is_approved=True, approved_by=approval("6cf0bb8b", "p1")) for id in ("r1", "r2")]
    assert await read(*shared) == Imported(inserted=2)

    assert await exported(store) == shared
    assert await uuids(store, "approvals", "6cf0bb8b") == [
        ("r1", "6cf0bb8b", None),
        ("r2", "new", "6cf0bb8b"),
    ]
    assert await read(*reversed(shared)) == Imported(unchanged=2)
    assert await read(request("r1")) == Imported(updated=1, removed=1)
    assert await exported(store) == [request("r1"), shared[1]]


async def test_integrations_and_files_of_one_uuid_are_those_of_each_request(read, store) -> None:
    first = request("r1", integrations=[integration("i1")], uploaded_files=[{"name": "a", "uuid": "f1"}])
    second = request(
        "r2",
        integrations=[integration("i2"), integration("i1", rules="other")],
        uploaded_files=[{"name": "a", "uuid": "f1"}],
    )
    assert (await read(first), await read(second)) == (Imported(inserted=1), Imported(inserted=1))

    assert await exported(store) == [first, second]
    assert await uuids(store, "integrations", "i1", "i2") == [
        ("r1", "i1", None),
        ("r2", "i2", None),
        ("r2", "new", "i1"),
    ]
    assert await counts(store) == {"connection_requests pending": 2, "integrations": 3, "files": 1}


async def test_a_list_keeps_what_has_one_id_twice(read, store) -> None:
    twice = [integration("i1", rules="a"), integration("i2"), integration("i1", rules="b")]
    file = {"name": "a", "uuid": "f1"}
    record = request(integrations=twice, uploaded_files=[file, file, {"name": "b", "uuid": "f1"}])
    assert await read(record) == Imported(inserted=1)
    assert await exported(store) == [record]
    assert await read(record) == Imported(unchanged=1)

    fewer = request(integrations=twice[1:], uploaded_files=[file])
    assert await read(fewer) == Imported(updated=1, removed=3)
    assert await exported(store) == [fewer]


async def test_each_record_keeps_what_it_said_of_a_person(read, store) -> None:
    records = [
        request("r1", approved_by=approval("a1", "p1", first_name="Joe", more=1)),
        request("r2", approved_by=approval("a2", "p1", first_name="Jim")),
        request("r3", approved_by=approval("a3", "p1", first_name="Jim")),
    ]
    assert await read(*records) == Imported(inserted=3)
    assert await exported(store) == records
    [person] = await rows(store, "people", "p1")
    assert person.first_name == "Jim"
    assert await read(*records) == Imported(unchanged=3)


async def test_a_person_who_changes_is_changed_in_every_record(read, store) -> None:
    await read(
        request("r1", approved_by=approval("a1", "p1", first_name="Joe")),
        request("r2", approved_by=approval("a2", "p1", first_name="Jim")),
    )
    async with changing(store, "north") as write:
        await write.update(db.people, "p1", {"first_name": "Jack"})

    found = [each["approved_by"]["person"]["first_name"] for each in await exported(store)]
    assert found == ["Jack", "Jack"]


async def test_the_last_file_says_what_a_person_is(read, store) -> None:
    await read(request("r1", approved_by=approval("a1", "p1", first_name="Joe")))
    await read(request("r2", approved_by=approval("a2", "p1", first_name="Jim")))

    found = [each["approved_by"]["person"]["first_name"] for each in await exported(store)]
    assert found == ["Jim", "Jim"]


async def test_the_last_version_of_a_record_says_what_a_person_is(read, store) -> None:
    await read(request("r1", approved_by=approval("a1", "p1", first_name="Joe")))
    versions = [request("r1", approved_by=approval("a1", "p1", first_name=name)) for name in ("Joe", "Jim")]

    assert await read(*versions) == Imported(updated=2)
    assert await exported(store) == versions[1:]
    [person] = await rows(store, "people", "p1")
    assert person.first_name == "Jim"


async def test_a_record_that_is_read_again_leaves_a_person_as_the_others_have_them(read, store) -> None:
    records = [
        request("r1", approved_by=approval("a1", "p1", first_name="Joe")),
        request("r2", approved_by=approval("a2", "p1", first_name="Jim")),
    ]
    await read(*records)
    assert await read(records[0]) == Imported(unchanged=1)
    assert await exported(store) == records

    changed = request("r1", approved_by=approval("a1", "p1", first_name="Jack"))
    assert await read(changed) == Imported(updated=1)
    found = [each["approved_by"]["person"]["first_name"] for each in await exported(store)]
    assert found == ["Jack", "Jack"]


def file(uuid: str, name: str = "a", **more) -> dict:
    return {"name": name, "uuid": uuid, **more}


async def test_a_file_of_several_requests_is_one_and_stands_where_each_lists_it(read, store) -> None:
    records = [
        request("r1", uploaded_files=[file("f1"), file("f2")]),
        request("r2", uploaded_files=[file("f3"), file("f1")]),
    ]
    assert await read(*records) == Imported(inserted=2)
    assert await exported(store) == records
    assert [row.id for row in await rows(store, "files", "f1", "f2", "f3")] == ["f1", "f2", "f3"]

    turned = request("r1", uploaded_files=[file("f2"), file("f1")])
    assert await read(turned) == Imported(updated=1)
    assert await exported(store) == [turned, records[1]]


async def test_each_request_keeps_what_it_said_of_a_file(read, store) -> None:
    records = [
        request("r1", uploaded_files=[file("f1", "old", pages=3)]),
        request("r2", uploaded_files=[file("f2"), file("f1", "new")]),
    ]
    await read(*records)
    assert await exported(store) == records
    assert (await rows(store, "files", "f1"))[0].name == "new"
    assert await read(*records) == Imported(unchanged=2)

    later = request("r2", uploaded_files=[file("f2"), file("f1", "latest")])
    await read(later)
    renamed = [each["uploaded_files"][-1]["name"] for each in await exported(store)]
    assert renamed == ["latest", "latest"]


async def test_a_file_goes_with_the_last_request_that_has_it(read, store) -> None:
    both = [request(id, uploaded_files=[file("f1"), file(id)]) for id in ("r1", "r2")]
    await read(*both)
    assert await read(request("r1")) == Imported(updated=1, removed=2)
    assert [row.id for row in await rows(store, "files", "f1", "r1", "r2")] == ["f1", "r2"]
    assert await exported(store) == [request("r1"), both[1]]

    assert await read(request("r2")) == Imported(updated=1, removed=2)
    assert await rows(store, "files", "f1", "r2") == []
    assert await counts(store) == {"connection_requests pending": 2}


async def test_a_file_that_goes_from_one_request_to_another_stays_what_it_is(
    read, store, monkeypatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_RECORDS", 1)
    await read(request("r1", uploaded_files=[file("f1")]), request("r2"))
    async with changing(store, "north") as write:
        await write.update(db.files, "f1", {"size": 7})

    moved = [request("r1"), request("r2", uploaded_files=[file("f1")])]
    assert await read(*moved) == Imported(updated=2, removed=1)
    assert await exported(store) == moved
    assert (await rows(store, "files", "f1"))[0].size == 7


async def test_a_file_that_is_attached_to_no_request_becomes_the_requests(read, store) -> None:
    await insert(store, "north", files=[{"id": "f1", "name": "loose", "position": 4, "size": 7}])
    await read(request(uploaded_files=[file("f2"), file("f1")]))
    [attached, _] = await rows(store, "files", "f1", "f2")
    assert (attached.name, attached.position, attached.size) == ("a", 4, 7)
    assert await exported(store) == [request(uploaded_files=[file("f2"), file("f1")])]
