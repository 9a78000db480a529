"""Opal's objects in files: what is imported comes back to the byte, twice changes nothing, bad records are named."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx2
import pytest

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.demo import FOLDER
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files
from gateway.exchange.staging import BadFile
from gateway.resolvers.writes import writing
from gateway.settings import Settings
from gateway.vendors import opal
from tests.data import changing
from tests.vendors.gateway import DAY, client_of, insert, make_organization, make_token

pytestmark = pytest.mark.anyio

PATH = "/v1/requests"
EXAMPLE = FOLDER / "opal-requests.json"
FIRST = "7c86c85d-0651-43e2-a748-d69d658418e8"


def compact(text: str) -> str:
    """JSON text without insignificant white space."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    await make_organization(database)
    async with client_of(database, (opal.VENDOR,), are_objects_odd=True) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(database)}"
        yield client


@pytest.fixture
def load(database: Database, tmp_path: Path):
    """Imports a text as a file."""

    async def load(text: str, organization_id: str = "north") -> Imported:
        path = tmp_path / "opal.json"
        path.write_text(text, "utf-8", "surrogatepass")
        return await import_files(database, opal.VENDOR, organization_id, [path])

    return load


async def exported(
    database: Database, organization_id: str = "north", settings: Settings | None = None
) -> list[str]:
    lines = [each async for each in export(database, opal.VENDOR, organization_id, settings)]
    return b"".join(lines).decode().split("\n")[:-1]


async def events(database: Database) -> int:
    async with writing(database, "north", None) as write:
        return len(await write.rows(db.events, ["north"], key="organization_id"))


async def test_the_documented_example_comes_back_byte_for_byte(client, database) -> None:
    done = await import_files(database, opal.VENDOR, "north", [EXAMPLE])
    document = json.loads(EXAMPLE.read_text())
    answer = await client.get(PATH)
    one = await client.get(f"{PATH}/{FIRST}")

    del document["cursor"]  # behind the only row: no store can say what comes after
    assert done == Imported(inserted=1)
    assert answer.text == compact(json.dumps(document))
    assert one.text == compact(json.dumps(document["requests"][0]))
    assert document["requests"][0]["organization_id"] == "w86c85d-0651-43e2-a748-d69d658418e8"


async def test_importing_twice_changes_nothing(client, database, load) -> None:
    await import_files(database, opal.VENDOR, "north", [EXAMPLE])
    before = await events(database)
    again = await import_files(database, opal.VENDOR, "north", [EXAMPLE])

    assert again == Imported(unchanged=1)
    assert await events(database) == before


async def test_users_that_no_document_shows_become_people_with_an_id_only(client, database) -> None:
    await import_files(database, opal.VENDOR, "north", [EXAMPLE])
    async with writing(database, "north", None) as write:
        people = await write.rows(db.people, ["north"], key="organization_id")
    assert sorted((each.id, each.first_name, each.email) for each in people) == [
        ("c86c85d-0651-43e2-a748-d69d658418e8", None, None),
        ("r86c85d-0651-43e2-a748-d69d658418e8", None, None),
    ]


async def test_the_same_ids_live_in_several_organizations(client, database) -> None:
    await make_organization(database, "south")
    for organization_id in ("north", "south"):
        await import_files(database, opal.VENDOR, organization_id, [EXAMPLE])
    assert await exported(database, "north") == await exported(database, "south") != []


async def test_an_object_is_replaced_whole_and_keeps_its_own_updated_at(client, database, load) -> None:
    await import_files(database, opal.VENDOR, "north", [EXAMPLE])
    [changed] = json.loads(EXAMPLE.read_text())["requests"]
    changed["updated_at"] = "2021-02-01T00:00:00.000Z"
    changed["status"] = "approved"
    changed["request_comments"] = []
    changed["requested_items_list"] = [{"resource_id": "res"}]

    done = await load(json.dumps(changed))
    assert done == Imported(updated=1, removed=1)
    assert (await client.get(f"{PATH}/{FIRST}")).text == compact(json.dumps(changed))
    assert [each["id"] for each in (await client.get(f"{PATH}?resource_id=res")).json()["requests"]] == [
        FIRST
    ]

    del changed["requested_items_list"]
    assert await load(json.dumps(changed)) == Imported(updated=1, removed=1)
    assert (await client.get(f"{PATH}/{FIRST}")).text == compact(json.dumps(changed))


