"""OpenInt: its writes of connections, configurations and customers, as its SDK calls them."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from tests.data import events_of
from tests.vendors.gateway import make_organization, make_token
from tests.vendors.parity import open_gateway

pytestmark = pytest.mark.anyio

SETTINGS = {"oauth": {"credentials": {"access_token": "a", "expires_in": 3600, "refresh_token": "r"}}}
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00"
GRAPH = """{ connectedAccounts { nodes { kind service externalRef customerId connectorConfigId status statusMessage
    metadata settings } } }"""


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    database.vault = Vault([new_key()])
    await make_organization(database)
    token = await make_token(database, "north", "read", "write", "secrets", "admin")
    async with open_gateway(database, database_url) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


def refused(answer: httpx2.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert body["data"]["httpStatus"] == answer.status_code
    return answer.status_code, body["data"]["path"], body["message"]


def issues(answer: httpx2.Response) -> list[tuple[str, list[str], str]]:
    assert refused(answer)[2] == "Input validation failed"
    return [(each["code"], each["path"], each["message"]) for each in answer.json()["issues"]]


async def configure(http: httpx2.AsyncClient, **more) -> str:
    answer = await http.post("/v2/connector-config", json={"connector_name": "acme-oauth2", **more})
    assert answer.status_code == 200
    return answer.json()["id"]


async def test_a_configuration_is_made_read_changed_listed_and_deleted(http, database) -> None:
    config = {"oauth": {"client_id": "c", "client_secret": "s"}}
    made = await http.post(
        "/v2/connector-config",
        json={
            "connector_name": "acme-oauth2",
            "display_name": "Acme",
            "config": config,
            "metadata": {"a": 1.10},
        },
    )
    body = made.json()
    id = body["id"]
    assert re.fullmatch(r"ccfg_acme-oauth2_[0-9A-HJKMNP-TV-Z]{26}", id)
    assert re.fullmatch(STAMP, body["created_at"])
    assert list(body) == [
        *(
            "id",
            "created_at",
            "updated_at",
            "org_id",
            "display_name",
            "disabled",
            "metadata",
            "connector_name",
        ),
        "config",
    ]
    assert [
        body[name] for name in ("org_id", "display_name", "disabled", "metadata", "connector_name", "config")
    ] == [
        *("north", "Acme", False, {"a": 1.1}, "acme-oauth2"),
        config,
    ]
    assert (await http.get(f"/v2/connector-config/{id}")).content == made.content
    listed = (await http.get("/connector-config", params={"connector_names": "acme-oauth2"})).json()
    assert listed == {"items": [body], "total": 1, "limit": 50, "offset": 0, "has_next_page": False}
    assert (await http.get("/connector-config", params={"search_query": "nope"})).json()["items"] == []
    changed = (await http.put(f"/v2/connector-config/{id}", json={"disabled": True})).json()
    assert [changed[name] for name in ("display_name", "disabled", "config")] == ["Acme", True, config]
    emptied = (await http.put(f"/v2/connector-config/{id}", json={"config": None})).json()
    assert emptied["config"] == {}
    gone = await http.delete(f"/v2/connector-config/{id}")
    assert gone.json() == {"id": id}
    for again in (
        http.delete(f"/v2/connector-config/{id}"),
        http.put(f"/v2/connector-config/{id}", json={}),
        http.get(f"/v2/connector-config/{id}"),
    ):
        status, _, message = refused(await again)
        assert (status, message) == (404, f'Connector config with ID "{id}" not found')
    assert [each.type for each in await events_of(database, "north")][-4:] == [
        *("connector_config.created", "connector_config.updated", "connector_config.updated"),
        "connector_config.deleted",
    ]


@pytest.mark.parametrize("name", ["", " ", "acme_oauth2", "a\nb", "a\u0000"])
async def test_a_connector_has_a_name_that_an_id_can_hold(http, name) -> None:
    assert refused(await http.post("/connector-config", json={"connector_name": name}))[0] == 400


async def test_a_configurations_secrets_are_for_those_who_may_see_them(http, database) -> None:
    id = await configure(http, config={"oauth": {"client_secret": "s"}})
    token = await make_token(database, "north", "read")
    plain = await http.get(f"/connector-config/{id}", headers={"Authorization": f"Bearer {token}"})
    assert plain.json()["config"] == {}
    for query in ("connector_names=acme-oauth2", "search_query=ACME", "connector_names=acme-oauth2&limit=1"):
        listed = await http.get(f"/connector-config?{query}", headers={"Authorization": f"Bearer {token}"})
        assert listed.json()["items"] == [plain.json()]


async def test_a_connection_is_kept_with_its_settings(http) -> None:
    config = await configure(http)
    body = {
        "connector_config_id": config,
        "customer_id": "my-customer",
        "data": {"connector_name": "acme-oauth2", "settings": SETTINGS},
        "metadata": {"z": 1, "a": [None]},
    }
    answer = await http.post("/v2/connection", json=body)
    assert answer.status_code == 200
    connection = answer.json()
    id = connection["id"]
    assert re.fullmatch(r"conn_acme-oauth2_[0-9A-HJKMNP-TV-Z]{26}", id)
    credentials = connection["settings"]["oauth"]["credentials"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", credentials.pop("expires_at"))
    assert connection["settings"] == SETTINGS
    assert {name: connection[name] for name in list(connection)[1:4]} == {
        "customer_id": "my-customer",
        "connector_config_id": config,
        "integration_id": None,
    }
    assert [
        connection[name] for name in ("status", "status_message", "disabled", "metadata", "connector_name")
    ] == [
        *("unknown", "Connection was imported without checking its status", False, {"z": 1, "a": [None]}),
        "acme-oauth2",
    ]
    assert (await http.get(f"/v2/connection/{id}?include_secrets=true")).content == answer.content
    [node] = (await http.post("/graphql", json={"query": GRAPH})).json()["data"]["connectedAccounts"]["nodes"]
    credentials = node["settings"]["oauth"]["credentials"]
    assert credentials.pop("expires_at")
    assert node == {
        "kind": "CONNECTOR",
        "service": "acme-oauth2",
        "externalRef": id,
        "customerId": "my-customer",
        "connectorConfigId": config,
        "status": "UNKNOWN",
        "statusMessage": "Connection was imported without checking its status",
        "metadata": {"z": 1, "a": [None]},
        "settings": SETTINGS,
    }
    in_use = refused(await http.delete(f"/v2/connector-config/{config}"))
    assert in_use == (409, "deleteConnectorConfig", "Accounts are connected by this configuration.")
    checked = await http.post(f"/v1/connection/{id}/check")
    assert checked.json() == {"id": id, "status": "healthy", "status_message": None}
    assert (await http.delete(f"/v2/connection/{id}")).json() == {"id": id}
    for again in (http.delete(f"/v2/connection/{id}"), http.post(f"/v1/connection/{id}/check")):
        assert refused(await again)[::2] == (404, "Connection not found")


async def test_what_a_connection_lacks_is_told_as_zod_tells_it(http) -> None:
    assert issues(await http.post("/v2/connection", json={})) == [
        ("invalid_type", ["connector_config_id"], "Required"),
        ("invalid_type", ["customer_id"], "Required"),
        ("invalid_type", ["data"], "Required"),
    ]
    wrong = {
        "connector_config_id": "x",
        "metadata": [1],
        "customer_id": None,
        "data": {"connector_name": 7, "settings": "s"},
        "check_connection": "yes",
    }
    assert issues(await http.post("/v2/connection", json=wrong)) == [
        ("invalid_string", ["connector_config_id"], 'Invalid input: must start with "ccfg_"'),
        ("invalid_type", ["metadata"], "Expected object, received array"),
        ("invalid_type", ["customer_id"], "Expected string, received null"),
        ("invalid_type", ["data", "connector_name"], "Expected string, received number"),
        ("invalid_type", ["data", "settings"], "Expected object, received string"),
        ("invalid_type", ["check_connection"], "Expected boolean, received string"),
    ]
    config = await configure(http)
    body = {"connector_config_id": "ccfg_no", "customer_id": "c", "data": {"connector_name": "hubspot"}}
    unknown = await http.post("/v2/connection", json=body)
    assert refused(unknown) == (404, "createConnection", "Connector config ccfg_no not found")
    other = await http.post("/v2/connection", json={**body, "connector_config_id": config})
    assert refused(other) == (
        400,
        "createConnection",
        "Connector name mismatch: config is acme-oauth2 but input is hubspot",
    )


async def test_a_customers_token_sees_and_deletes_its_own_alone(http, database) -> None:
    config = await configure(http)
    data = {"connector_name": "acme-oauth2", "settings": SETTINGS}
    ids = []
    for customer in ("one", "two"):
        body = {"connector_config_id": config, "customer_id": customer, "data": data}
        ids.append((await http.post("/v2/connection", json=body)).json()["id"])
    made = (await http.post("/v1/customer/one/token", json={"validity_in_seconds": 60.5})).json()
    assert list(made) == ["token", "magic_link_url", "api_key"]
    theirs = {"Authorization": f"Bearer {made['token']}"}
    viewer = (await http.get("/v1/viewer", headers=theirs)).json()
    assert viewer == {"role": "customer", "orgId": "north", "customerId": "one"}
    listed = (await http.get("/v2/connection?include_secrets=true", headers=theirs)).json()["items"]
    assert [(each["id"], "settings" in each) for each in listed] == [(ids[0], True)]
    assert (await http.delete(f"/v2/connection/{ids[1]}", headers=theirs)).status_code == 404
    body = {"connector_config_id": config, "customer_id": "one", "data": data}
    for call in (
        http.post("/v2/connection", json=body, headers=theirs),
        http.post("/v1/customer/two/token", json={}, headers=theirs),
        http.put("/v1/customer", json={"id": "two"}, headers=theirs),
    ):
        assert (await call).status_code == 403
    assert (await http.delete(f"/v2/connection/{ids[0]}", headers=theirs)).json() == {"id": ids[0]}


async def test_a_customer_is_kept_and_what_is_noted_of_them_is_merged(http) -> None:
    made = (await http.put("/v1/customer", json={"id": "c1", "metadata": {"a": 1, "b": 2}})).json()
    assert list(made) == ["org_id", "id", "api_key", "metadata", "created_at", "updated_at"]
    assert [made[name] for name in ("org_id", "id", "api_key", "metadata")] == [
        "north",
        "c1",
        None,
        {"a": 1, "b": 2},
    ]
    merged = (await http.put("/v1/customer", json={"id": "c1", "metadata": {"b": None}})).json()
    assert merged["metadata"] == {"a": 1, "b": None}
    same = (await http.put("/v1/customer", json={"id": "c1"})).json()
    assert same == merged
    assert re.fullmatch(r"cus_[0-9A-HJKMNP-TV-Z]{26}", (await http.put("/v1/customer", json={})).json()["id"])


async def test_what_is_noted_of_a_customer_stays_to_the_letter_where_more_is_noted(http) -> None:
    numbers = '"a":1.10,"b":1E5,"c":123456789012345678901234567890,"d":{"e":[0.1234567890123456789]}'
    for noted in (numbers, '"f":"\u00e9"', '"f":2.50'):
        body = f'{{"id":"c1","metadata":{{{noted}}}}}'
        answer = await http.put("/v1/customer", content=body, headers={"content-type": "application/json"})
    assert f'"metadata":{{{numbers},"f":2.50}}' in answer.text


@pytest.mark.parametrize("validity", [0, -1, -1e300, 1e300, "60", None])
async def test_a_token_needs_a_time_that_it_is_believed_for(http, validity) -> None:
    answer = await http.post("/v1/customer/c/token", json={"validity_in_seconds": validity})
    assert answer.status_code == 400


async def test_a_token_is_an_administrators_to_give(http, database) -> None:
    token = await make_token(database, "north", "read", "write")
    answer = await http.post("/v1/customer/c/token", json={}, headers={"Authorization": f"Bearer {token}"})
    assert refused(answer) == (403, "createToken", "This needs a token with the scope `admin`.")
