"""Other organizations, customers' tokens and tokens without a scope: they get nothing, by every door of the graph."""

from contextlib import asynccontextmanager

import pytest
from graphql import is_required_argument

from gateway.administration import create_organization
from gateway.schema.schema import make_schema
from tests.data import NORTH, SOUTH
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

SCHEMA = make_schema()._schema
ROOTS = SCHEMA.query_type.fields
LISTS = [name for name, field in ROOTS.items() if str(field.type).endswith("Connection!")]
OWN = {"viewer", "organization"}  # what a token says of itself and of its own organization
COUNTS = {"connectionRequestCounts"}
EVENTS = {"events", "eventCursor"}  # tests/schema/mutations/test_events.py
WEBHOOKS = {"webhookEndpoints"}  # tests/webhooks/test_endpoints.py
BY_ID = {
    "node",
    "nodes",
    "connectionRequest",
    "connectedAccount",
    "person",
    "file",
    "integration",
    "connector",
    "webhookEndpoint",
}
TYPES = {each.name for each in SCHEMA.get_possible_types(SCHEMA.get_type("Node"))}
TABLES = {
    "Organization": "organizations",
    "Person": "people",
    "ConnectionRequest": "connection_requests",
    "Approval": "approvals",
    "Comment": "comments",
    "RequestedItem": "requested_items",
    "Integration": "integrations",
    "File": "files",
    "Connector": "connectors",
    "ConnectedAccount": "connected_accounts",
    "ConnectorIntegration": "connector_integrations",
    "ApiToken": "api_tokens",
    "Decision": "approvals",  # of which documents tell
    "FileUpload": "file_uploads",
    "WebhookEndpoint": "webhook_endpoints",
    "WebhookAttempt": "webhook_attempts",
}
NORTHS = [
    gid(name, row["connection_request_id" if name == "Decision" else "id"])
    for name, table in TABLES.items()
    for row in NORTH[table]
] + [gid("Event", "north:1")]

EMPTY_LIST = {
    "totalCount": 0,
    "nodes": [],
    "edges": [],
    "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
}


