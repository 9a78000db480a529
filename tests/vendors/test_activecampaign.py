"""ActiveCampaign: its reads of connections, as its documents show them and its callers call them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.db.database import Database, open_database
from gateway.db.failures import Refused
from gateway.events import Event
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite
from gateway.vendors import activecampaign, crux
from tests.conftest import fresh_database
from tests.data import changing, context_of
from tests.vendors.gateway import client_of, insert, make_token

pytestmark = pytest.mark.anyio

PATH = "/api/3/connections"
NUMBERS = itertools.count()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BLANK = {
    "kind": "commerce",
    "service": "shopify",
    "is_internal": False,
    "status": "healthy",
    "is_syncing": False,
    "created_at": at("2017-02-02T20:56:05"),
    "updated_at": at("2017-07-03T21:54:51"),
}
ACCOUNTS = [
    {
        **BLANK,
        "id": "a10",
        "number": 10,
        "external_id": "é.example 🚀",
        "name": "Zoë & Söhne",
        "is_internal": True,
        "status": "error",
        "is_syncing": True,
        "last_synced_at": at("2017-07-02T19:09:07.999999"),
        "logo_url": "https://user:secret@host.example/i.png",
        "link_url": "https://shop.example/",
        "list_id": "12",
    },
    {**BLANK, "id": "z2", "number": 2, "external_id": "b", "name": "B", "status": "manual"},
    {**BLANK, "id": "b1", "number": 1, "external_id": "a", "name": "A", "status": "unknown"},
    {**BLANK, "id": "c3", "number": 3, "service": "woo", "external_id": "a", "status": "disconnected"},
    {**BLANK, "id": "k", "kind": "connector", "number": 4, "external_id": "k"},
]

FIRST = {
    "service": "shopify",
    "externalid": "a",
    "name": "A",
    "isInternal": "0",
    "status": "1",
    "syncStatus": "0",
    "lastSync": None,
    "logoUrl": "",
    "linkUrl": "",
    "listId": "0",
    "cdate": "2017-02-02T14:56:05-06:00",
    "udate": "2017-07-03T16:54:51-05:00",
    "links": {"customers": "/api/3/connections/1/customers"},
    "id": "1",
}
TENTH = {
    "service": "shopify",
    "externalid": "é.example 🚀",
    "name": "Zoë & Söhne",
    "isInternal": "1",
    "status": "0",
    "syncStatus": "1",
    "lastSync": "2017-07-02T14:09:07-05:00",
    "logoUrl": "https://user:secret@host.example/i.png",
    "linkUrl": "https://shop.example/",
    "listId": "12",
    "cdate": "2017-02-02T14:56:05-06:00",
    "udate": "2017-07-03T16:54:51-05:00",
    "links": {"customers": "/api/3/connections/10/customers"},
    "id": "10",
}
SINGLE_TENTH = {
    "isInternal": 1,
    "service": "shopify",
    "externalid": "é.example 🚀",
    "name": "Zoë & Söhne",
    "logoUrl": "https://user:secret@host.example/i.png",
    "linkUrl": "https://shop.example/",
    "listId": "12",
    "cdate": "2017-02-02T14:56:05-06:00",
    "udate": "2017-07-03T16:54:51-05:00",
    "links": {"customers": "/connections/10/customers"},
    "id": "10",
}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh_database(request.param, request, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="module")
async def store(store_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """The organization `north`, which every test may read; what a test writes goes to one of its own."""
    opened = open_database(store_url, connections=4)
    await opened.start()
    await create_organization(opened, "North", timezone="America/Chicago", organization_id="north")
    await insert(opened, "north", connected_accounts=ACCOUNTS)
    yield opened
    await opened.stop()


@pytest.fixture(scope="module")
async def token(store: Database) -> str:
    return await make_token(store)


@pytest.fixture
async def client(store: Database, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(store, (crux.VENDOR, activecampaign.VENDOR)) as client:
        client.headers["Api-Token"] = token
        yield client


@pytest.fixture
async def own(store: Database, client: httpx2.AsyncClient) -> str:
    """An organization of the test's own, whose token the client now has."""
    organization_id = f"own{next(NUMBERS)}"
    await create_organization(store, "Own", timezone="Asia/Kolkata", organization_id=organization_id)
    client.headers["Api-Token"] = await make_token(store, organization_id)
    return organization_id


