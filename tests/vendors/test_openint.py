"""OpenInt: its connections and connectors, as its documents show them and its clients call them."""

import itertools
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.settings import Settings
from gateway.vendors import openint
from tests.vendors.gateway import client_of, insert, make_organization, make_token

pytestmark = pytest.mark.anyio

SHOP = "conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ"
DRIVE = "conn_google-drive_01JT3Q8Y5M2K7W4N9B6D1R0FXA"
SLACK = "conn_slack_01JT3Q8Y5M2K7W4N9B6D1R0FXB"

IDLE = {"is_internal": False, "is_syncing": False}
ACCOUNTS = [
    {
        **IDLE,
        "id": "a1",
        "kind": "connector",
        "external_ref": SHOP,
        "service": "shopify",
        "customer_id": "retailer-4711",
        "connector_config_id": "ccfg_shopify_01",
        "integration_ref": "int_shopify_eu",
        "name": "Läden 🚀",
        "status": "healthy",
        "disabled": False,
        "metadata": '{"z":1.10,"a":{"none":null,"empty":""}}',
        "settings": '{"oauth":{"credentials":{"access_token":"shpat_x"}},"big":12345678901234567890123}',
        "created_at": datetime(2025, 4, 30, 6, 40, 42, 870726, UTC),
        "updated_at": datetime(2025, 5, 2, 17, 3, 11, 500000, UTC),
    },
    {
        **IDLE,
        "id": "a2",
        "kind": "connector",
        "external_ref": DRIVE,
        "service": "google-drive",
        "customer_id": "retailer-4712",
        "status": "error",
        "status_message": "",
        "created_at": datetime(2025, 4, 1, tzinfo=UTC),
        "updated_at": datetime(2025, 5, 2, 17, 3, 11, 500000, UTC),
    },
    {
        **IDLE,
        "id": "a3",
        "kind": "connector",
        "external_ref": SLACK,
        "service": "slack",
        "customer_id": "retailer-4711",
        "status": "unknown",
        "settings": "{}",
        "created_at": datetime(2025, 4, 1, tzinfo=UTC),
        "updated_at": datetime(2025, 5, 3, tzinfo=UTC),
    },
    {
        **IDLE,
        "id": "commerce",
        "kind": "commerce",
        "number": 1,
        "external_ref": "conn_not_for_openint",
        "service": "shopify",
        "customer_id": "retailer-4711",
        "status": "healthy",
    },
]
CONNECTOR_ROW = {
    "id": "shopify",
    "display_name": "Shopify",
    "stage": "ga",
    "platforms": '["web"]',
    "auth_type": "OAUTH2",
    "scopes": '[{"scope":"read_products"}]',
    "schemas": '{"connector_config":{"type":"object"}}',
}
INTEGRATION_ROW = {
    "id": "int_shopify_eu",
    "connector_name": "shopify",
    "name": "Shopify EU",
    "standard": '{"name":"Shopify EU"}',
    "external": "[1,null]",
    "category": "commerce",
    "created_at": datetime(2025, 4, 1, tzinfo=UTC),
    "updated_at": datetime(2025, 4, 1, 0, 0, 0, 10, tzinfo=UTC),
}

