"""Rows that share the vendor's uuid: each shows it, a filter finds all of them, and each has an id of its own."""

import pytest

from tests.data import fill
from tests.graph import Graph, gid, open_graph

pytestmark = pytest.mark.anyio

SHARED = {
    "organizations": [{"id": "shared", "name": "Shared"}],
    "people": [{"id": "p1"}],
    "connection_requests": [{"id": "r1"}, {"id": "r2", "kind": "access"}],
    "approvals": [
        {"id": "a1", "connection_request_id": "r1", "person_id": "p1"},
        {"id": "own-a", "connection_request_id": "r2", "person_id": "p1", "vendor_uuid": "a1"},
    ],
    "comments": [
        {"id": "c1", "connection_request_id": "r2", "body": "x"},
        {"id": "own-c", "connection_request_id": "r2", "body": "y", "vendor_uuid": "c1"},
    ],
    "requested_items": [
        {"id": "r2/0", "connection_request_id": "r2", "position": 0},
        {"id": "own-q", "connection_request_id": "r2", "position": 1, "vendor_uuid": "r2/0"},
    ],
    "integrations": [
        {"id": "i1", "connection_request_id": "r1"},
        {"id": "i2", "connection_request_id": "r1", "position": 1},
        {"id": "own-i", "connection_request_id": "r2", "vendor_uuid": "i1"},
    ],
}


@pytest.fixture
async def graph(database, database_url):
    await fill(database, SHARED)
    async with open_graph(database, database_url, "shared") as caller:
        yield caller


async def test_every_row_shows_the_vendors_uuid_and_has_an_id_of_its_own(graph: Graph) -> None:
    found = await graph.ask(
        """{ connectionRequests(orderBy: [{field: KIND, direction: DESC}]) { nodes { approvedBy { id uuid }
            integrations { nodes { id uuid } } comments { nodes { id uuid } }
            requestedItems { nodes { id uuid } } } } }"""
    )

    def named(type_name: str, **rows: str) -> dict:
        return {
            "nodes": [{"id": gid(type_name, id.replace("_", "-")), "uuid": uuid} for id, uuid in rows.items()]
        }

    assert found["connectionRequests"]["nodes"] == [
        {
            "approvedBy": {"id": gid("Approval", "a1"), "uuid": "a1"},
            "integrations": named("Integration", i1="i1", i2="i2"),
            "comments": named("Comment"),
            "requestedItems": named("RequestedItem"),
        },
        {
            "approvedBy": {"id": gid("Approval", "own-a"), "uuid": "a1"},
            "integrations": named("Integration", own_i="i1"),
            "comments": named("Comment", c1="c1", own_c="c1"),
            "requestedItems": {
                "nodes": [
                    {"id": gid("RequestedItem", "r2/0"), "uuid": "r2/0"},
                    {"id": gid("RequestedItem", "own-q"), "uuid": "r2/0"},
                ]
            },
        },
    ]


FILTERS = {
    '{eq: "i1"}': ["i1", "own-i"],
    '{eq: "own-i"}': [],
    '{in: ["i1", "i2", "own-i"]}': ["i1", "i2", "own-i"],
    '{notIn: ["i1"]}': ["i2"],
    '{ne: "i2"}': ["i1", "own-i"],
    '{contains: "N"}': [],
    '{startsWith: "I1"}': ["i1", "own-i"],
    "{eq: null}": [],
    "{ne: null}": ["i1", "i2", "own-i"],
    "{isNull: true}": [],
    "{isNull: false}": ["i1", "i2", "own-i"],
    '{eq: "i1", ne: "i1"}': [],
    "{}": ["i1", "i2", "own-i"],
}


@pytest.mark.parametrize("given", FILTERS)
async def test_a_filter_by_uuid_finds_every_row_of_it(graph: Graph, given: str) -> None:
    found = await graph.ask(f"{{ integrations(filter: {{uuid: {given}}}) {{ totalCount nodes {{ id }} }} }}")
    wanted = [gid("Integration", id) for id in FILTERS[given]]
    assert sorted(each["id"] for each in found["integrations"]["nodes"]) == sorted(wanted)
    assert found["integrations"]["totalCount"] == len(wanted)


async def test_parents_are_found_by_the_uuid_of_their_children(graph: Graph) -> None:
    query = """query ($uuid: String!) { connectionRequests(orderBy: [{field: KIND, direction: DESC}],
        filter: {or: [{integrations: {some: {uuid: {eq: $uuid}}}}, {requestedItems: {some: {uuid: {eq: $uuid}}}}]})
        { nodes { uuid } } }"""
    assert await graph.ask(query, uuid="i1") == {
        "connectionRequests": {"nodes": [{"uuid": "r1"}, {"uuid": "r2"}]}
    }
    assert await graph.ask(query, uuid="r2/0") == {"connectionRequests": {"nodes": [{"uuid": "r2"}]}}


async def test_a_row_is_found_by_its_own_id_alone(graph: Graph) -> None:
    ids = [gid("Integration", each) for each in ("i1", "own-i", "own-a")]
    found = await graph.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Integration { uuid } } }", ids=ids
    )
    assert found == {"nodes": [{"id": ids[0], "uuid": "i1"}, {"id": ids[1], "uuid": "i1"}, None]}