async def ids(client: httpx2.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["connections"]]


async def test_every_scalar_of_a_list_is_text(client) -> None:
    answer = await client.get(PATH)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["meta"] == {"total": "4"}
    assert (body["connections"][0], body["connections"][3]) == (FIRST, TENTH)
    assert [each["status"] for each in body["connections"]] == ["1", "1", "0", "0"]


async def test_both_forms_keep_their_order_and_their_links(client) -> None:
    listed, single = await client.get(f"{PATH}?limit=1"), await client.get(f"{PATH}/10")

    assert single.json() == {"connection": SINGLE_TENTH}
    assert list(single.json()["connection"]) == list(SINGLE_TENTH)
    assert list(listed.json()["connections"][0]) == list(FIRST)
    assert list(listed.json()) == ["connections", "meta"]


async def test_bytes_are_compact_with_nothing_escaped(client) -> None:
    answer = await client.get(f"{PATH}/10")
    assert answer.content.startswith(
        '{"connection":{"isInternal":1,"service":"shopify","externalid":"é.example 🚀",'.encode()
    )
    assert b'"logoUrl":"https://' in answer.content


async def test_ids_are_ordered_as_numbers(client) -> None:
    assert await ids(client, "") == ["1", "2", "3", "10"]


@pytest.mark.parametrize("path", ["/api/3", "/api/3/", PATH, f"{PATH}/", f"{PATH}/1", f"{PATH}/1/"])
async def test_every_form_of_a_path_is_answered_without_a_redirect(client, path) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["link"].startswith("</graphql?documentId=sha256:")


async def test_a_client_that_probes_its_key_is_answered(client) -> None:
    good = await client.get("/api/3/")
    bad = await client.get("/api/3/", headers={"Api-Token": "wrong"})

    assert (good.status_code, good.content) == (200, b"{}")
    assert (bad.status_code, bad.content) == (403, b'{"message":"Forbidden"}')


EMPTY = {
    "fields": b'{"fieldOptions":[],"fieldRels":[],"fields":[],"meta":{"total":"0"}}',
    "accounts": b'{"accounts":[],"meta":{"total":"0"}}',
    "lists": b'{"lists":[],"meta":{"total":"0"}}',
    "users": b'{"users":[],"meta":{"total":"0"}}',
}


@pytest.mark.parametrize("name", EMPTY)
async def test_a_client_that_asks_for_what_is_not_kept_finds_an_empty_list(client, name) -> None:
    for path in (f"/api/3/{name}", f"/api/3/{name}/", f"/api/3/{name}?limit=1&offset=9&search=x"):
        answer = await client.get(path)
        assert (answer.status_code, answer.content) == (200, EMPTY[name])
        assert "link" not in answer.headers
    bad = await client.get(f"/api/3/{name}", headers={"Api-Token": "wrong"})
    assert (bad.status_code, bad.content) == (403, b'{"message":"Forbidden"}')