INTEGRATION = (
    '{"id":"int_shopify_eu","standard":{"name":"Shopify EU"},"external":[1,null],'
    '"created_at":"2025-04-01 00:00:00+00","updated_at":"2025-04-01 00:00:00.00001+00","connector_name":"shopify",'
    '"name":"Shopify EU","logo_url":null,"stage":null,"platforms":null,"category":"commerce","auth_type":null,'
    '"version":null}'
)
CONNECTOR_HEAD = '{"name":"shopify","display_name":"Shopify","stage":"ga","platforms":["web"],'
CONNECTOR_SCHEMAS = '"schemas":{"connector_config":{"type":"object"}},'
CONNECTOR_TAIL = '"auth_type":"OAUTH2","scopes":[{"scope":"read_products"}],"has_openint_credentials":false}'
SETTINGS = '{"oauth":{"credentials":{"access_token":"shpat_x"}},"big":12345678901234567890123}'
SHOP_MEMBERS = (
    f'"id":"{SHOP}","customer_id":"retailer-4711","connector_config_id":"ccfg_shopify_01",'
    '"integration_id":"int_shopify_eu","status_message":null,"created_at":"2025-04-30 06:40:42.870726+00",'
    '"updated_at":"2025-05-02 17:03:11.5+00","display_name":"Läden 🚀","disabled":false,"status":"healthy",'
    '"metadata":{"z":1.10,"a":{"none":null,"empty":""}},"connector_name":"shopify"'
)
SHOP_BODY = f'{{{SHOP_MEMBERS},"integration":{INTEGRATION}}}'
DRIVE_BODY = (
    f'{{"id":"{DRIVE}","customer_id":"retailer-4712","connector_config_id":null,"integration_id":null,'
    '"status_message":"","created_at":"2025-04-01 00:00:00+00","updated_at":"2025-05-02 17:03:11.5+00",'
    '"display_name":null,"disabled":null,"status":"error","metadata":null,"connector_name":"google-drive"}'
)
SLACK_BODY = (
    f'{{"id":"{SLACK}","customer_id":"retailer-4711","connector_config_id":null,"integration_id":null,'
    '"status_message":null,"created_at":"2025-04-01 00:00:00+00","updated_at":"2025-05-03 00:00:00+00",'
    '"display_name":null,"disabled":null,"status":"unknown","metadata":null,"connector_name":"slack"}'
)


@pytest.fixture
async def store(database: Database) -> Database:
    database.vault = Vault([new_key()])
    await make_organization(database)
    await insert(
        database,
        "north",
        connectors=[CONNECTOR_ROW],
        connector_integrations=[INTEGRATION_ROW],
        connected_accounts=ACCOUNTS,
    )
    return database


@pytest.fixture
async def client(store: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(store, (openint.VENDOR,)) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(store)}"
        yield client


# Bodies


async def test_a_connection_comes_byte_for_byte_under_every_prefix(client) -> None:
    for prefix, slash in itertools.product(("", "/v1", "/v2"), ("", "/")):
        answer = await client.get(f"{prefix}/connection/{SHOP}{slash}")

        assert (answer.status_code, answer.text) == (200, SHOP_BODY)
        assert answer.headers["content-type"] == "application/json"


async def test_settings_and_connector_come_when_asked_for_and_the_integration_last(client) -> None:
    everything = await client.get(f"/connection/{SHOP}?include_secrets=true&expand=connector")
    settings = await client.get(f"/connection/{SHOP}?include_secrets=1")
    connector = await client.get(f"/connection/{SHOP}?expand=connector")

    whole_connector = f'"connector":{CONNECTOR_HEAD}{CONNECTOR_SCHEMAS}{CONNECTOR_TAIL}'
    tail = f'"integration":{INTEGRATION}}}'
    assert everything.text == f'{{{SHOP_MEMBERS},"settings":{SETTINGS},{whole_connector},{tail}'
    assert settings.text == f'{{{SHOP_MEMBERS},"settings":{SETTINGS},{tail}'
    assert connector.text == f"{{{SHOP_MEMBERS},{whole_connector},{tail}"


async def test_the_list_has_the_latest_change_first_then_the_smaller_id(client) -> None:
    answer = await client.get("/connection/")

    assert answer.text == (
        f'{{"items":[{SLACK_BODY},{DRIVE_BODY},{SHOP_BODY}],'
        '"total":3,"limit":50,"offset":0,"has_next_page":false}'
    )


async def test_the_list_is_expanded_where_the_store_knows_the_connector(client) -> None:
    answer = (await client.get("/v1/connection?expand=connector&include_secrets=true")).json()

    assert [list(item)[12:] for item in answer["items"]] == [
        ["settings"],
        [],
        ["settings", "connector", "integration"],
    ]


async def test_connectors_are_listed_by_name_their_schemas_on_request(client, store) -> None:
    await insert(store, "", connectors=[{"id": "google-drive"}, {"id": "shopify", "display_name": "Hidden"}])

    plain = await client.get("/v2/connector")
    with_schemas = await client.get("/connector/?expand=schemas&offset=1")

    drive = (
        '{"name":"google-drive","display_name":"Google Drive","auth_type":"CUSTOM",'
        '"has_openint_credentials":false}'
    )
    shop = f"{CONNECTOR_HEAD}{CONNECTOR_TAIL}"
    assert plain.text == f'{{"items":[{drive},{shop}],"total":2,"limit":50,"offset":0,"has_next_page":false}}'
    shop = f"{CONNECTOR_HEAD}{CONNECTOR_SCHEMAS}{CONNECTOR_TAIL}"
    assert with_schemas.text == f'{{"items":[{shop}],"total":2,"limit":50,"offset":1,"has_next_page":false}}'


