"""What published clients write, by the very requests that they send: their bodies, fields and order.

The libraries of Python were run against the gateway: activecampaign-python 1.0.10, opal-security 1.0.8, openint 2.9.0.
What WP Fusion (https://github.com/verygoodplugins/wp-fusion-lite) and Sylius' plugin
(https://github.com/webgriffe/SyliusActiveCampaignPlugin) send is read off their sources.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.app import create_app
from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.settings import Settings
from tests.graph import open_http
from tests.vendors.gateway import insert, make_token
from tests.vendors.openapi import check_answer

pytestmark = pytest.mark.anyio

ADA, BOB = "01a21c44-7a45-70cb-aa9e-07ef9bb8d6f1", "01a21c44-7a45-70cb-aa9e-07ef9bb8d6f2"
WP_FUSION = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "WP Fusion; https://shop.example",
}
SYLIUS = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "GuzzleHttp/7"}
OPAL = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "OpenAPI-Generator/1.0.0/python",
}
OPENINT = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "Openint/Python 2.9.0",
    "X-Stainless-Async": "false",
    "x-stainless-retry-count": "0",
    "x-stainless-read-timeout": "60",
}


class Client:
    """Sends a client's bytes with its own fields."""

    def __init__(self, http: httpx2.AsyncClient, fields: dict[str, str]) -> None:
        self._http = http
        self._fields = fields

    async def __call__(self, method: str, path: str, body: str = "") -> tuple[int, dict]:
        answer = await self._http.request(method, path, content=body.encode(), headers=self._fields)
        return answer.status_code, answer.json()


@asynccontextmanager
async def calling(database: Database, database_url: str, fields: dict[str, str], credential: str, **settings):
    database.vault = Vault([new_key()])
    await create_organization(database, "North", organization_id="north")
    await insert(database, "north", people=[{"id": ADA, "first_name": "Ada"}, {"id": BOB}])
    token = await make_token(database, "north", "read", "write", "approve", "secrets", "admin", person_id=ADA)
    app = create_app(Settings(database_url=database_url, token_cache_seconds=0, **settings), database)
    async with open_http(app) as http:
        http.event_hooks = {"response": [check_answer]}
        name, _, value = credential.partition(": ")
        yield Client(http, {**fields, name: value.format(token)})


@pytest.fixture
async def wp_fusion(database, database_url) -> AsyncIterator[Client]:
    async with calling(database, database_url, WP_FUSION, "Api-Token: {}") as call:
        yield call


async def test_wp_fusion_opens_a_connection_and_looks_it_up_where_it_is_there(wp_fusion) -> None:
    """It takes the code `field_invalid` for that; `duplicate` is a contact's to it."""
    body = (
        r'{"connection":{"service":"WP Fusion","externalid":"shop.example","name":"Caf\u00e9 & Co",'
        r'"logoUrl":"https:\/\/wpfusion.com\/wp-content\/uploads\/2019\/08\/logo-mark-500w.png",'
        r'"linkUrl":"https:\/\/shop.example\/wp-admin\/options-general.php?page=wpf-settings#ecommerce"}}'
    )
    status, made = await wp_fusion("POST", "/api/3/connections", body)
    assert (status, made["connection"]["id"], made["connection"]["name"]) == (201, "1", "Café & Co")
    assert made["connection"]["linkUrl"].startswith("https://shop.example/wp-admin/options-general.php?page=")
    status, refused = await wp_fusion("POST", "/api/3/connections", body)
    assert (status, refused["errors"][0]["code"]) == (422, "field_invalid")
    assert refused["errors"][0]["title"] == "The integration already exists in the system."
    _, listed = await wp_fusion("GET", "/api/3/connections")
    assert [(each["service"], each["externalid"], each["id"]) for each in listed["connections"]] == [
        ("WP Fusion", "shop.example", "1")
    ]
    assert await wp_fusion("DELETE", "/api/3/connections/1") == (200, {})