async def test_a_client_that_asks_who_it_is_is_told(client) -> None:
    answer = await client.get("/api/3/users/me")
    assert (answer.status_code, answer.text) == (
        200,
        '{"user":{"username":"test","firstName":"","lastName":"","email":"","phone":"","signature":null,'
        '"links":{"lists":"/api/3/users/1/lists","userGroup":"/api/3/users/1/userGroup",'
        '"dealGroupTotals":"/api/3/users/1/dealGroupTotals","dealGroupUsers":"/api/3/users/1/dealGroupUsers",'
        '"configs":"/api/3/users/1/configs"},"id":"1"}}',
    )
    bad = await client.get("/api/3/users/me", headers={"Api-Token": "wrong"})
    assert (bad.status_code, bad.content) == (403, b'{"message":"Forbidden"}')


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filters[service]=woo", ["3"]),
        ("filters%5Bservice%5D=woo", ["3"]),
        ("filters%5bservice%5d=shopify&filters%5bexternalid%5d=a", ["1"]),
        ("filters[service]=shopify&filters[externalid]=%C3%A9.example+%F0%9F%9A%80", ["10"]),
        ("filters[service]=Woo", []),
        ("filters[externalid]=example", []),
        ("filters[service]=&filters[externalid]=", ["1", "2", "3", "10"]),
        ("filters[service]=shopify&filters[service]=woo", ["3"]),
        ("filters[service]=woo&filters[service]=", ["1", "2", "3", "10"]),
        ("filters[name]=A&filters[service][eq]=woo&filters[]=x&filters=y", ["1", "2", "3", "10"]),
        ("filters[service]=%00", []),
        ("filters[service]=%ff", []),
        ("filters[externalid]=k", []),
    ],
)
async def test_filters_are_exact_and_read_in_either_spelling(client, query, expected) -> None:
    answer = await client.get(f"{PATH}?{query}")

    assert [each["id"] for each in answer.json()["connections"]] == expected
    assert answer.json()["meta"] == {"total": str(len(expected))}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("orders[id]=DESC", ["10", "3", "2", "1"]),
        ("orders%5Bid%5D=desc", ["10", "3", "2", "1"]),
        ("orders[service]=DESC&orders[externalid]=DESC", ["3", "10", "2", "1"]),
        ("orders[externalid]=ASC&orders[service]=DESC", ["3", "1", "2", "10"]),
        ("orders[service]=ASC&orders[id]=DESC", ["10", "2", "1", "3"]),
        ("orders[id]=ASC&orders[service]=DESC&orders[id]=DESC", ["10", "3", "2", "1"]),
        ("orders[name]=DESC", ["10", "2", "1", "3"]),
        ("orders[status]=ASC&orders[id]=DESC", ["3", "10", "2", "1"]),
        ("orders[lastSync]=DESC", ["10", "1", "2", "3"]),
        ("orders[cdate]=DESC&orders[udate]=ASC", ["1", "2", "3", "10"]),
        ("orders[unknown]=x&orders[linkUrl]=DESC&orders[id]=", ["1", "2", "3", "10"]),
    ],
)
async def test_orders_count_in_the_sequence_in_which_they_appear(client, query, expected) -> None:
    assert await ids(client, query) == expected


async def test_an_order_without_a_direction_that_there_is_is_told_so(client) -> None:
    answer = await client.get(f"{PATH}?orders[name]=DASC")
    assert answer.status_code == 422
    assert answer.json() == {
        "errors": [
            {
                "status": 422,
                "title": "Invalid attribute",
                "detail": 'Invalid order direction: "DASC". Allowed values are: "ASC", "DESC"',
                "source": {"pointer": "/data/attributes/orders[name]"},
            }
        ]
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=2", ["1", "2"]),
        ("limit=2&offset=2", ["3", "10"]),
        ("offset=3", ["10"]),
        ("offset=4", []),
        ("offset=99999999999999999999", []),
        ("offset=-1&limit=1", ["1"]),
        ("offset=x&limit=0", ["1", "2", "3", "10"]),
        ("limit=-5", ["1", "2", "3", "10"]),
        ("limit=1.5", ["1", "2", "3", "10"]),
        ("limit=" + "9" * 5000, ["1", "2", "3", "10"]),
        ("limit=&offset=", ["1", "2", "3", "10"]),
        ("limit=1&limit=2", ["1", "2"]),
    ],
)
async def test_sizes_are_forced_into_their_bounds_and_the_total_stays(client, query, expected) -> None:
    answer = await client.get(f"{PATH}?{query}")

    assert [each["id"] for each in answer.json()["connections"]] == expected
    assert answer.json()["meta"] == {"total": "4"}


async def test_a_page_has_20_connections_and_at_most_100(client, store, own) -> None:
    more = [{**BLANK, "id": f"n{n}", "number": n, "external_id": f"n{n}"} for n in range(100, 220)]
    await insert(store, own, connected_accounts=more)

    sizes = {
        query: len(await ids(client, query)) for query in ("", "limit=100", "limit=101", "limit=3&offset=118")
    }
    assert sizes == {"": 20, "limit=100": 100, "limit=101": 100, "limit=3&offset=118": 2}


async def test_a_client_that_walks_by_the_total_meets_every_connection_once(client) -> None:
    """As n8n's node and Singer's tap do: `limit` and `offset` until `meta.total` is reached."""
    met: list[str] = []
    total = 1
    while len(met) < total:
        answer = await client.get(PATH, params={"limit": 3, "offset": len(met)})
        total = int(answer.json()["meta"]["total"])
        met += [each["id"] for each in answer.json()["connections"]]
    assert met == ["1", "2", "3", "10"]