# Paging and filters


PAGES = [
    ("limit=1", [SLACK], 3, 1, 0, True),
    ("limit=1&offset=2", [SHOP], 3, 1, 2, False),
    ("limit=", [], 0, 0, 0, False),
    ("limit=+2+&offset=1e0", [DRIVE, SHOP], 3, 2, 1, False),
    ("limit=0x2", [SLACK, DRIVE], 3, 2, 0, True),
    ("offset=3", [], 0, 50, 3, False),
    ("connector_names=shopify,slack", [SLACK, SHOP], 2, 50, 0, False),
    ("connector_names=shopify&connector_names=slack", [SLACK, SHOP], 2, 50, 0, False),
    ("connector_names=,", [SLACK, DRIVE, SHOP], 3, 50, 0, False),
    ("connector_names=elsewhere", [], 0, 50, 0, False),
    ("customer_id=retailer-4711", [SLACK, SHOP], 2, 50, 0, False),
    ("customer_id=", [SLACK, DRIVE, SHOP], 3, 50, 0, False),
    ("customer_id=%00", [], 0, 50, 0, False),
    ("connector_names=%00", [], 0, 50, 0, False),
    ("connector_config_id=ccfg_shopify_01", [SHOP], 1, 50, 0, False),
    ("search_query=GOOGLE-", [DRIVE], 1, 50, 0, False),
    ("search_query=fxz", [SHOP], 1, 50, 0, False),
    ("search_query=4712", [DRIVE], 1, 50, 0, False),
    ("search_query=%25", [], 0, 50, 0, False),
    ("refresh_policy=force&expand[]=x&unknown=1", [SLACK, DRIVE, SHOP], 3, 50, 0, False),
]


async def test_pages_and_filters(client) -> None:
    for query, ids, total, limit, offset, next_page in PAGES:
        answer = (await client.get(f"/connection?{query}")).json()

        assert [item["id"] for item in answer["items"]] == ids
        assert {name: value for name, value in answer.items() if name != "items"} == {
            "total": total,
            "limit": limit,
            "offset": offset,
            "has_next_page": next_page,
        }


async def test_has_next_page_is_inverted_by_a_setting(store) -> None:
    settings = Settings.from_environment({"GATEWAY_OPENINT_INVERTED_HAS_NEXT_PAGE": "true"})
    async with client_of(store, (openint.VENDOR,), settings) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(store)}"
        answers = [await client.get(f"/connection?{query}") for query in ("limit=1", "", "offset=9")]
    assert [answer.json()["has_next_page"] for answer in answers] == [False, True, True]


async def test_a_client_that_pages_by_offset_and_total_sees_every_connection_once(client) -> None:
    """The loop of the vendor's Python SDK: on while the offset and the items seen are less than the total."""
    seen: list[str] = []
    offset = 0
    while True:
        page = (await client.get(f"/v1/connection?limit=2&offset={offset}")).json()
        seen += [item["id"] for item in page["items"]]
        offset = page["offset"] + len(page["items"])
        if offset >= page["total"]:
            break
    assert seen == [SLACK, DRIVE, SHOP]


# Secrets


FLAGS = [
    ("true", True),
    ("1", True),
    ("yes", True),
    ("", False),
    ("false", False),
    ("False", False),
    ("0", False),
    ("none", False),
]


async def test_include_secrets_false_means_false_unlike_the_vendors(client) -> None:
    for value, is_shown in FLAGS:
        one = (await client.get(f"/connection/{SHOP}?include_secrets={value}")).json()
        listed = (await client.get(f"/connection?include_secrets={value}")).json()["items"]

        assert ("settings" in one) is is_shown
        assert ["settings" in item for item in listed] == [is_shown, False, is_shown]