ODD = """{"status":"denied","id":"x","request_comments":[
{"comment":"later","created_at":"2021-01-07T00:00:00Z","user_id":"u","request_id":"elsewhere","user_full_name":"Ü"},
{"comment":"sooner","created_at":"2021-01-06T00:00:00.1+01:00","user_id":"","request_id":"x"},
{"comment":"","created_at":"2021-01-06T00:00:00.123456789Z","user_id":null,"id":"own"}],
"duration_minutes":1440.0,"target_user_id":null,"target_group_id":"","reason":null,"created_at":"2021-01-06T21:00:00Z",
"requested_items_list":[{"name":"n","resource_id":null,"else":[1e400]},{}],"organization_id":null,
"custom_fields_responses":[{"field_name":"f","field_type":"BOOLEAN","field_value":true}],
"reviewer_stages":"failed","stages":{"requestedItemName":"i","requestedRoleName":"","stages":[]}}"""


async def test_odd_members_stay_as_they_were(client, database, load) -> None:
    await load(ODD)
    wanted = ODD.replace("\n", "")
    assert (await client.get(f"{PATH}/x")).text == wanted
    assert await exported(database) == [wanted]
    assert await load(ODD) == Imported(unchanged=1)

    async with changing(database, "north") as write:
        await write.update(db.connection_requests, "x", {"status": "approved", "reason": "because"})
    answer = (await client.get(f"{PATH}/x")).json()
    assert (answer["status"], answer["reason"], answer["reviewer_stages"]) == (
        "approved",
        "because",
        "failed",
    )


async def test_a_comment_that_comes_later_stands_behind_those_of_the_document(client, database, load) -> None:
    await load(ODD)
    await insert(database, "north", comments=[{"id": "new", "connection_request_id": "x", "body": "new"}])
    comments = (await client.get(f"{PATH}/x")).json()["request_comments"]
    assert [each["comment"] for each in comments] == ["later", "sooner", "", "new"]


def one(request_id: str, status: str) -> str:
    return (
        f'{{"id":"{request_id}","organization_id":"o","created_at":"2021-01-06T20:00:00.000Z",'
        f'"updated_at":"2021-01-06T20:00:00.000Z","requester_id":"","status":"{status}","reason":"",'
        '"request_comments":[]}'
    )


async def statuses(
    database: Database, token: str, setting: str = "stored", query: str = ""
) -> dict[str, str]:
    """The status of each request as the list has it, which is also what its own path and the export have."""
    settings = Settings(opal_status_case=setting)
    async with client_of(database, (opal.VENDOR,), settings, are_objects_odd=True) as client:
        client.headers["Authorization"] = token
        requests = (await client.get(f"{PATH}{query}")).json()
        nodes = [each["node"] for each in requests["edges"]] if "edges" in requests else requests["requests"]
        found = {each["id"]: each["status"] for each in nodes}
        for request_id, status in found.items():
            assert (await client.get(f"{PATH}/{request_id}")).json()["status"] == status
    written = [json.loads(line) for line in await exported(database, settings=settings)]
    assert found.items() <= {each["id"]: each["status"] for each in written}.items()
    return found


