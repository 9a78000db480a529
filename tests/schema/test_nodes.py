"""Finding objects by their global ids."""

import pytest

from gateway.schema.schema import make_schema
from tests.graph import gid

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
    "ConnectedAccount": "acc1",
}
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
    own = "uuid: name" if type_name == "Connector" else "uuid"
    query = f"query ($id: ID!) {{ node(id: $id) {{ __typename id ... on {type_name} {{ {own} }} }} }}"
    assert await graph.ask(query, id=gid(type_name, record_id)) == {
        "node": {"__typename": type_name, "id": gid(type_name, record_id), "uuid": record_id}
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


async def test_a_connection_request_by_either_id(graph):
    query = """query ($id: ID, $uuid: String) { connectionRequest(id: $id, uuid: $uuid) { uuid } }"""
    found = {"connectionRequest": {"uuid": "r1"}}
    absent = {"connectionRequest": None}
    assert await graph.ask(query, uuid="r1") == found
    assert await graph.ask(query, id=gid("ConnectionRequest", "r1")) == found
    assert await graph.ask(query, id=gid("Person", "ada")) == absent
    for each in NOBODYS:
        assert await graph.ask(query, id=each) == absent
        assert await graph.ask(query, uuid=each) == absent
    for uuid in ("s1", "r1 ", "R1", gid("ConnectionRequest", "r1")):
        assert await graph.ask(query, uuid=uuid) == absent


@pytest.mark.parametrize("arguments", ["", "(id: null)", '(id: "x", uuid: "r1")', "(uuid: null, id: null)"])
async def test_exactly_one_id_of_a_connection_request(graph, arguments):
    assert await graph.refused(f"{{ connectionRequest{arguments} {{ uuid }} }}") == [
        ("BAD_USER_INPUT", "Give exactly one of `id` and `uuid`.")
    ]


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
        "ApiToken",
    }  # which administrators see: tests/schema/mutations/test_administration.py