async def test_settings_need_the_scope_secrets_too(client, store) -> None:
    headers = {"Authorization": f"Bearer {await make_token(store, 'north', 'read')}"}
    one = await client.get(f"/connection/{SHOP}?include_secrets=true", headers=headers)
    listed = await client.get("/connection?include_secrets=true", headers=headers)

    assert one.text == SHOP_BODY
    assert not any("settings" in item for item in listed.json()["items"])


async def test_a_get_never_writes(client, store) -> None:
    before = (await client.get(f"/connection/{SHOP}?include_secrets=true")).text
    seen: list[str] = []
    store.on_statement = seen.append
    for policy in ("none", "force", "auto"):
        answer = await client.get(f"/connection/{SHOP}?include_secrets=true&refresh_policy={policy}")
        assert answer.text == before
    store.on_statement = None

    assert seen
    assert all(sql.lstrip().upper().startswith("SELECT") for sql in seen if "api_tokens" not in sql)


# Tenancy


async def test_another_organizations_rows_are_as_if_absent(client, store) -> None:
    await make_organization(store, "south")
    headers = {"Authorization": f"Bearer {await make_token(store, 'south')}"}

    one = await client.get(f"/connection/{SHOP}", headers=headers)
    absent = await client.get("/connection/conn_absent", headers=headers)
    listed = await client.get("/connection", headers=headers)
    connectors = await client.get("/connector", headers=headers)

    assert (one.status_code, one.text) == (absent.status_code, absent.text)
    assert listed.text == '{"items":[],"total":0,"limit":50,"offset":0,"has_next_page":false}'
    assert connectors.json()["items"] == []


async def test_a_customers_token_sees_that_customers_connections_whole_and_no_other(client, store) -> None:
    token = await make_token(store, customer_id="retailer-4711")
    headers = {"Authorization": f"Bearer {token}"}

    listed = (await client.get("/connection?expand=connector&limit=1&offset=1", headers=headers)).json()
    other = await client.get(f"/connection/{DRIVE}", headers=headers)
    filtered = (await client.get("/connection?customer_id=retailer-4712", headers=headers)).json()
    connectors = (await client.get("/connector", headers=headers)).json()

    assert listed["total"] == 2
    assert [item["id"] for item in listed["items"]] == [SHOP]
    assert listed["items"][0]["connector"]["display_name"] == "Shopify"
    assert listed["items"][0]["integration"]["name"] == "Shopify EU"
    assert other.status_code == 404
    assert (filtered["items"], filtered["total"]) == ([], 0)
    assert (connectors["items"], connectors["total"]) == ([], 0)


# Refusals


def refusal(message: str, code: str, status: int, path: str | None, issues: str = "") -> str:
    where = f',"path":"{path}"' if path else ""
    told = f',"issues":[{issues}]' if issues else ""
    return (
        f'{{"message":"{message}","code":"{code}",'
        f'"data":{{"code":"{code}","httpStatus":{status}{where}}}{told}}}'
    )


NO_HEADER = refusal("Authentication required", "FORBIDDEN", 403, "getConnection")
BAD_HEADER = refusal(
    "Invalid Authorization header, expecting Bearer with token", "UNAUTHORIZED", 401, "getConnection"
)


CREDENTIALS = [
    ("", f"/connection/{SHOP}", 403, NO_HEADER),
    ("", "/connection/x?expand=x", 403, NO_HEADER),
    ("Token x", f"/connection/{SHOP}", 401, BAD_HEADER),
    ("bearer x", f"/connection/{SHOP}", 401, BAD_HEADER),
    ("Bearer", f"/connection/{SHOP}", 401, BAD_HEADER),
    (
        "Bearer key_x",
        "/connection",
        401,
        refusal("Invalid API key", "UNAUTHORIZED", 401, "listConnections"),
    ),
    ("Bearer a b", "/connector", 401, refusal("Invalid API key", "UNAUTHORIZED", 401, "listConnectors")),
]


async def test_no_credential_is_403_a_bad_one_401_both_before_the_input(client) -> None:
    for header, path, status, body in CREDENTIALS:
        answer = await client.get(path, headers={"Authorization": header})

        assert (answer.status_code, answer.text) == (status, body)
        assert answer.headers["content-type"] == "application/json"


