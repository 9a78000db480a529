"""Finding objects by their global ids."""

import base64

import pytest

from gateway.db import tables as db
from gateway.schema.schema import make_schema
from tests.data import changing
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

KNOWN = {
    "Organization": "north",
    "Person": "ada",
    "ConnectionRequest": "r1",
    "Approval": "a1",
    "Comment": "c1",
    "RequestedItem": "q1",
    "Integration": "i1",
    "File": "f1",
    "Connector": "hubspot",
    "ConnectorIntegration": "int_1",
    "ConnectedAccount": "acc1",
    "Decision": "r1",
}
OWN = {"Connector": "uuid: name", "Decision": "uuid: __typename"}
NOBODYS = [
    gid("ConnectionRequest", "s1"),
    gid("Organization", "south"),
    gid("Integration", "s-i1"),
    gid("Person", "nobody"),
    gid("Person", ""),
    gid("person", "ada"),
    gid("Nothing", "ada"),
    gid("Query", "ada"),
    gid("api_tokens", "ada"),
    gid("Viewer", "ada"),
    "",
    "ada",
    "Person:ada",
    "UGVyc29uOmFkYQ",  # without its padding
    "UGVyc29uOmFkYQ== ",
    "UGVyc29uOmFkYQ==\n",
    "UGVy c29uOmFkYQ==",
    "////",
    "äöü",
    "=" * 1000,
    gid("Person", "x" * 10_000),
]


@pytest.mark.parametrize(("type_name", "record_id"), KNOWN.items())
async def test_every_type_is_found_by_its_global_id(graph, type_name, record_id):
    own = OWN.get(type_name, "uuid")
    query = f"query ($id: ID!) {{ node(id: $id) {{ __typename id ... on {type_name} {{ {own} }} }} }}"
    assert await graph.ask(query, id=gid(type_name, record_id)) == {
        "node": {
            "__typename": type_name,
            "id": gid(type_name, record_id),
            "uuid": "Decision" if type_name == "Decision" else record_id,
        }
    }


async def test_a_node_of_which_only_the_interface_is_asked(graph):
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert await graph.ask(query, id=gid("File", "f1")) == {"node": {"id": gid("File", "f1")}}


async def test_what_is_not_to_be_seen_is_null_whatever_the_reason(graph):
    query = "query ($id: ID!) { node(id: $id) { __typename } }"
    for each in NOBODYS:
        assert await graph.answer(query, id=each) == {"data": {"node": None}}, each
    assert await graph.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=NOBODYS) == {
        "nodes": [None] * len(NOBODYS)
    }


async def test_nodes_keep_order_and_repetition(graph):
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on Person { firstName } ... on ConnectionRequest { orgName requester { firstName } } } }"""
    person, request, other = gid("Person", "ada"), gid("ConnectionRequest", "r1"), gid("File", "f1")
    found = await graph.ask(query, ids=[request, person, gid("Person", "sam"), other, person, "?", request])
    as_person = {"__typename": "Person", "id": person, "firstName": "Ada"}
    as_request = {
        "__typename": "ConnectionRequest",
        "id": request,
        "orgName": "Baz Boutique",
        "requester": {"firstName": "Ada"},
    }
    assert found["nodes"] == [
        as_request,
        as_person,
        None,
        {"__typename": "File", "id": other},
        as_person,
        None,
        as_request,
    ]


async def test_a_decision_is_named_by_its_request_whoever_tells_of_it(graph):
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Decision { outcome decidedBy { firstName } } }
        connectionRequest(uuid: "r5") { decision { id decidedAt } } }"""
    ids = [gid("Decision", each) for each in ("r5", "r2", "r1", "s1", "nobody")]
    assert await graph.ask(query, ids=ids) == {
        "nodes": [
            {"id": ids[0], "outcome": "APPROVED", "decidedBy": {"firstName": "Bob"}},
            None,
            {"id": ids[2], "outcome": "APPROVED", "decidedBy": {"firstName": "Ada"}},
            None,
            None,
        ],
        "connectionRequest": {"decision": {"id": ids[0], "decidedAt": None}},
    }


async def test_nodes_take_no_id_one_id_and_a_thousand(graph):
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await graph.ask(query, ids=[]) == {"nodes": []}
    assert await graph.ask(query, ids=gid("Person", "ada")) == {"nodes": [{"id": gid("Person", "ada")}]}
    ids = [gid("Person", f"nobody {number}") for number in range(999)] + [gid("Person", "ada")]
    found = await graph.ask(query, ids=ids)
    assert found["nodes"] == [None] * 999 + [{"id": gid("Person", "ada")}]
    assert await graph.refused(query, ids=[*ids, ids[0]]) == [
        ("BAD_USER_INPUT", "`ids` takes at most 1000 ids, not 1001.")
    ]


ROOTS = {
    "connectionRequest": ("ConnectionRequest", "uuid", "r1", "s1"),
    "person": ("Person", "uuid", "ada", "sam"),
    "integration": ("Integration", "uuid", "i2", "s-i1"),
    "file": ("File", "uuid", "f2", "s-f1"),
    "connector": ("Connector", "name", "hubspot", "s-conn"),
}