async def test_a_status_keeps_its_case_unless_the_operator_wants_one(client, database, load) -> None:
    token = client.headers["Authorization"]
    await load("\n".join((one("a", "PENDING"), one("b", "denied"), one("c", "Canceled"))))

    assert await statuses(database, token) == {"a": "PENDING", "b": "denied", "c": "Canceled"}
    assert await statuses(database, token, "lower") == {"a": "pending", "b": "denied", "c": "canceled"}
    assert await statuses(database, token, "upper") == {"a": "PENDING", "b": "DENIED", "c": "CANCELED"}
    for query in ("?show_pending_only=true", "/relay?status=pending", "/relay?status=PENDING"):
        assert await statuses(database, token, query=query) == {"a": "PENDING"}
    again = [json.dumps({**json.loads(line)}) for line in await exported(database)]
    assert await load("\n".join(again)) == Imported(unchanged=3)
    assert await load(one("b", "DENIED")) == Imported(updated=1)
    assert (await statuses(database, token))["b"] == "DENIED"


async def test_a_status_that_changes_keeps_the_case_of_its_document(client, database, load) -> None:
    await load("\n".join((one("a", "PENDING"), one("b", "pending"))))
    async with changing(database, "north") as write:
        await write.update_many(db.connection_requests, ["a", "b"], {"status": "approved"})
    assert await statuses(database, client.headers["Authorization"]) == {"a": "APPROVED", "b": "approved"}


async def test_a_request_made_here_has_the_case_of_the_document_that_was_read_last(
    client, database, load
) -> None:
    async def case() -> str:
        return (await statuses(database, client.headers["Authorization"]))["made"]

    row = {"id": "made", "kind": "access", "status": "pending", "requested_at": DAY}
    await insert(database, "north", connection_requests=[row])
    assert await case() == "pending"
    await load(one("a", "PENDING"))
    assert await case() == "PENDING"
    # What is exported of it changes nothing when it is read back.
    assert await load("\n".join(await exported(database))) == Imported(unchanged=2)
    await load("\n".join((one("b", "PENDING"), one("c", "approved"))))
    assert await case() == "pending"
    assert await load(one("a", "PENDING")) == Imported(unchanged=1)
    assert await case() == "pending"


async def test_pages_and_lines_and_single_objects_are_read(client, database, load) -> None:
    def one(request_id: str) -> str:
        return f'{{"id":"{request_id}","status":"PENDING","created_at":"2021-01-06T20:00:00.000Z"}}'

    pages = f'{{"requests":[{one("a")}],"cursor":"x"}}\n{{"requests":[{one("b")},{one("c")}]}}'
    assert await load(pages) == Imported(inserted=3)
    assert await load("\n".join(map(one, "bcd"))) == Imported(inserted=1, unchanged=2)
    assert await load(f'{{"request":{one("e")}}}') == Imported(inserted=1)
    assert [json.loads(line)["id"] for line in await exported(database)] == ["e", "d", "c", "b", "a"]


BAD = [
    (
        '{"id":"a","status":"open"}',
        'status (id a): It must be one of pending, approved, denied, canceled. It is "open".',
    ),
    ('{"id":"a"}', "status (id a): It is missing."),
    ('{"status":"pending"}', "id: It is missing."),
    (
        '{"id":"a","status":"pending","created_at":"soon"}',
        'created_at (id a): It must be an instant such as 2021-01-06T20:00:00.000Z. It is "soon".',
    ),
    (
        '{"id":"a","status":"pending","duration_minutes":"1"}',
        'duration_minutes (id a): It must be a number. It is "1".',
    ),
    (
        '{"id":"a","status":"pending","request_comments":[{}]}',
        "request_comments[0].comment (id a): It is missing.",
    ),
    (
        '{"id":"a","status":"pending","requested_items_list":[1]}',
        "requested_items_list[0] (id a): It must be an object. It is 1.",
    ),
]


async def test_a_bad_record_is_named_and_nothing_of_its_file_is_stored(client, database, load) -> None:
    good = '{"id":"good","status":"pending"}\n'
    for text, problem in BAD:
        with pytest.raises(BadFile) as raised:
            await load(good + text)
        assert f"opal.json, line 2, {problem}" in raised.value.problems
    assert await exported(database) == []


async def test_a_request_of_another_kind_is_not_overwritten(client, database, load) -> None:
    request = {"id": "a", "kind": "trading_partner", "status": "pending", "requested_at": DAY}
    await insert(database, "north", connection_requests=[request])
    with pytest.raises(
        BadFile, match=r"^opal.json, line 1 \(id a\): The store has another object .* kind trading_partner.$"
    ):
        await load('{"id":"a","status":"pending"}')