async def test_a_token_without_the_scope_read_is_forbidden(client, store) -> None:
    token = await make_token(store, "north", "write")
    answer = await client.get("/connection", headers={"Authorization": f"Bearer {token}"})
    message = "This needs a token with the scope `read`."
    assert (answer.status_code, answer.text) == (403, refusal(message, "FORBIDDEN", 403, "listConnections"))


NOWHERE = refusal("Not found", "NOT_FOUND", 404, None)


ABSENT = refusal("Connection not found", "NOT_FOUND", 404, "getConnection")
UNKNOWN_CONNECTOR = refusal(f"Connector not found for connection {DRIVE}", "NOT_FOUND", 404, "getConnection")
ABSENCES = [
    ("GET", "/connection/conn_absent", 404, ABSENT),
    ("GET", "/v1/connection/conn_not_for_openint", 404, ABSENT),
    ("GET", "/connection/conn_%00", 404, ABSENT),
    ("GET", f"/connection/{DRIVE}?expand=connector", 404, UNKNOWN_CONNECTOR),
    ("PUT", f"/connection/{SHOP}", 404, NOWHERE),
    ("PUT", "/v1/connection", 404, NOWHERE),
    ("PUT", "/v2/connector/", 404, NOWHERE),
    ("GET", f"/connection/{SHOP}/check", 404, NOWHERE),
    ("GET", "/v2/connection/a/b", 404, NOWHERE),
    ("PATCH", "/v1/connector-config", 404, NOWHERE),
    ("GET", "/v1/customer/c1/token", 404, NOWHERE),
]


async def test_what_is_not_there_is_404_and_so_is_a_wrong_method(client) -> None:
    for method, path, status, body in ABSENCES:
        answer = await client.request(method, path)

        assert (answer.status_code, answer.text) == (status, body)
        assert answer.headers["content-type"] == "application/json"
        assert "allow" not in answer.headers


async def test_a_wrong_method_is_refused_before_the_credential(client) -> None:
    answer = await client.delete("/connection", headers={"Authorization": ""})
    assert answer.text == NOWHERE


HEADS = [f"/connection/{SHOP}", "/v1/connection", "/v2/connector/", "/connection/x"]


async def test_head_is_204(client) -> None:
    for path in HEADS:
        answer = await client.head(path, headers={"Authorization": ""})
        assert (answer.status_code, answer.content) == (204, b"")


BAD_ID = (
    '{"code":"invalid_string","validation":{"startsWith":"conn_"},'
    '"message":"Invalid input: must start with \\"conn_\\"","path":["id"]}'
)
BAD_CONFIG = (
    '{"code":"invalid_string","validation":{"startsWith":"ccfg_"},'
    '"message":"Invalid input: must start with \\"ccfg_\\"","path":["connector_config_id"]}'
)


def bad_policy(value: str) -> str:
    return (
        f'{{"received":"{value}","code":"invalid_enum_value","options":["none","force","auto"],'
        '"path":["refresh_policy"],"message":"Invalid enum value. '
        f"Expected 'none' | 'force' | 'auto', received '{value}'\"}}"
    )


def bad_expand(value: str, index: int, option: str = "connector") -> str:
    return (
        f'{{"received":"{value}","code":"invalid_enum_value","options":["{option}"],'
        f'"path":["expand",{index}],"message":"Invalid enum value. '
        f"Expected '{option}', received '{value}'\"}}"
    )


def not_a_number(name: str) -> str:
    return (
        f'{{"code":"invalid_type","expected":"number","received":"nan","path":["{name}"],'
        '"message":"Expected number, received nan"}'
    )


def too_big(name: str, maximum: int) -> str:
    return (
        f'{{"code":"too_big","maximum":{maximum},"type":"number","inclusive":true,"exact":false,'
        f'"message":"Number must be less than or equal to {maximum}","path":["{name}"]}}'
    )


def too_small(name: str) -> str:
    return (
        '{"code":"too_small","minimum":0,"type":"number","inclusive":true,"exact":false,'
        f'"message":"Number must be greater than or equal to 0","path":["{name}"]}}'
    )


FRACTION = (
    '{"code":"invalid_type","expected":"integer","received":"float",'
    '"message":"Expected integer, received float","path":["limit"]}'
)