async def test_wp_fusion_registers_customers_and_calls_each_guest_guest(wp_fusion) -> None:
    connection = '{"connection":{"service":"s","externalid":"e","name":"","logoUrl":"","linkUrl":""}}'
    await wp_fusion("POST", "/api/3/connections", connection)
    path = "/api/3/ecomCustomers"
    made = []
    for external_id, email in (("7", "a@b.example"), ('"guest"', "b@b.example"), ('"guest"', "c@b.example")):
        query = f"?filters[email]={email.replace('@', '%40')}&filters[connectionid]=1"
        assert (await wp_fusion("GET", path + query))[1]["ecomCustomers"] == []
        body = (
            f'{{"ecomCustomer":{{"connectionid":"1","externalid":{external_id},"email":"{email}",'
            '"acceptsMarketing":true}}'
        )
        status, answer = await wp_fusion("POST", path, body)
        assert status == 201
        made.append(answer["ecomCustomer"]["id"])
        [found] = (await wp_fusion("GET", path + query))[1]["ecomCustomers"]
        assert (found["id"], found["connectionid"]) == (made[-1], "1")
    assert made == ["1", "2", "3"]
    assert (await wp_fusion("GET", f"{path}/2"))[1]["ecomCustomer"]["acceptsMarketing"] == "1"
    assert (await wp_fusion("GET", f"{path}/9"))[0] == 404
    gone = '{"ecomCustomer":{"connectionid":"9","externalid":"guest","email":"d@b.example","acceptsMarketing":0}}'
    assert (await wp_fusion("POST", path, gone))[1]["errors"][0]["code"] == "related_missing"


async def test_sylius_keeps_its_channels_and_their_customers(database, database_url) -> None:
    async with calling(database, database_url, SYLIUS, "Api-Token: {}") as call:
        logo = "https://raw.githubusercontent.com/webgriffe/SyliusActiveCampaignPlugin/master/docs/images/sylius-logo.png"
        link = "https://webgriffe.github.io/SyliusActiveCampaignPlugin"
        urls = f'"logoUrl":"{logo}","linkUrl":"{link}"'.replace("/", r"\/")
        channel = (
            f'{{"connection":{{"service":"sylius","externalid":"FASHION_WEB","name":"Fashion",{urls}}}}}'
        )
        status, made = await call("POST", "/api/3/connections", channel)
        assert (status, int(made["connection"]["id"])) == (201, 1)
        status, refused = await call("POST", "/api/3/connections", channel)
        assert (status, [each["title"] for each in refused["errors"]]) == (
            422,
            ["The integration already exists in the system."],
        )
        query = "filters%5Bservice%5D=sylius&filters%5Bexternalid%5D=FASHION_WEB"
        _, found = await call("GET", f"/api/3/connections?{query}")
        assert [int(each["id"]) for each in found["connections"]] == [1]
        status, changed = await call("PUT", "/api/3/connections/1", channel.replace("Fashion", "New"))
        assert (status, changed["connection"]["name"]) == (200, "New")

        customer = '{"ecomCustomer":{"email":"a@b.example","connectionid":"1","externalid":"1","acceptsMarketing":"0"}}'
        status, made = await call("POST", "/api/3/ecomCustomers", customer)
        assert (status, int(made["ecomCustomer"]["id"])) == (201, 1)
        query = "filters%5Bemail%5D=a%40b.example&filters%5Bconnectionid%5D=1"
        assert len((await call("GET", f"/api/3/ecomCustomers?{query}"))[1]["ecomCustomers"]) == 1
        status, changed = await call("PUT", "/api/3/ecomCustomers/1", customer.replace("a@b", "z@b"))
        assert (status, changed["ecomCustomer"]["email"]) == (200, "z@b.example")
        assert (await call("PUT", "/api/3/ecomCustomers/9", customer))[0] == 404
        assert await call("DELETE", "/api/3/ecomCustomers/1") == (200, {})
        status, gone = await call("DELETE", "/api/3/ecomCustomers/1")
        assert (status, gone["message"]) == (404, "No Result found for EcomCustomer with id 1")
        assert await call("DELETE", "/api/3/connections/1") == (200, {})


async def test_activecampaign_python_keeps_deep_data(database, database_url) -> None:
    fields = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": "python-requests/2.34.2",
    }
    async with calling(database, database_url, fields, "Api-Token: {}") as call:
        connection = (
            '{"connection": {"service": "fooCommerce", "externalid": "toystore123", "name": "Toystore, Inc.", '
            '"logoUrl": "http://example.com/i/foo.png", "linkUrl": "http://example.com/foo/"}}'
        )
        assert (await call("POST", "/api/3/connections", connection))[1]["connection"]["id"] == "1"
        assert (await call("GET", "/api/3/connections/1"))[1]["connection"]["externalid"] == "toystore123"
        change = '{"connection": {"externalid": "toystore456", "status": 1, "syncStatus": 0}}'
        assert (await call("PUT", "/api/3/connections/1", change))[1]["connection"]["status"] == "1"
        customer = (
            '{"ecomCustomer": {"connectionid": "1", "externalid": "56789", "email": "alice@example.com", '
            '"acceptsMarketing": "1"}}'
        )
        assert (await call("POST", "/api/3/ecomCustomers", customer))[0] == 201
        status, changed = await call(
            "PUT", "/api/3/ecomCustomers/1", '{"ecomCustomer": {"externalid": "98765"}}'
        )
        changed["ecomCustomer"].pop("tstamp")
        assert (status, json.dumps(changed, separators=(",", ":"))) == (
            200,
            '{"ecomCustomer":{"connectionid":"1","externalid":"98765","email":"alice@example.com","totalRevenue":"0",'
            '"totalOrders":"0","totalProducts":"0","avgRevenuePerOrder":"0","avgProductCategory":"","links":{"connection":'
            '"/api/3/ecomCustomers/1/connection","orders":"/api/3/ecomCustomers/1/orders"},"id":"1","connection":"1"}}',
        )
        assert (await call("GET", "/api/3/ecomCustomers/1"))[1]["ecomCustomer"]["acceptsMarketing"] == "1"
        assert await call("DELETE", "/api/3/ecomCustomers/1") == (200, {})
        assert await call("DELETE", "/api/3/connections/1") == (200, {})


