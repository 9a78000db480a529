"""ActiveCampaign's files: its documented answer in and out to the byte, and what else its callers have saved."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import demo
from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.events import Event
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files
from gateway.exchange.staging import BadFile
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import writing
from gateway.vendors import activecampaign
from tests.data import changing, context_of, events_of
from tests.lengths import cases
from tests.vendors.gateway import client_of, insert, make_token

pytestmark = pytest.mark.anyio

Load = Callable[..., Awaitable[Imported]]

PATH = "/api/3/connections"
EXAMPLE = demo.FOLDER / "activecampaign-connections.json"

SINGLE = (
    '{"connection":{"isInternal":0,"service":"fooCommerce","externalid":"johndoe@example.com","name":"Acme, Inc.",'
    '"logoUrl":"http://example.com/i/foo.png","linkUrl":"http://example.com/foo/","listId":"0",'
    '"cdate":"2017-02-02T14:56:05-06:00","udate":"2017-02-02T14:56:05-06:00",'
    '"links":{"customers":"/connections/2/customers"},"id":"2"}}'
)


def compact(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


@pytest.fixture
async def store(database: Database) -> Database:
    database.vault = Vault([new_key()])
    await create_organization(database, "North", timezone="America/Chicago", organization_id="north")
    return database


@pytest.fixture
async def client(store: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(store, (activecampaign.VENDOR,), are_objects_odd=True) as client:
        client.headers["Api-Token"] = await make_token(store)
        yield client


@pytest.fixture
def load(store: Database, tmp_path: Path) -> Load:
    async def load(text: str, organization_id: str = "north") -> Imported:
        path = tmp_path / "given.json"
        path.write_text(text, "utf-8")
        return await import_files(store, activecampaign.VENDOR, organization_id, [path])

    return load


async def exported(database: Database, organization_id: str = "north") -> list[str]:
    chunks = [each async for each in export(database, activecampaign.VENDOR, organization_id)]
    return [line.decode() for line in b"".join(chunks).splitlines()]  # text has other line ends


def listed(*connections: dict) -> str:
    return json.dumps({"connections": connections, "meta": {"total": str(len(connections))}})


async def test_the_documented_list_comes_back_to_the_byte(client, load) -> None:
    assert await load(EXAMPLE.read_text()) == Imported(inserted=2)
    answer = await client.get(PATH)

    assert answer.text == compact(EXAMPLE.read_text())
    assert (await client.get(f"{PATH}/2")).json()["connection"]["listId"] == "1"


async def test_a_documented_single_connection_comes_back_to_the_byte(client, load) -> None:
    assert await load(SINGLE) == Imported(inserted=1)
    [connection] = (await client.get(PATH)).json()["connections"]

    assert (await client.get(f"{PATH}/2")).text == SINGLE
    assert (connection["status"], connection["syncStatus"], connection["lastSync"]) == ("1", "0", None)


async def test_importing_twice_changes_nothing(store, load) -> None:
    await load(EXAMPLE.read_text())
    events, lines = await events_of(store, "north", 0), await exported(store)
    again = await load(EXAMPLE.read_text())

    assert again == Imported(unchanged=2)
    assert (await events_of(store, "north", 0), await exported(store)) == (events, lines)


async def test_what_is_exported_can_be_imported_elsewhere(store, load) -> None:
    await create_organization(store, "South", timezone="America/Chicago", organization_id="south")
    await load(EXAMPLE.read_text())
    lines = await exported(store)

    assert json.loads(f"[{','.join(lines)}]") == json.loads(EXAMPLE.read_text())["connections"]
    assert await load("\n".join(lines), "south") == Imported(inserted=2)
    assert await exported(store, "south") == lines


async def test_a_single_answer_leaves_what_it_lacks_as_it_is(client, load) -> None:
    [_, second] = json.loads(EXAMPLE.read_text())["connections"]
    saved = {**second, "status": "0", "syncStatus": "1", "lastSync": "2018-01-01T00:00:00-06:00", "new": [1]}
    await load(listed(saved))
    done = await load(SINGLE)
    [connection] = (await client.get(PATH)).json()["connections"]

    assert done == Imported(updated=1)
    assert (await client.get(f"{PATH}/2")).text == SINGLE
    assert connection == {**saved, "listId": "0", "udate": "2017-02-02T14:56:05-06:00"}


ODD = (
    '{"connections":[{"id":7,"links":{"options":"https://x.api-us1.com/api/3/connections/7/options",'
    '"customers":"https://x.api-us1.com/api/3/connections/7/customers"},"connectionType":"ecommerce",'
    '"credentialExpiration":null,"service":"wp","externalid":42.50,"name":null,"isInternal":true,"status":"2",'
    '"syncStatus":1,"lastSync":"0000-00-00 00:00:00","logoUrl":null,"listId":0,"cdate":"2018-01-12T13:13:53Z",'
    '"udate":"2018-01-12","sync_request_time":1e400}],"meta":{"total":"1"}}'
)


async def test_odd_members_stay_as_they_were(client, store, load) -> None:
    await load(ODD)

    assert (await client.get(PATH)).text == ODD
    assert await load(ODD) == Imported(unchanged=1)
    single = (await client.get(f"{PATH}/7")).json()["connection"]
    assert (single["externalid"], single["name"], single["isInternal"]) == ("42.50", "", 1)
    assert single["cdate"] == "2018-01-12T07:13:53-06:00"


async def test_a_changed_column_wins_over_what_was_read(client, store, load) -> None:
    await load(ODD)
    async with changing(store, "north") as write:
        [row] = await write.rows(db.connected_accounts, [7], key="number")
        await write.update(db.connected_accounts, row.id, {"name": "N", "list_id": "3"})
    [connection] = (await client.get(PATH)).json()["connections"]

    assert (connection["name"], connection["listId"], connection["status"]) == ("N", "3", "2")


async def test_columns_say_what_the_documents_mean(store, load) -> None:
    await load(EXAMPLE.read_text())
    async with writing(store, "north", None) as write:
        rows = await write.rows(db.connected_accounts, [1, 2], key="number")
    first, second = sorted(rows, key=lambda row: row.number)

    assert (first.kind, first.is_internal, first.status, first.is_syncing) == (
        "commerce",
        True,
        "healthy",
        False,
    )
    assert (first.list_id, second.list_id, first.logo_url, first.extra) == (None, "1", "", None)
    assert first.last_synced_at.isoformat() == "2017-02-02T19:09:07+00:00"


async def test_a_second_connection_of_the_same_account_is_told_with_its_line(store, load) -> None:
    one = {"id": "1", "service": "s", "externalid": "e"}
    with pytest.raises(BadFile) as twice:
        await load(f"{json.dumps(one)}\n" + json.dumps({**one, "id": "2"}))
    assert await exported(store) == []
    await load(json.dumps(one))
    with pytest.raises(BadFile) as again:
        await load("\n\n" + json.dumps({**one, "id": "3"}))

    assert twice.value.problems == [
        'given.json, line 2 (id 2): It must not have the same service "s" and externalid "e" '
        "as the object at line 1 (id 1)."
    ]
    assert again.value.problems == [
        'given.json, line 3 (id 3): It must not have the same service "s" and externalid "e" '
        "as the object in the store with the id 1."
    ]
    assert await load(json.dumps({**one, "name": "N"})) == Imported(updated=1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": None}, "id: It must be a whole number from 1 to 2147483647. It is null."),
        ({"id": "0"}, 'id: It must be a whole number from 1 to 2147483647. It is "0".'),
        ({"id": "x1"}, 'id: It must be a whole number from 1 to 2147483647. It is "x1".'),
        ({"id": "9" * 5000}, f'id: It must be a whole number from 1 to 2147483647. It is "{"9" * 59}….'),
        ({"service": None}, "service (id 1): It must be a text. It is null."),
        ({"service": 1}, "service (id 1): It must be a text. It is 1."),
        (
            {"name": "\0"},
            "name (id 1): It holds U+0000 or half a surrogate pair, which no store takes. "
            r'It is "\u0000".',
        ),
    ],
)
async def test_a_bad_record_is_named_and_nothing_is_stored(store, load, change, problem) -> None:
    good = {"id": "1", "service": "s", "externalid": "e"}
    with pytest.raises(BadFile) as bad:
        await load(f"{json.dumps(good)}\n{json.dumps({**good, **change})}")

    assert bad.value.problems == [f"given.json, line 2, {problem}"]
    assert await exported(store) == []


async def test_another_vendors_account_is_left_alone(store, load) -> None:
    at = json.loads(EXAMPLE.read_text())["connections"][0]
    row = {"id": "k", "kind": "connector", "number": 1, "service": "s", "status": "healthy"}
    await insert(store, "north", connected_accounts=[{**row, "is_internal": False, "is_syncing": False}])
    with pytest.raises(
        BadFile,
        match=r"line 3, connections\[0\] \(id 1\): The store has another object under this id, with the kind connector",
    ):
        await load(f'{{"connections":[\n\n{json.dumps(at)}]}}')


async def test_imported_numbers_are_not_given_again(store, load) -> None:
    await load(EXAMPLE.read_text())
    await load(ODD)
    async with changing(store, "north") as write:
        [row] = await write.rows(db.connected_accounts, [7], key="number")
        await write.delete(db.connected_accounts, [row.id])
    async with context_of(store, "north").write(Scope.WRITE) as write:
        shop = {
            "kind": "commerce",
            "service": "s",
            "status": "healthy",
            "is_internal": False,
            "is_syncing": False,
        }
        [row_id] = await write.insert(db.connected_accounts, [shop])
        write.happened(Event("connected_account.created", "connected_accounts", row_id))
        [row] = await write.rows(db.connected_accounts, [row_id])
    assert row.number == 8


SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.sampled_from(["", "0", "1", "ü🚀", "2017-02-02"])
)
DATES = st.sampled_from(
    ["2017-02-02T13:09:07-06:00", "2017-07-02T13:09:07-05:00", "2017-07-02T13:09:07-06:00", "", None, "soon"]
)
CONNECTION = st.fixed_dictionaries(
    {
        "id": st.integers(1, 3) | st.sampled_from(["1", "2", "003"]),
        "service": st.sampled_from(["s", "", "ü"]),
    },
    optional={
        **dict.fromkeys(
            ("name", "isInternal", "status", "syncStatus", "logoUrl", "linkUrl", "listId"), SCALARS
        ),
        **dict.fromkeys(("lastSync", "cdate", "udate"), DATES),
        "links": st.dictionaries(st.sampled_from(["customers", "options"]), st.text(max_size=3)),
        "more": st.recursive(SCALARS, st.lists, max_leaves=4),
    },
).flatmap(lambda members: st.permutations(list(members.items())).map(dict))


@settings(
    max_examples=cases(15, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(connections=st.lists(CONNECTION, min_size=1, max_size=3, unique_by=lambda each: int(each["id"])))
async def test_whatever_a_list_holds_comes_back(store, client, load, connections) -> None:
    """By its path and by the export, an update of what another example left included."""
    text = "\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in connections)
    await load(text)
    lines = {int(json.loads(line)["id"]): line for line in await exported(store)}
    answer = (await client.get(PATH)).text

    for each, line in zip(connections, text.split("\n"), strict=True):
        assert lines[int(each["id"])] == line
        assert line in answer
    assert await load(text) == Imported(unchanged=len(connections))