TEXTS = ["", "x", "żółw 🚀", '"\\\u2028', "ftp://a:b@c", "\ud800"]
INSTANTS = ["2021-01-06T20:00:00.000Z", "2021-01-06T20:00:00Z", "2021-01-06T21:00:00.5+01:00", "2021-01-07"]
ANY = [
    "null",
    "0",
    "-0.0",
    "1e400",
    "1180591620717411303424",
    "1.10",
    "true",
    "[]",
    '{"b":1,"a":[{}]}',
    '"t"',
]


def random_object(random: Random, members: dict[str, list[str]], required: dict[str, str]) -> str:
    """Some of the members with some of their values as JSON text, and some unknown ones, in any order."""
    chosen = {name: random.choice(values) for name, values in members.items() if random.random() < 0.7}
    chosen.update({name: random.choice(ANY) for name in ("extra", "żółty") if random.random() < 0.3})
    chosen.update(required)
    names = list(chosen)
    if random.random() < 0.5:
        random.shuffle(names)
    return "{" + ",".join(f'"{name}":{chosen[name]}' for name in names) + "}"


def random_request(random: Random, number: int, *, is_whole: bool = False) -> str:
    """
    Args:
        is_whole: with the members of which a request without them says nothing.
    """
    texts = [json.dumps(each, ensure_ascii=each == "\ud800") for each in TEXTS]
    storable = [*texts[:-1], "null"]
    users = [each for each in storable if "ftp:" not in each]
    instants = [f'"{each}"' for each in INSTANTS]
    named = ("resource_id", "group_id", "name", "remote_id", "access_level_name")
    item = {name: [*storable, "1"] for name in named}
    comment = {
        "created_at": instants,
        "updated_at": instants,
        "user_id": users,
        "request_id": [*texts, "null", f'"r{number}"'],
        "user_full_name": texts,
    }
    comments = [
        random_object(
            random,
            comment,
            {"comment": random.choice(texts[:-1])}
            | ({"id": f'"c{number}-{n}"'} if random.random() < 0.5 else {}),
        )
        for n in range(random.choice([0, 0, 1, 3]))
    ]
    items = [random_object(random, item, {}) for _ in range(random.choice([0, 1, 2]))]
    request = {
        "organization_id": [*texts, "null"],
        "created_at": instants,
        "updated_at": instants,
        "requester_id": users,
        "target_user_id": users,
        "target_group_id": [*storable, "7"],
        "reason": [*storable, "[]"],
        "duration_minutes": ["null", "-1", "1440", "1.0", "1e2", "99999999999999999999"],
        "requested_items_list": [f"[{','.join(items)}]", "null", "{}"],
        "request_comments": [f"[{','.join(comments)}]", "null"],
        "custom_fields_responses": ANY,
        "stages": ANY,
    }
    required = {
        "id": f'"r{number}"',
        "status": random.choice(
            ['"pending"', '"approved"', '"denied"', '"canceled"', '"PENDING"', '"Denied"']
        ),
    }
    if is_whole:
        required |= {name: request[name][0] for name in ("organization_id", "request_comments")}
    return random_object(random, request, required)


async def test_random_objects_come_back_to_the_byte(client, database, load) -> None:
    random = Random(20210106)
    given = {f"r{number}": random_request(random, number) for number in range(300)}
    again = {f"r{number}": random_request(random, number, is_whole=True) for number in range(0, 300, 2)}

    for changes in (given, again):
        expected = {**given, **changes}
        await load("\n".join(changes.values()))
        found = {json.loads(line)["id"]: line for line in await exported(database)}
        assert found.keys() == expected.keys()
        for request_id, text in expected.items():
            assert found[request_id] == text, request_id
    assert await load("\n".join(expected.values())) == Imported(unchanged=300)
    assert (await client.get(f"{PATH}/r5")).text == given["r5"]
