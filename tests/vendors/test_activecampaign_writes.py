"""ActiveCampaign: its writes of connections, as its documents show them and its published clients call them."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.db.database import Database
from tests.data import events_of
from tests.graph import MOVE
from tests.vendors.gateway import make_token
from tests.vendors.parity import open_gateway

pytestmark = pytest.mark.anyio

PATH = "/api/3/connections"
TOYSTORE = {
    "service": "fooCommerce",
    "externalid": "toystore123",
    "name": "Toystore, Inc.",
    "logoUrl": "http://example.com/i/foo.png",
    "linkUrl": "http://example.com/foo/",
}
ACCOUNTS = """{ connectedAccounts { nodes { number kind service externalId name status isInternal isSyncing
    logoUrl linkUrl listId disabled version } } }"""
CREATE = """mutation ($input: CreateConnectedAccountInput!) {
    createConnectedAccount(input: $input) { errors { code path } } }"""


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    await create_organization(database, "North", timezone="America/Chicago", organization_id="north")
    token = await make_token(database, "north", "read", "write", "secrets")
    async with open_gateway(database, database_url) as http:
        http.headers.update({"Api-Token": token, "Authorization": f"Bearer {token}"})
        yield http


async def graph(http: httpx2.AsyncClient, query: str, **variables) -> dict:
    answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


def errors(answer: httpx2.Response) -> list[tuple[str, str, str]]:
    assert answer.status_code == 422
    items = answer.json()["errors"]
    assert all(list(each) == ["title", "detail", "code", "source"] and each["detail"] == "" for each in items)
    return [(each["code"], each["source"]["pointer"], each["title"]) for each in items]


async def test_a_new_connection_has_the_documented_form(http, database) -> None:
    answer = await http.post(PATH, json={"connection": {**TOYSTORE, "listId": "1"}})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    connection = answer.json()["connection"]
    assert list(connection) == [
        *("isInternal", "service", "externalid", "name", "logoUrl", "linkUrl", "listId"),
        *("cdate", "udate", "links", "id"),
    ]
    assert connection.pop("cdate") == connection.pop("udate")
    assert connection == {
        "isInternal": 0,
        **TOYSTORE,
        "listId": "1",
        "links": {"customers": "/connections/1/customers"},
        "id": "1",
    }
    assert (await http.get(f"{PATH}/1")).content == answer.content
    assert (await graph(http, ACCOUNTS))["connectedAccounts"]["nodes"] == [
        {
            "number": 1,
            "kind": "COMMERCE",
            "service": "fooCommerce",
            "externalId": "toystore123",
            "name": "Toystore, Inc.",
            "status": "HEALTHY",
            "isInternal": False,
            "isSyncing": False,
            "logoUrl": "http://example.com/i/foo.png",
            "linkUrl": "http://example.com/foo/",
            "listId": "1",
            "disabled": False,
            "version": 1,
        }
    ]
    assert (await events_of(database, "north"))[-1].type == "connected_account.created"


async def test_a_connection_that_is_there_is_told_by_the_title_that_clients_compare(http) -> None:
    await http.post(PATH, json={"connection": TOYSTORE})
    again = await http.post(PATH, json={"connection": {**TOYSTORE, "name": "Another"}})
    duplicate = [
        ("field_invalid", "/data/attributes/externalid", "The integration already exists in the system.")
    ]
    assert errors(again) == duplicate
    other = await http.post(PATH, json={"connection": {**TOYSTORE, "externalid": "toystore124"}})
    assert other.json()["connection"]["id"] == "2"
    assert (
        errors(await http.put(f"{PATH}/2", json={"connection": {"externalid": "toystore123"}})) == duplicate
    )


async def test_of_two_that_come_at_once_one_is_made(http) -> None:
    answers = await asyncio.gather(*[http.post(PATH, json={"connection": TOYSTORE}) for _ in range(4)])
    assert sorted(each.status_code for each in answers) == [201, 422, 422, 422]
    assert {errors(each)[0][0] for each in answers if each.status_code == 422} == {"field_invalid"}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"connection":{}}', b'{"connection":null}', b'{"x":1}'])
async def test_everything_that_is_missing_is_said(http, database, body) -> None:
    before = len(await events_of(database, "north"))
    assert errors(await http.post(PATH, content=body)) == [
        ("field_missing", f"/data/attributes/{name}", f"The connection {name} was not provided.")
        for name in ("service", "externalid", "name", "logoUrl", "linkUrl")
    ]
    assert len(await events_of(database, "north")) == before


async def test_members_of_other_kinds_are_told_and_numbers_are_their_digits(http) -> None:
    wrong = {
        **TOYSTORE,
        "service": "",
        "externalid": None,
        "name": ["x"],
        "linkUrl": "x" * 10_001,
        "listId": {},
    }
    assert [
        (code, pointer[17:]) for code, pointer, _ in errors(await http.post(PATH, json={"connection": wrong}))
    ] == [
        ("field_missing", "service"),
        ("field_missing", "externalid"),
        ("field_invalid", "name"),
        ("field_invalid", "listId"),
    ]
    long = await http.post(PATH, json={"connection": {**TOYSTORE, "linkUrl": "x" * 10_001}})
    assert errors(long) == [
        (
            "field_invalid",
            "/data/attributes/linkUrl",
            "The text takes at most 10000 characters, not 10001.",
        )
    ]
    body = b'{"connection":{"service":"s","externalid":1.10,"name":"","logoUrl":"","linkUrl":"nowhere","listId":7}}'
    connection = (await http.post(PATH, content=body)).json()["connection"]
    assert [connection[name] for name in ("externalid", "name", "linkUrl", "listId")] == [
        "1.10",
        "",
        "nowhere",
        "7",
    ]


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b'{"connection":{},"connection":{}}'])
async def test_a_body_that_cannot_be_read_is_the_documented_400(http, body) -> None:
    for call in (http.post(PATH, content=body), http.put(f"{PATH}/1", content=body)):
        answer = await call
        assert (answer.status_code, answer.content) == (400, b"{}")


async def test_a_change_answers_the_third_form_and_leaves_what_it_does_not_name(http, database) -> None:
    await http.post(PATH, json={"connection": TOYSTORE})
    change = {"connection": {"externalid": "johndoe@example.com", "name": "Acme, Inc."}}
    answer = await http.put(f"{PATH}/1", json=change)
    assert answer.status_code == 200
    connection = answer.json()["connection"]
    assert list(connection) == [
        *(
            "service",
            "externalid",
            "name",
            "isInternal",
            "status",
            "syncStatus",
            "logoUrl",
            "linkUrl",
            "listId",
        ),
        *("cdate", "udate", "links", "id"),
    ]
    assert {name: value for name, value in connection.items() if name not in ("cdate", "udate")} == {
        **TOYSTORE,
        "externalid": "johndoe@example.com",
        "name": "Acme, Inc.",
        "isInternal": "0",
        "status": "1",
        "syncStatus": "0",
        "listId": "0",
        "links": {"customers": f"{PATH}/1/customers"},
        "id": "1",
    }
    failing = await http.put(f"{PATH}/1", json={"connection": {"status": 0, "syncStatus": 1}})
    assert [failing.json()["connection"][name] for name in ("status", "syncStatus", "name")] == [
        "0",
        "1",
        "Acme, Inc.",
    ]
    before = len(await events_of(database, "north"))
    same = await http.put(f"{PATH}/1/", json={"connection": {"status": "0", "syncStatus": "1"}})
    assert same.json() == failing.json()
    assert (await http.put(f"{PATH}/1", json={"connection": {}})).json() == failing.json()
    assert len(await events_of(database, "north")) == before
    assert errors(await http.put(f"{PATH}/1", json={"connection": {"status": 2, "service": ""}})) == [
        ("field_missing", "/data/attributes/service", "The connection service was not provided."),
        ("field_invalid", "/data/attributes/status", "The connection status is invalid."),
    ]


async def test_a_deleted_connection_is_gone(http, database) -> None:
    await http.post(PATH, json={"connection": TOYSTORE})
    answer = await http.delete(f"{PATH}/1")
    assert (answer.status_code, answer.content) == (200, b"{}")
    for again in (http.delete(f"{PATH}/1"), http.put(f"{PATH}/1", json={"connection": {"name": "x"}})):
        gone = await again
        assert (gone.status_code, gone.json()) == (
            404,
            {"message": "No Result found for Connection with id 1"},
        )
    assert (await http.delete(f"{PATH}/x")).status_code == 404
    assert (await events_of(database, "north"))[-1].type == "connected_account.deleted"


async def test_what_the_graph_writes_is_read_here_and_a_connectors_account_is_not(http) -> None:
    made = {
        "kind": "COMMERCE",
        "service": "shop",
        "externalId": "9",
        "name": "Nine",
        "status": "DISCONNECTED",
    }
    await graph(http, CREATE, input=made)
    await graph(http, CREATE, input={"kind": "CONNECTOR", "service": "hubspot"})
    [connection] = (await http.get(PATH)).json()["connections"]
    assert [connection[name] for name in ("service", "externalid", "name", "status", "id")] == [
        *("shop", "9", "Nine", "0"),
        "1",
    ]
    # A connection that fails already goes on failing in the way that it does.
    await http.put(f"{PATH}/1", json={"connection": {"status": 0}})
    [node] = [each for each in (await graph(http, ACCOUNTS))["connectedAccounts"]["nodes"] if each["number"]]
    assert (node["status"], node["version"]) == ("DISCONNECTED", 1)


# Published clients, each by the requests that it sends


async def test_wp_fusion_finds_the_connection_that_it_cannot_make(http) -> None:
    """Its key is in the URL, and it looks through the whole list where the title says that there is one."""
    key = http.headers.pop("api-token")
    url = f"/api/3/connections?api_key={key}"
    headers = {"Content-Type": "application/json; charset=utf-8"}
    body = {"connection": {**TOYSTORE, "service": "WP Fusion", "externalid": "shop.example"}}
    made = await http.post(url, json=body, headers=headers)
    again = await http.post(url, json=body, headers=headers)
    assert again.json()["errors"][0]["title"] == "The integration already exists in the system."
    listed = (await http.get(url, headers=headers)).json()["connections"]
    [found] = [
        each["id"]
        for each in listed
        if (each["service"], each["externalid"]) == ("WP Fusion", "shop.example")
    ]
    assert found == made.json()["connection"]["id"]
    assert (await http.delete(f"/api/3/connections/{found}?api_key={key}")).json() == {}


async def test_activecampaign3_finds_or_creates(http) -> None:
    """`EcommerceConnection.find_or_create(**params)` searches by bare names, and creates where the total is 0."""
    base = "/api/3/connections/"

    async def find_or_create(**params) -> str:
        found = (await http.get(base, params=params)).json()
        assert int(found["meta"]["total"]) < 2
        if found["connections"]:
            return found["connections"][0]["id"]
        answer = await http.post(base, content=json_text({"connection": params}))
        assert answer.status_code == 201
        return answer.json()["connection"]["id"]

    other = {**TOYSTORE, "externalid": "another"}
    made = [await find_or_create(**each) for each in (TOYSTORE, other, TOYSTORE, other)]
    assert made == ["1", "2", "1", "2"]
    saved = await http.put(f"{base}2", content=json_text({"connection": {**other, "name": "New"}}))
    assert saved.json()["connection"]["id"] == "2"


async def test_curl_posts_json_under_the_name_of_a_form(http) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await http.post(PATH, content=json_text({"connection": TOYSTORE}), headers=headers)
    assert answer.status_code == 201


async def test_what_writes_cost(http, database, database_url) -> None:
    costs = []
    calls = itertools.chain(
        [("POST", PATH, TOYSTORE), ("PUT", f"{PATH}/1", {"name": "x"}), ("DELETE", f"{PATH}/1", None)]
    )
    for method, path, connection in calls:
        seen: list[str] = []
        database.on_statement = seen.append
        answer = await http.request(method, path, json={"connection": connection})
        database.on_statement = None
        assert answer.is_success
        costs.append(len([sql for sql in seen if "api_tokens" not in sql and not sql.startswith(MOVE)]))
    # PostgreSQL is told the event and the counters together.
    fewer = database_url.startswith("postgresql:")
    assert costs == [9 - fewer, 6, 7 - fewer]


def json_text(value: object) -> bytes:
    return httpx2.Request("POST", "http://x", json=value).content