async def test_opal_security_asks_comments_approves_and_denies(database, database_url) -> None:
    """Its enum has the upper case alone, which one setting writes."""
    async with calling(
        database, database_url, OPAL, "Authorization: Bearer {}", opal_status_case="upper"
    ) as call:
        whole = (
            '{"resources": [{"id": "43d66fc6-782e-4396-af77-46559d0101ce", "access_level_remote_id": "arn", '
            '"access_level_name": "Admin"}], "groups": [{"id": "6cd1b92a-05e8-4284-9c79-b2243c56ee7e"}], '
            f'"target_user_id": "{BOB}", "reason": "on call", "support_ticket": {{"ticketing_provider": "JIRA", '
            '"remote_id": "1", "identifier": "A-1", "url": "https://x.example/1"}, "duration_minutes": 60, '
            '"custom_metadata": [{"name": "n", "type": "SHORT_TEXT", "value": "v"}]}'
        )
        least = (
            '{"resources": [], "groups": [{"id": "761145e3-9a64-43af-ab06-2d02aa13c10c"}], "reason": "r", '
            '"duration_minutes": -1}'
        )
        ids = []
        for body in (whole, least):
            status, made = await call("POST", "/v1/requests", body)
            assert (status, list(made)) == (200, ["id"])
            ids.append(made["id"])
        first, second = (f"/v1/requests/{id}" for id in ids)
        status, answer = await call("POST", f"{first}/comments", '{"comment": "hello"}')
        assert (status, answer["request"]["status"]) == (200, "PENDING")
        _, approved = await call("POST", f"{first}/approve", '{"level": "REGULAR", "comment": "fine"}')
        assert approved["request"]["status"] == "APPROVED"
        assert (await call("POST", f"{first}/approve", '{"level": "REGULAR"}'))[0] == 409
        _, denied = await call("POST", f"{second}/deny", '{"comment": "no"}')
        assert denied["request"]["status"] == "DENIED"
        _, comments = await call("GET", f"{first}/comments")
        assert [each["comment"] for each in comments["comments"]] == ["hello", "fine"]


async def test_openint_configures_connects_checks_and_deletes(database, database_url) -> None:
    async with calling(database, database_url, OPENINT, "Authorization: Bearer {}") as call:
        config = (
            '{"connector_name":"hubspot","config":{"oauth":{"client_id":"c","client_secret":"s"}},'
            '"display_name":"HubSpot"}'
        )
        status, made = await call("POST", "/v2/connector-config", config)
        assert (status, made["connector_name"]) == (200, "hubspot")
        path = f"/v2/connector-config/{made['id']}"
        assert (await call("PUT", path, '{"display_name":"New"}'))[1]["display_name"] == "New"
        assert (await call("PUT", "/v1/customer", '{"id":"cus1","metadata":{"a":1}}'))[1]["metadata"] == {
            "a": 1
        }
        assert (await call("POST", "/v1/customer/cus1/token", "{}"))[1]["token"].startswith("gw_")
        settings = '{"oauth":{"credentials":{"access_token":"a","refresh_token":"r","expires_in":3600}}}'
        connection = (
            f'{{"connector_config_id":"{made["id"]}","customer_id":"cus1",'
            f'"data":{{"connector_name":"hubspot","settings":{settings}}}}}'
        )
        status, connected = await call("POST", "/v2/connection", connection)
        assert (status, connected["status"]) == (200, "unknown")
        customers = (await call("GET", "/v1/customer"))[1]["items"]
        assert [(each["id"], each["connection_count"]) for each in customers] == [("cus1", 1)]
        checked = await call("POST", f"/v1/connection/{connected['id']}/check")
        assert checked == (200, {"id": connected["id"], "status": "healthy", "status_message": None})
        assert await call("DELETE", f"/v2/connection/{connected['id']}") == (200, {"id": connected["id"]})
        assert await call("DELETE", path) == (200, {"id": made["id"]})