@pytest.mark.parametrize("id", ["4", "5", "0", "abc", "-1", "1.0", "9" * 20, "9" * 5000, "%00", "x%C3%A9"])
async def test_what_is_no_connection_is_not_found(client, id) -> None:
    answer = await client.get(f"{PATH}/{id}")

    shown = {"%00": "\0", "x%C3%A9": "xé"}.get(id, id)
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": f"No Result found for Connection with id {shown}"},
    )
    assert "link" not in answer.headers


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        (PATH, ["PUT", "PATCH", "DELETE"], "GET, HEAD, POST"),
        (f"{PATH}/1", ["POST", "PATCH"], "GET, HEAD, PUT, DELETE"),
    ],
)
async def test_other_methods_are_not_allowed(client, path, methods, allowed) -> None:
    for method in methods:
        answer = await client.request(method, path, json={"connection": {}})
        assert (answer.status_code, answer.json()) == (405, {"message": "Method Not Allowed"})
        assert answer.headers["allow"] == allowed


async def test_other_paths_of_the_vendor_are_not_found_in_its_words(client) -> None:
    answer = await client.get("/api/3/contacts")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


async def test_what_cannot_be_read_is_the_documented_400(client) -> None:
    answer = await client.get(PATH + "?" + "&".join(f"x{n}=1" for n in range(1001)))
    assert (answer.status_code, answer.content) == (400, b"{}")


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, ""),
        ({"Api-Token": ""}, ""),
        ({"Api-Token": "wrong"}, ""),
        ({}, "?api_key="),
        ({}, "?api_key=wrong"),
        ({"Authorization": "Bearer {token}"}, ""),
        ({"Authorization": "Token {token}"}, ""),
        ({"Api-Token": "wrong"}, "?api_key={token}"),
    ],
)
async def test_there_is_no_401(client, token, headers, query) -> None:
    del client.headers["Api-Token"]
    given = {name: value.format(token=token) for name, value in headers.items()}
    answer = await client.get(PATH + query.format(token=token), headers=given)

    assert (answer.status_code, answer.content) == (403, b'{"message":"Forbidden"}')
    assert "www-authenticate" not in answer.headers


async def test_a_token_without_the_scope_read_is_forbidden(client, store) -> None:
    answer = await client.get(PATH, headers={"Api-Token": await make_token(store, "north", "write")})
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


async def test_the_key_in_the_query_string_stays_there(client, store, token, caplog) -> None:
    """As WP Fusion calls it, which sends a content type with its GET."""

    def fail(sql: str) -> None:
        raise RuntimeError(f"not with {token}")

    del client.headers["Api-Token"]
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await client.get(f"{PATH}?api_key={token}", headers=headers)
    single = await client.get(f"{PATH}/1?api_key={token}")
    elsewhere = await client.get(f"/organizations/connections/request/?api_key={token}")
    store.on_statement = fail
    failed = await client.get(f"{PATH}?api_key={token}")
    store.on_statement = None

    assert [each["id"] for each in answer.json()["connections"]] == ["1", "2", "3", "10"]
    assert elsewhere.status_code == 401
    for each in (answer, single, elsewhere, failed):
        assert token not in str(each.headers) + each.text
    assert (failed.status_code, failed.json()) == (500, {"message": "Internal Server Error"})
    assert caplog.text
    assert token not in caplog.text


async def test_another_organization_sees_nothing(client, own) -> None:
    listed, single, absent = [await client.get(PATH + rest) for rest in ("", "/10", "/11")]

    assert listed.json() == {"connections": [], "meta": {"total": "0"}}
    assert single.status_code == absent.status_code == 404
    assert single.json() == {"message": "No Result found for Connection with id 10"}


async def test_the_same_number_lives_in_several_organizations(client, store, own) -> None:
    await insert(store, own, connected_accounts=[{**ACCOUNTS[2], "name": "another"}])
    [connection] = (await client.get(PATH)).json()["connections"]

    assert connection["name"] == "another"
    assert connection["cdate"] == "2017-02-03T02:26:05+05:30"


