"""OpenInt's answers are the graph's, projected: random stores and parameters, each answer asked for by its own link."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from tests.graph import gid
from tests.lengths import cases
from tests.vendors.gateway import DAY, insert, make_organization, make_token
from tests.vendors.parity import compare, compare_statements, open_gateway

pytestmark = pytest.mark.anyio

# The projection of the graph's answer, written from OpenInt's documents.


def instant(text: str) -> str:
    """As PostgreSQL writes an instant in UTC: a blank, no trailing zeros, +00."""
    at = datetime.fromisoformat(text)
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction}+00"


def known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def connector(node: dict[str, Any]) -> dict[str, Any]:
    title = " ".join(word.capitalize() for word in node["name"].split("-"))
    return known(
        {
            "name": node["name"],
            "display_name": title if node["displayName"] is None else node["displayName"],
            "logo_url": node["logoUrl"],
            "stage": node["stage"],
            "platforms": node["platforms"],
            "schemas": node.get("schemas"),
            "auth_type": node["authType"] or "CUSTOM",
            "scopes": node["scopes"],
            "has_openint_credentials": False,
        }
    )


def integration(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": node["uuid"],
        "standard": node["standard"],
        "external": node["external"],
        "created_at": instant(node["createdAt"]),
        "updated_at": instant(node["updatedAt"]),
        "connector_name": node["connectorName"],
        "name": node["name"],
        "logo_url": node["logoUrl"],
        "stage": node["stage"],
        "platforms": node["platforms"],
        "category": node["category"],
        "auth_type": node["authType"],
        "version": node["version"],
    }


def connection(node: dict[str, Any]) -> dict[str, Any]:
    own = {
        "id": node["externalRef"],
        "customer_id": node["customerId"],
        "connector_config_id": node["connectorConfigId"],
        "integration_id": node["integrationRef"],
        "status_message": node["statusMessage"],
        "created_at": instant(node["createdAt"]),
        "updated_at": instant(node["updatedAt"]),
        "display_name": node["name"],
        "disabled": node["disabled"],
        "status": node["status"].lower(),
        "metadata": node["metadata"],
        "connector_name": node["service"],
    }
    asked = {
        "settings": node.get("settings"),
        "connector": connector(node["connector"]) if node.get("connector") else None,
        "integration": integration(node["integration"]) if node["integration"] else None,
    }
    return {**own, **known(asked)}


def paged(found: dict[str, Any], one: Any, variables: Mapping[str, Any]) -> dict[str, Any]:
    total = found["totalCount"] if found["nodes"] else 0
    limit, offset = variables["first"], variables["offset"]
    return {
        "items": [one(node) for node in found["nodes"]],
        "total": total,
        "limit": limit,
        "offset": offset,
        "has_next_page": offset + limit < total,
    }


def one_connection(data: Any, _: object) -> Any:
    return connection(data["connectedAccount"])


def connection_list(data: Any, variables: Mapping[str, Any]) -> Any:
    return paged(data["connectedAccounts"], connection, variables)


def connector_list(data: Any, variables: Mapping[str, Any]) -> Any:
    return paged(data["connectors"], connector, variables)


def viewer(data: dict[str, Any], _: object) -> dict[str, Any]:
    """A customer's token sees no organization in the graph, and here its id."""
    found = data["viewer"]
    if found["customerId"] is not None:
        return {"role": "customer", "orgId": "north", "customerId": found["customerId"]}
    organization_id = found["organization"]["uuid"]
    if found["person"] is not None:
        return {"role": "user", "userId": found["person"]["uuid"], "orgId": organization_id}
    return {"role": "org", "orgId": organization_id}


PROJECTIONS = {
    "viewer": viewer,
    "connection": one_connection,
    "connections": connection_list,
    "connectors": connector_list,
}

# Random stores

NUMBERS = itertools.count()  # each example has an organization of its own in the test's store