BAD_INPUT = [
    ("/connection/x", BAD_ID),
    (f"/connection/{SHOP}?refresh_policy=bogus", bad_policy("bogus")),
    (f"/connection/{SHOP}?refresh_policy=", bad_policy("")),
    (f"/connection/{SHOP}?expand=integration", bad_expand("integration", 0)),
    (f"/connection/{SHOP}?expand=connector,+connector", bad_expand(" connector", 1)),
    (f"/connection/{SHOP}?expand=,connector&expand=x,", bad_expand("x", 1)),
    (
        "/v1/connection/cus_1?expand=y,connector,z&refresh_policy=no",
        ",".join([BAD_ID, bad_policy("no"), bad_expand("y", 0), bad_expand("z", 2)]),
    ),
    ("/connection?limit=abc", not_a_number("limit")),
    ("/connection?limit=NaN", not_a_number("limit")),
    ("/connection?limit=1_0", not_a_number("limit")),
    ("/connection?limit=5000", too_big("limit", 3000)),
    ("/connection?limit=1.5", FRACTION),
    ("/connection?limit=-1.5", f"{FRACTION},{too_small('limit')}"),
    ("/connection?limit=Infinity", f"{FRACTION},{too_big('limit', 3000)}"),
    ("/connection?offset=-1", too_small("offset")),
    ("/connection?offset=1e30", too_big("offset", 2147483647)),
    ("/connection?connector_config_id=", BAD_CONFIG),
    (
        "/connection?refresh_policy=x&expand=y&connector_config_id=c&offset=z&limit=z",
        ",".join(
            [
                not_a_number("limit"),
                not_a_number("offset"),
                BAD_CONFIG,
                bad_expand("y", 0),
                bad_policy("x"),
            ]
        ),
    ),
    ("/connector?expand=connector", bad_expand("connector", 0, "schemas")),
    ("/connector?limit=3001", too_big("limit", 3000)),
]


async def test_bad_input_is_told_as_zod_tells_it(client) -> None:
    for path, issues in BAD_INPUT:
        operation = "listConnectors" if "connector?" in path else "listConnections"
        operation = "getConnection" if "connection/" in path else operation
        answer = await client.get(path)

        assert (answer.status_code, answer.text) == (
            400,
            refusal("Input validation failed", "BAD_REQUEST", 400, operation, issues),
        )


async def test_a_fault_of_ours_is_told_in_the_vendors_words(client, store) -> None:
    def fail(sql: str) -> None:
        raise RuntimeError(sql)

    store.on_statement = fail
    answer = await client.get("/connection")
    store.on_statement = None

    assert (answer.status_code, answer.text) == (
        500,
        refusal("Internal server error", "INTERNAL_SERVER_ERROR", 500, "listConnections"),
    )


async def test_the_number_of_statements_does_not_depend_on_the_number_of_connections(client, store) -> None:
    async def statements(query: str) -> int:
        seen: list[str] = []
        store.on_statement = seen.append
        await client.get(f"/connection?{query}")
        store.on_statement = None
        return len([sql for sql in seen if "api_tokens" not in sql])

    query = "expand=connector&include_secrets=true"
    few = await statements(f"limit=1&offset=2&{query}")
    many = [
        {
            **ACCOUNTS[0],
            "id": f"m{number}",
            "external_ref": f"conn_shopify_{number}",
            "integration_ref": f"int_{number % 7}",
            "service": f"shopify{number % 5}",
        }
        for number in range(60)
    ]
    await insert(store, "north", connected_accounts=many)

    assert await statements(query) == few == 3


async def test_the_successor_is_named_with_its_variables(client) -> None:
    answer = await client.get("/connection?limit=2&customer_id=c&search_query=s&connector_names=a,b")
    link = httpx2.URL(answer.headers["link"].partition(">")[0].removeprefix("<"))

    assert json.loads(link.params["variables"]) == {
        "first": 2,
        "offset": 0,
        "filter": {
            "kind": {"eq": "CONNECTOR"},
            "service": {"in": ["a", "b"]},
            "customerId": {"eq": "c"},
            "or": [
                {"externalRef": {"contains": "s"}},
                {"customerId": {"contains": "s"}},
                {"service": {"contains": "s"}},
            ],
        },
        "includeSecrets": False,
        "expandConnector": False,
    }