@pytest.mark.parametrize("field", ROOTS)
async def test_one_object_by_either_id(graph, field):
    type_name, own, known, souths = ROOTS[field]
    query = f"query ($id: ID, $own: String) {{ {field}(id: $id, {own}: $own) {{ {own} }} }}"
    found, absent = {field: {own: known}}, {field: None}
    assert await graph.ask(query, own=known) == found
    assert await graph.ask(query, id=gid(type_name, known)) == found
    for each in NOBODYS:
        expected = found if each == known else absent
        assert await graph.ask(query, own=each) == expected
        if TYPE_OF.get(each, type_name) == type_name:
            assert await graph.ask(query, id=each) == expected
    assert await graph.ask(query, id=known) == found
    for each in (souths, f"{known} ", known.upper(), gid(type_name, known)):
        assert await graph.ask(query, own=each) == absent
    for each in (souths, f"{known} ", known.upper()):
        assert await graph.ask(query, id=each) == absent
    assert len(await graph.statements(query, own=known)) == 1
    for given in ({}, {"id": None}, {"id": gid(type_name, known), "own": known}, {"id": None, "own": None}):
        assert await graph.refused(query, **given) == [
            ("BAD_USER_INPUT", f"Give exactly one of `id` and `{own}`.")
        ]


TYPE_OF = {each: base64.b64decode(each).decode().partition(":")[0] for each in NOBODYS[:3]}
TYPE_OF |= {gid("Person", "nobody"): "Person", gid("Person", "x" * 10_000): "Person"}


@pytest.mark.parametrize("field", [*ROOTS, "connectedAccount"])
async def test_an_id_of_another_type_is_told_so(graph, field):
    wanted = f"{field[0].upper()}{field[1:]}"
    article = "an" if wanted == "Integration" else "a"
    query = f"query ($id: ID) {{ {field}(id: $id) {{ id }} }}"
    for type_name, record_id in KNOWN.items():
        if type_name == wanted:
            continue
        found = "an" if type_name[0] in "AIO" else "a"
        message = f"This is the id of {found} {type_name}, not of {article} {wanted}."
        for each in (record_id, "nobody"):
            assert await graph.refused(query, id=gid(type_name, each)) == [("BAD_USER_INPUT", message)]


async def test_a_vendors_id_that_several_rows_have_names_none_of_them(client, database):
    async with changing(database, "north") as write:
        request = {"connection_request_id": "r3", "position": 0, "integration_type": "items"}
        await write.insert(
            db.integrations,
            [{"id": "n1", "vendor_uuid": "i1", **request}, {"id": "n2", "vendor_uuid": "only", **request}],
        )
    query = "query ($uuid: String) { integration(uuid: $uuid) { id uuid type } }"
    assert await client.ask(query, uuid="only") == {
        "integration": {"id": gid("Integration", "n2"), "uuid": "only", "type": "ITEM"}
    }
    assert await client.ask(query, uuid="n2") == {"integration": None}
    message = (
        "Several integrations have this uuid. Ask for one by its `id`, or for all by "
        "`integrations(filter: {uuid: …})`."
    )
    assert await client.refused(query, uuid="i1") == [("CONFLICT", message)]


def test_what_is_deprecated_says_why():
    """Fields, arguments, members of inputs and values of enums."""
    schema = make_schema()._schema
    reasons = [
        reason
        for each in schema.type_map.values()
        if not each.name.startswith("__")
        for part in (*getattr(each, "fields", {}).values(), *getattr(each, "values", {}).values())
        for reason in (
            part.deprecation_reason,
            *(argument.deprecation_reason for argument in getattr(part, "args", {}).values()),
        )
        if reason is not None
    ]
    assert reasons
    assert all(reason.endswith(".") and "`" in reason for reason in reasons)


def test_the_cases_know_every_type_with_an_id():
    schema = make_schema()._schema
    with_id = {
        name
        for name, each in schema.type_map.items()
        if "id" in getattr(each, "fields", {}) and name != "Node" and not name.endswith(("Filter", "Input"))
    }
    assert with_id == {each.name for each in schema.get_possible_types(schema.get_type("Node"))}
    assert with_id == {
        *KNOWN,
        "ApiToken",  # which administrators see: tests/schema/mutations/test_administration.py
        "Event",  # which they see, too: tests/schema/mutations/test_events.py
        "FileUpload",  # which who may write sees: tests/schema/mutations/test_files.py
        "WebhookAttempt",
        "WebhookEndpoint",
    }


async def test_what_is_for_administrators_is_found_by_them(store, store_url, graph):
    ids = [gid("WebhookEndpoint", "hook"), gid("WebhookAttempt", "try1")]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { id
        ... on WebhookEndpoint { attempts { edges { node { id } } } } ... on WebhookAttempt { outcome } } }"""
    assert (await graph.ask(query, ids=ids))["nodes"] == [None, None]
    async with open_graph(store, store_url, "north", ["read", "admin"]) as caller:
        assert (await caller.ask(query, ids=ids))["nodes"] == [
            {"id": ids[0], "attempts": {"edges": [{"node": {"id": ids[1]}}]}},
            {"id": ids[1], "outcome": "DELIVERED"},
        ]


def test_every_edge_leads_to_an_object_with_an_id():
    """Relay's and other caches keep the rows of a list by their ids."""
    schema = make_schema()._schema
    nodes = {each.name for each in schema.get_possible_types(schema.get_type("Node"))}
    edges = [each for name, each in schema.type_map.items() if name.endswith("Edge")]
    assert len(edges) > 10
    assert {str(each.fields["node"].type).rstrip("!") for each in edges} <= nodes