INSTANTS = st.sampled_from([DAY + timedelta(hours=each, microseconds=each * 990) for each in range(0, 72, 7)])
TEXTS = st.none() | st.sampled_from(["", "x", "Żółw 🚀"])
NAMES = st.sampled_from(["shopify", "google-drive", "slack"])
INTEGRATIONS = ["int_1", "int_2"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=4,
).map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")))
OBJECTS = st.none() | JSON.filter(lambda text: text.startswith("{"))
PLATFORMS = st.none() | st.sampled_from(["[]", '["web","cloud"]'])
ACCOUNT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["connector", "connector", "connector", "commerce"]),
        "status": st.sampled_from(["healthy", "disconnected", "error", "manual", "unknown"]),
        "service": NAMES,
        "customer_id": st.none() | st.sampled_from(["c1", "c2", ""]),
        "connector_config_id": st.none() | st.sampled_from(["ccfg_1", "ccfg_2"]),
        "integration_ref": st.none() | st.sampled_from([*INTEGRATIONS, "int_absent"]),
        "status_message": TEXTS,
        "name": TEXTS,
        "disabled": st.none() | st.booleans(),
        "metadata": OBJECTS,
        "settings": OBJECTS,
        "created_at": INSTANTS,
        "updated_at": INSTANTS,
    }
)
CONNECTOR = st.fixed_dictionaries(
    {
        "id": NAMES,
        "display_name": TEXTS,
        "logo_url": TEXTS,
        "stage": st.none() | st.sampled_from(["alpha", "hidden"]),
        "platforms": PLATFORMS,
        "auth_type": st.none() | st.sampled_from(["OAUTH2", "API_KEY"]),
        "scopes": st.none() | st.sampled_from(["[]", '[{"scope":"s"}]']),
        "schemas": OBJECTS,
    }
)
INTEGRATION = st.fixed_dictionaries(
    {
        "connector_name": NAMES,
        "name": TEXTS,
        "standard": OBJECTS,
        "external": OBJECTS,
        "logo_url": TEXTS,
        "stage": TEXTS,
        "platforms": PLATFORMS,
        "category": TEXTS,
        "auth_type": TEXTS,
        "version": TEXTS,
        "created_at": INSTANTS,
        "updated_at": INSTANTS,
    }
)


async def fill(database: Database, organization_id: str, accounts: Any, connectors: Any, found: Any) -> None:
    await insert(
        database,
        organization_id,
        connectors=connectors,
        connector_integrations=[{"id": id, **each} for id, each in zip(INTEGRATIONS, found, strict=False)],
        connected_accounts=[
            {
                "id": f"{len(accounts) - number}",
                "external_ref": f"conn_{number}",
                "number": number if each["kind"] == "commerce" else None,
                "is_internal": False,
                "is_syncing": False,
                **each,
            }
            for number, each in enumerate(accounts)
        ],
    )


# Random parameters

FLAG = st.sampled_from(["true", "false", "0", ""])
SHARED = {
    "include_secrets": FLAG,
    "refresh_policy": st.sampled_from(["none", "force", "auto"]),
    "expand": st.sampled_from(["connector", "", ",", "connector,connector"]),
}
PAGES = {
    "limit": st.sampled_from(["", "0", "1", "2", "3000"]),
    "offset": st.sampled_from(["0", "1", "3", "2147483647"]),
}
LIST = st.fixed_dictionaries(
    {},
    optional={
        **SHARED,
        **PAGES,
        "connector_names": st.sampled_from(["slack", "shopify,slack", "absent", ","]),
        "customer_id": st.sampled_from(["c1", "absent", ""]),
        "connector_config_id": st.sampled_from(["ccfg_1", "ccfg_absent"]),
        "search_query": st.sampled_from(["CONN_1", "c", "GOOGLE", "ż", ""]),
    },
)
ONE = st.fixed_dictionaries({}, optional=SHARED)
CONNECTORS = st.fixed_dictionaries({}, optional={**PAGES, "expand": st.sampled_from(["schemas", ""])})
SCOPES = st.sampled_from([("read",), ("read", "secrets")])
CUSTOMER = st.none() | st.sampled_from(["c1", "c2"])


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    database.vault = Vault([new_key()])
    async with open_gateway(database, database_url) as http:
        yield http