def list_query(field):
    return f"""query ($after: String, $before: String) {{ {field}(after: $after, before: $before) {{
        totalCount nodes {{ id }} edges {{ cursor node {{ id }} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""


def test_every_root_field_is_looked_at():
    assert set(LISTS) | OWN | BY_ID | COUNTS | EVENTS | WEBHOOKS == set(ROOTS)
    assert {name for name in ROOTS if any(map(is_required_argument, ROOTS[name].args.values()))} <= BY_ID
    assert {*TABLES, "Event"} == TYPES
    # Mutations: tests/schema/mutations/test_every_mutation.py; subscriptions: tests/streams/test_tenancy.py


@pytest.fixture(scope="module")
def callers(store, store_url):
    """Opens a caller who must not see anything of `north`, by name."""

    @asynccontextmanager
    async def open_(name):
        if name == "without read":
            opened = open_graph(store, store_url, "north", ["write", "approve", "secrets", "admin"])
        elif name == "customer":
            opened = open_graph(store, store_url, "north", customer_id="nobody")
        else:
            opened = open_graph(store, store_url, "south")
        async with opened as caller:
            yield caller

    return open_


@pytest.mark.parametrize("field", LISTS)
async def test_lists_are_empty_for_another_customer(callers, field):
    async with callers("customer") as caller:
        assert await caller.ask(list_query(field)) == {field: EMPTY_LIST}
        if field != "connectedAccounts":
            assert await caller.statements(list_query(field)) == []


COUNTED = """query ($filter: ConnectionRequestFilter) {
    connectionRequestCounts(filter: $filter) { status count } }"""


async def test_counts_are_those_of_the_viewers_own_rows(callers):
    for filter in (None, {"kind": {"eq": "TRADING_PARTNER"}}, {"orgName": {"contains": "o"}}):
        for name, counts in (("customer", [0, 0, 0, 0]), ("south", [2, 0, 0, 0])):
            async with callers(name) as caller:
                found = (await caller.ask(COUNTED, filter=filter))["connectionRequestCounts"]
                assert [each["count"] for each in found] == counts
        async with callers("without read") as caller:
            refused = [("FORBIDDEN", "This needs a token with the scope `read`.")]
            assert await caller.refused(COUNTED, filter=filter) == refused


@pytest.mark.parametrize("field", LISTS)
async def test_a_token_without_read_is_told_so_whatever_is_there(callers, field):
    refused = [("FORBIDDEN", "This needs a token with the scope `read`.")]
    async with callers("without read") as caller:
        assert await caller.refused(list_query(field)) == refused
        for node_id in [*NORTHS, gid("Person", "there is none")]:
            assert await caller.refused("query ($id: ID!) { node(id: $id) { id } }", id=node_id) == refused


@pytest.mark.parametrize("field", LISTS)
async def test_the_south_sees_the_south_alone_with_its_own_count(callers, graph, field):
    norths = (await graph.ask(list_query(field)))[field]
    async with callers("south") as caller:
        souths = (await caller.ask(list_query(field)))[field]
        table = next(
            table for name, table in TABLES.items() if ROOTS[field].type.of_type.name == f"{name}Connection"
        )
        assert souths["totalCount"] == len(souths["nodes"]) == len(SOUTH[table])
        type_name = next(name for name in TABLES if TABLES[name] == table)
        ids = {gid(type_name, row["id"]) for row in SOUTH[table]}
        assert {each["id"] for each in souths["nodes"]} == ids
        # A cursor is a place in an order: it shows no row that it was made of.
        for edge in norths["edges"]:
            for bound in ("after", "before"):
                page = (await caller.ask(list_query(field), **{bound: edge["cursor"]}))[field]
                assert page["totalCount"] == len(SOUTH[table])
                assert {each["id"] for each in page["nodes"]} <= ids


@pytest.mark.parametrize("name", ["customer", "empty"])
async def test_what_is_not_yours_is_answered_like_what_is_absent(callers, store, store_url, name):
    unknown = [gid(type_name, "there is none") for type_name in sorted(TYPES)]
    queries = [
        ("query ($id: ID!) { node(id: $id) { id __typename } }", "id", NORTHS, unknown),
        ("query ($id: ID!) { nodes(ids: [$id]) { id __typename } }", "id", NORTHS, unknown),
        *[
            (
                f"query ($id: ID) {{ {name}(id: $id) {{ id }} }}",
                "id",
                [gid(type_name, row["id"]) for row in NORTH[TABLES[type_name]]],
                [gid(type_name, "there is none"), "?"],
            )
            for name in BY_ID - {"node", "nodes"}
            for type_name in [f"{name[0].upper()}{name[1:]}"]
        ],
        ("query ($x: String) { person(uuid: $x) { id } }", "x", ["ada", "bob"], ["none"]),
        ("query ($x: String) { integration(uuid: $x) { id } }", "x", ["i1", "i2"], ["none"]),
        ("query ($x: String) { file(uuid: $x) { id } }", "x", ["f1", "f2"], ["none"]),
        ("query ($x: String) { connector(name: $x) { id } }", "x", ["hubspot", "acme"], ["none"]),
        ("query ($x: String) { webhookEndpoint(uuid: $x) { id } }", "x", ["hook"], ["none"]),
        ("query ($x: String) { connectionRequest(uuid: $x) { id } }", "x", ["r1", "r5"], ["none"]),
        ("query ($x: ID) { connectionRequest(id: $x) { id } }", "x", ["r1", "r5"], ["none"]),
        ("query ($x: Int) { connectedAccount(number: $x) { id } }", "x", [1, 2], [99]),
        (
            "query ($x: String) { connectedAccount(externalRef: $x) { id } }",
            "x",
            ["conn_hubspot_1"],
            ["none"],
        ),
    ]
    opened = callers(name)
    if name == "empty":
        organization = await create_organization(store, "Empty")
        opened = open_graph(store, store_url, organization)
    async with opened as caller:
        caller.http.headers["x-request-id"] = "the-same"
        for query, variable, given, absent in queries:
            expected = await caller.post(query, {variable: absent[0]})
            assert expected.status_code == 200
            assert "errors" not in expected.json()
            for each in [*given, *absent]:
                answer = await caller.post(query, {variable: each})
                assert (answer.status_code, answer.content, sorted(answer.headers.items())) == (
                    expected.status_code,
                    expected.content,
                    sorted(expected.headers.items()),
                ), each


async def test_the_same_id_is_another_row_for_each(graph, callers):
    query = """query ($id: ID!) { node(id: $id) { ... on ConnectionRequest { orgName
        requester { firstName } approvedBy { id } organization { name } integrations { totalCount nodes { uuid } }
        comments { totalCount nodes { body } } uploadedFiles { totalCount } requestedItems { totalCount } } } }"""
    async with callers("south") as caller:
        assert await caller.ask(query, id=gid("ConnectionRequest", "r1")) == {
            "node": {
                "orgName": "South only",
                "requester": {"firstName": "Sue"},
                "approvedBy": None,
                "organization": {"name": "South Supplies"},
                "integrations": {"totalCount": 1, "nodes": [{"uuid": "s-i1"}]},
                "comments": {"totalCount": 1, "nodes": [{"body": "of the south"}]},
                "uploadedFiles": {"totalCount": 0},
                "requestedItems": {"totalCount": 0},
            }
        }
    found = await graph.ask(query, id=gid("ConnectionRequest", "r1"))
    assert (found["node"]["orgName"], found["node"]["comments"]["totalCount"]) == ("Baz Boutique", 3)


async def test_filters_over_relations_stay_inside_the_organization(graph, callers):
    queries = [
        '{ connectionRequests(filter: {requester: {firstName: {eq: "%s"}}}) { totalCount nodes { uuid } } }',
        '{ connectionRequests(filter: {approvedBy: {firstName: {eq: "%s"}}}) { totalCount nodes { uuid } } }',
        '{ integrations(filter: {connectionRequest: {orgName: {startsWith: "%s"}}}) { totalCount nodes { uuid } } }',
    ]
    for query, of_north, of_south in zip(
        queries, ("Ada", "Ada", "Baz"), ("Sue", "Sam", "South"), strict=True
    ):
        nothing = {"totalCount": 0, "nodes": []}
        async with callers("south") as caller:
            assert list((await caller.ask(query % of_north)).values()) == [nothing]
            assert list((await caller.ask(query % of_south)).values()) != [nothing]
        assert list((await graph.ask(query % of_south)).values()) == [nothing]
    texts = """{ integrations(filter: {dueBetween: {from: "2018-04-09T03:00Z", to: "2018-04-09T03:01Z"}}) {
        totalCount } }"""
    assert await graph.ask(texts) == {"integrations": {"totalCount": 0}}
    async with callers("south") as caller:
        assert await caller.ask(texts) == {"integrations": {"totalCount": 1}}


ME = "{ viewer { name scopes customerId person { uuid } organization { name } } }"


async def test_a_customers_token_sees_that_customers_accounts_and_nothing_else(store, store_url):
    async with open_graph(store, store_url, "north", customer_id="cus1") as caller:
        for field in LISTS:
            found = (await caller.ask(list_query(field)))[field]
            if field == "connectedAccounts":
                assert found["totalCount"] == 1
                assert [each["id"] for each in found["nodes"]] == [gid("ConnectedAccount", "acc1")]
            else:
                assert found == EMPTY_LIST
        query = """{ connectedAccounts { nodes { customerId connector { displayName } connectionRequest { uuid } } }
            a: connectedAccount(number: 1) { uuid } b: connectedAccount(number: 2) { uuid } }"""
        assert await caller.ask(query) == {
            "connectedAccounts": {
                "nodes": [
                    {"customerId": "cus1", "connector": {"displayName": "HubSpot"}, "connectionRequest": None}
                ]
            },
            "a": {"uuid": "acc1"},
            "b": None,
        }
        guesses = [
            ({"connectionRequest": {}}, 0),
            ({"connectionRequest": {"orgName": {"startsWith": "Baz"}}}, 0),
            ({"connectionRequest": {"connectedAccounts": {"some": {"uuid": {"eq": "acc1"}}}}}, 0),
            ({"not": {"connectionRequest": {"orgName": {"startsWith": "Baz"}}}}, 1),
            ({"not": {"connectionRequest": {"orgName": {"startsWith": "x"}}}}, 1),
        ]
        for guess, count in guesses:
            query = "query ($f: ConnectedAccountFilter) { connectedAccounts(filter: $f) { totalCount } }"
            assert await caller.ask(query, f=guess) == {"connectedAccounts": {"totalCount": count}}, guess
        assert await caller.ask(ME) == {
            "viewer": {
                "name": "test",
                "scopes": ["read", "secrets"],
                "customerId": "cus1",
                "person": None,
                "organization": None,
            }
        }
        assert await caller.refused("{ organization { name } }") == [
            ("NOT_FOUND", "This token is limited to a customer and cannot see the organization.")
        ]


async def test_a_token_without_read_learns_what_it_may_do_and_nothing_else(callers):
    async with callers("without read") as caller:
        assert await caller.ask("{ viewer { name scopes customerId } }") == {
            "viewer": {"name": "test", "scopes": ["admin", "approve", "secrets", "write"], "customerId": None}
        }
        refused = [("FORBIDDEN", "This needs a token with the scope `read`.")]
        assert await caller.refused("{ organization { name } }") == refused
        assert await caller.refused("{ viewer { organization { name } } }") == refused


async def test_a_persons_token_names_the_person(store, store_url):
    async with open_graph(store, store_url, "north", person_id="ada") as caller:
        assert (await caller.ask(ME))["viewer"]["person"] == {"uuid": "ada"}