async def test_a_customers_token_sees_that_customers_connections_alone(client, store, own) -> None:
    carls = {**BLANK, "id": "c", "number": 11, "external_id": "c", "customer_id": "carl"}
    doras = {**BLANK, "id": "d", "number": 12, "external_id": "d", "customer_id": "dora"}
    await insert(store, own, connected_accounts=[carls, doras])
    client.headers["Api-Token"] = await make_token(store, own, customer_id="carl")
    listed, single, other = [await client.get(PATH + rest) for rest in ("", "/11", "/12")]

    assert listed.json()["meta"] == {"total": "1"}
    assert [each["id"] for each in listed.json()["connections"]] == ["11"]
    assert single.json()["connection"]["cdate"] == "2017-02-02T20:56:05+00:00"
    assert other.status_code == 404


async def test_credentials_are_masked_without_the_scope_secrets(client, store) -> None:
    client.headers["Api-Token"] = await make_token(store, "north", "read")
    answer = await client.get(f"{PATH}/10")
    assert answer.json()["connection"]["logoUrl"] == "https://***@host.example/i.png"


async def test_head_is_get_without_the_body(client) -> None:
    got, head = await client.get(PATH), await client.head(PATH)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers


async def test_dates_have_an_offset_and_never_z(client, store) -> None:
    edges = ["0001-01-01T00:00:01", "9999-12-31T23:59:59", "1850-01-01T00:00:00"]
    rows = [
        {**BLANK, "id": str(n), "number": n, "external_id": str(n), "created_at": at(edge)}
        for n, edge in enumerate(edges, 1)
    ]
    shown = []
    for organization_id, timezone in (("chicago", "America/Chicago"), ("greenwich", "UTC")):
        await create_organization(store, "Zone", timezone=timezone, organization_id=organization_id)
        await insert(store, organization_id, connected_accounts=rows)
        client.headers["Api-Token"] = await make_token(store, organization_id)
        connections = (await client.get(PATH)).json()["connections"]
        shown.append([each["cdate"] for each in connections])

    assert shown == [
        ["0001-01-01T00:00:01+00:00", "9999-12-31T17:59:59-06:00", "1849-12-31T18:09:24-05:50"],
        ["0001-01-01T00:00:01+00:00", "9999-12-31T23:59:59+00:00", "1850-01-01T00:00:00+00:00"],
    ]


async def make_shop(write: ViewerWrite) -> int:
    """Make an account that says no number, and return the one that it gets."""
    [row_id] = await write.insert(db.connected_accounts, [BLANK])
    write.happened(Event("connected_account.created", "connected_accounts", row_id))
    [row] = await write.rows(db.connected_accounts, [row_id])
    return row.number


async def test_numbers_are_never_used_again(store, own) -> None:
    async def take() -> int:
        async with context_of(store, own).write(Scope.WRITE) as write:
            return await make_shop(write)

    async def come_and_go(number: int) -> None:
        await insert(store, own, connected_accounts=[{**BLANK, "id": "x", "number": number}])
        async with changing(store, own) as write:
            await write.delete(db.connected_accounts, ["x"])

    assert [await take(), await take()] == [1, 2]
    await come_and_go(40)
    await come_and_go(7)
    assert await take() == 41


async def test_concurrent_writers_get_different_numbers(store, own) -> None:
    async def make() -> int:
        async with context_of(store, own).write(Scope.WRITE) as write:
            return await make_shop(write)

    async def bring(number: int) -> int:
        await insert(store, own, connected_accounts=[{**BLANK, "id": str(number), "number": number}])
        return number

    numbers = await asyncio.gather(*[make() for _ in range(6)], bring(1000), bring(2000))
    assert len(set(numbers)) == 8


async def test_a_shops_account_has_a_number(store, own) -> None:
    with pytest.raises(Refused):
        await insert(store, own, connected_accounts=[{**BLANK, "id": "none"}])


async def test_a_list_takes_two_statements_whatever_it_holds(client, store) -> None:
    seen: list[str] = []
    store.on_statement = seen.append
    await client.get(f"{PATH}?limit=1")
    one = [sql for sql in seen if "api_tokens" not in sql]
    seen.clear()
    await client.get(PATH)
    many = [sql for sql in seen if "api_tokens" not in sql]
    store.on_statement = None

    assert len(one) == len(many) == 2