@settings(
    max_examples=cases(12, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    accounts=st.lists(ACCOUNT, max_size=6),
    connectors=st.lists(CONNECTOR, max_size=3, unique_by=lambda each: each["id"]),
    integrations=st.lists(INTEGRATION, max_size=2),
    lists=st.lists(LIST, min_size=4, max_size=4),
    one=ONE,
    catalogue=CONNECTORS,
    scopes=SCOPES,
    customer=CUSTOMER,
)
async def test_every_answer_is_the_projection_of_its_successors(
    http: httpx2.AsyncClient,
    database: Database,
    accounts: list[dict[str, Any]],
    connectors: list[dict[str, Any]],
    integrations: list[dict[str, Any]],
    lists: list[dict[str, str]],
    one: dict[str, str],
    catalogue: dict[str, str],
    scopes: tuple[str, ...],
    customer: str | None,
) -> None:
    organization_id = f"o{next(NUMBERS)}"
    await make_organization(database, organization_id)
    await fill(database, organization_id, accounts, connectors, integrations)
    token = await make_token(database, organization_id, *scopes, customer_id=customer)
    http.headers["Authorization"] = f"Bearer {token}"

    for each in lists:
        await compare(http, "/v1/connection", PROJECTIONS, each)
    await compare(http, "/v2/connector", PROJECTIONS, catalogue)
    known_connectors = {each["id"] for each in connectors}
    for number, account in enumerate(accounts):
        path = f"/connection/conn_{number}"
        is_expanded = one.get("expand", "").startswith("connector")
        if account["kind"] != "connector" or customer not in (None, account["customer_id"]):
            message = "Connection not found"
        elif is_expanded and account["service"] not in known_connectors:
            message = f"Connector not found for connection conn_{number}"
        else:
            await compare(http, path, PROJECTIONS, one)
            continue
        answer = await http.get(path, params=one)
        assert (answer.status_code, answer.json()["message"]) == (404, message)


@pytest.mark.parametrize(
    ("token", "viewer"),
    [
        ({}, {"role": "org", "orgId": "north"}),
        ({"person_id": "ada"}, {"role": "user", "userId": "ada", "orgId": "north"}),
        ({"customer_id": "carl"}, {"role": "customer", "orgId": "north", "customerId": "carl"}),
        (
            {"customer_id": "carl", "person_id": "ada"},
            {"role": "customer", "orgId": "north", "customerId": "carl"},
        ),
    ],
)
async def test_the_sdk_is_told_who_it_is(http, database, token, viewer) -> None:
    await make_organization(database)
    await insert(database, "north", people=[{"id": "ada"}])
    http.headers["Authorization"] = f"Bearer {await make_token(database, **token)}"
    for prefix in ("", "/v1", "/v2"):
        assert await compare(http, f"{prefix}/viewer", PROJECTIONS) == viewer
    for header, status in ((None, 403), ("Bearer wrong", 401)):
        http.headers.pop("Authorization", None)
        refused = await http.get("/v1/viewer", headers={} if header is None else {"Authorization": header})
        assert (refused.status_code, refused.json()["data"]["path"]) == (status, "viewer")


async def test_a_list_takes_no_more_statements_than_its_successor(http, database) -> None:
    await make_organization(database)
    account = {
        "kind": "connector",
        "status": "healthy",
        "service": "shopify",
        "integration_ref": "int_1",
        "settings": "{}",
    }
    await fill(database, "north", [account] * 50, [{"id": "shopify"}], [{"connector_name": "shopify"}])
    http.headers["Authorization"] = f"Bearer {await make_token(database)}"

    lists = [f"/connection?limit={limit}&expand=connector&include_secrets=true" for limit in (2, 50)]
    assert await compare_statements(database, http, *lists) == 3


DOORS = """
query Doors($own: ID!, $other: ID!) {
  own: node(id: $own) { id }
  other: node(id: $other) { id }
  nodes(ids: [$own, $other]) { id }
  connectedAccounts(orderBy: [{ field: EXTERNAL_REF, direction: ASC }]) { totalCount nodes { externalRef } }
  filtered: connectedAccounts(filter: { connectionRequest: { reason: { isNull: true } } }) { totalCount }
  byRef: connectedAccount(externalRef: "conn_1") { id }
  connectionRequests(filter: { connectedAccounts: { some: {} } }) { totalCount nodes { id } }
  connectors { totalCount }
}
"""


async def test_a_customers_token_sees_its_own_accounts_alone_by_every_door(http, database) -> None:
    await make_organization(database)
    request = {"id": "r1", "kind": "access", "status": "approved", "requested_at": DAY}
    await insert(database, "north", connection_requests=[request])
    account = {"kind": "connector", "status": "healthy", "service": "slack", "connection_request_id": "r1"}
    accounts = [{**account, "customer_id": customer} for customer in ("c1", "c2")]
    await fill(database, "north", accounts, [{"id": "slack"}], [])
    http.headers["Authorization"] = f"Bearer {await make_token(database, customer_id='c1')}"

    own, other = gid("ConnectedAccount", "2"), gid("ConnectedAccount", "1")
    answer = await http.post("/graphql", json={"query": DOORS, "variables": {"own": own, "other": other}})

    assert answer.json() == {
        "data": {
            "own": {"id": own},
            "other": None,
            "nodes": [{"id": own}, None],
            "connectedAccounts": {"totalCount": 1, "nodes": [{"externalRef": "conn_0"}]},
            "filtered": {"totalCount": 0},
            "byRef": None,
            "connectionRequests": {"totalCount": 0, "nodes": []},
            "connectors": {"totalCount": 0},
        }
    }
