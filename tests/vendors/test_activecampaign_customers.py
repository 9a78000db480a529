"""ActiveCampaign: the customers of shops, which its clients make right after a connection."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.db.database import Database
from tests.data import events_of
from tests.vendors.gateway import make_token
from tests.vendors.parity import open_gateway

pytestmark = pytest.mark.anyio

PATH = "/api/3/ecomCustomers"
ALICE = {"connectionid": "1", "externalid": "56789", "email": "alice@example.com", "acceptsMarketing": "1"}


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """An organization with the connections 1 and 2."""
    await create_organization(database, "North", timezone="America/Chicago", organization_id="north")
    token = await make_token(database, "north", "read", "write")
    async with open_gateway(database, database_url) as http:
        http.headers.update({"Api-Token": token, "Authorization": f"Bearer {token}"})
        for externalid in ("a", "b"):
            connection = {"service": "s", "externalid": externalid, "name": "", "logoUrl": "", "linkUrl": ""}
            assert (await http.post("/api/3/connections", json={"connection": connection})).status_code == 201
        yield http


async def make(http: httpx2.AsyncClient, **members) -> httpx2.Response:
    return await http.post(PATH, json={"ecomCustomer": {**ALICE, **members}})


def errors(answer: httpx2.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422
    return [(each["code"], each["source"]["pointer"]) for each in answer.json()["errors"]]


async def test_a_new_customer_has_the_documented_form(http, database) -> None:
    answer = await make(http)
    assert (answer.status_code, answer.text) == (
        201,
        '{"ecomCustomer":{"connectionid":"1","externalid":"56789","email":"alice@example.com","links":'
        '{"connection":"/api/3/ecomCustomers/1/connection","orders":"/api/3/ecomCustomers/1/orders"},'
        '"id":"1","connection":"1"}}',
    )
    assert (await events_of(database, "north"))[-1].type == "commerce_customer.created"


async def test_a_customer_is_found_by_what_clients_look_for(http) -> None:
    await make(http)
    await make(http, connectionid=2, externalid="44322", acceptsMarketing=False)
    await make(http, connectionid=2, externalid="x", email="bob@example.com")
    answer = (await http.get(PATH)).json()
    assert answer["meta"] == {"total": "3"}
    first = answer["ecomCustomers"][0]
    assert list(first) == [
        *("connectionid", "externalid", "email", "totalRevenue", "totalOrders", "totalProducts"),
        *("avgRevenuePerOrder", "avgProductCategory", "tstamp", "links", "id", "connection"),
    ]
    assert first.pop("tstamp")[19:] in ("-06:00", "-05:00")
    assert first == {
        "connectionid": "1",
        "externalid": "56789",
        "email": "alice@example.com",
        "totalRevenue": "0",
        "totalOrders": "0",
        "totalProducts": "0",
        "avgRevenuePerOrder": "0",
        "avgProductCategory": "",
        "links": {"connection": f"{PATH}/1/connection", "orders": f"{PATH}/1/orders"},
        "id": "1",
        "connection": "1",
    }
    for query, ids in {
        "filters[email]=alice@example.com": ["1", "2"],
        "filters%5Bemail%5D=alice%40example.com&filters%5Bconnectionid%5D=2": ["2"],
        "filters[connectionid]=2": ["2", "3"],
        "filters[externalid]=x": ["3"],
        "filters[connectionid]=9": [],
        "filters[connectionid]=x": [],
        "filters[email]=%00": [],
        "filters[email]=": ["1", "2", "3"],
        "limit=1&offset=1": ["2"],
    }.items():
        found = (await http.get(f"{PATH}/?{query}")).json()["ecomCustomers"]
        assert [each["id"] for each in found] == ids, query
    accepting = [(await http.get(f"{PATH}/{id}")).json()["ecomCustomer"]["acceptsMarketing"] for id in "12"]
    assert accepting == ["1", "0"]
    for id in ("9", "0", "x"):
        gone = await http.get(f"{PATH}/{id}")
        assert (gone.status_code, gone.json()) == (
            404,
            {"message": f"No Result found for EcomCustomer with id {id}"},
        )


async def test_a_customer_that_cannot_be_is_told_so(http) -> None:
    await make(http)
    assert errors(await make(http)) == [("duplicate", "/data/attributes/externalid")]
    assert errors(await make(http, connectionid="7")) == [
        ("related_missing", "/data/attributes/connectionid")
    ]
    wrong = await make(http, connectionid=None, externalid="", email=[], acceptsMarketing="yes")
    assert errors(wrong) == [
        ("field_missing", "/data/attributes/connectionid"),
        ("field_missing", "/data/attributes/externalid"),
        ("field_invalid", "/data/attributes/email"),
        ("field_invalid", "/data/attributes/acceptsMarketing"),
    ]


async def test_a_deleted_connection_takes_its_customers_with_it(http, database) -> None:
    for number in range(3):
        await make(http, externalid=str(number))
    await make(http, connectionid="2")
    assert (await http.delete("/api/3/connections/1")).json() == {}
    assert [each["id"] for each in (await http.get(PATH)).json()["ecomCustomers"]] == ["4"]
    told = [(each.type, each.data) for each in (await events_of(database, "north"))[-2:]]
    assert told == [
        ("commerce_customer.deleted", '{"rows":{"commerce_customers":{"removed":3}}}'),
        ("connected_account.deleted", '{"with":{"CommerceCustomer":3}}'),
    ]
    await make(http, connectionid="2", externalid="new")
    assert [each["id"] for each in (await http.get(PATH)).json()["ecomCustomers"]] == ["4", "5"]


async def test_others_see_none_of_them(http, database) -> None:
    await make(http)
    await create_organization(database, "South", organization_id="south")
    for organization, more in (("south", {}), ("north", {"customer_id": "c"})):
        token = await make_token(database, organization, "read", "write", **more)
        theirs = {"Api-Token": token}
        assert (await http.get(PATH, headers=theirs)).json() == {"ecomCustomers": [], "meta": {"total": "0"}}
        assert (await http.get(f"{PATH}/1", headers=theirs)).status_code == 404
        made = await http.post(PATH, json={"ecomCustomer": ALICE}, headers=theirs)
        assert errors(made) == [("related_missing", "/data/attributes/connectionid")]


async def test_every_link_leads_to_what_it_names(http) -> None:
    await make(http)
    await make(http, connectionid=2, externalid="x", email="bob@example.com")
    links = (await http.get(f"{PATH}/2")).json()["ecomCustomer"]["links"]
    connection = await http.get(links["connection"])
    assert connection.text == (await http.get("/api/3/connections/2")).text
    orders = await http.get(links["orders"])
    assert (orders.status_code, orders.text) == (200, '{"ecomOrders":[],"meta":{"total":"0"}}')
    listed = (await http.get("/api/3/connections")).json()["connections"]
    customers = await http.get(listed[1]["links"]["customers"])
    assert customers.text == (await http.get(f"{PATH}?filters[connectionid]=2")).text
    assert [each["email"] for each in customers.json()["ecomCustomers"]] == ["bob@example.com"]
    page = await http.get("/api/3/connections/1/customers?limit=1&offset=1")
    assert page.json() == {"ecomCustomers": [], "meta": {"total": "1"}}


async def test_what_belongs_to_nothing_is_not_found(http) -> None:
    for path, missing in (
        ("/api/3/connections/9/customers", "Connection with id 9"),
        ("/api/3/connections/x/customers", "Connection with id x"),
        (f"{PATH}/9/connection", "EcomCustomer with id 9"),
        (f"{PATH}/9/orders", "EcomCustomer with id 9"),
    ):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()) == (404, {"message": f"No Result found for {missing}"}), (
            path
        )
