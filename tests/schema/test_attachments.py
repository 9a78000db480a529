"""A file is attached to several requests: both sides page, filter, count and keep the cursors that are in use."""

import pytest

from tests.data import at, fill
from tests.graph import Graph, gid, open_graph

pytestmark = pytest.mark.anyio

SHARED = {
    "organizations": [{"id": "shared", "name": "Shared"}],
    "connection_requests": [
        {"id": "late", "org_name": "Late", "requested_at": at("2018-01-03")},
        {"id": "early", "org_name": "Early", "requested_at": at("2018-01-01")},
        {"id": "middle", "kind": "access", "requested_at": at("2018-01-02")},
        {"id": "bare", "requested_at": at("2018-01-04")},
    ],
    "files": [
        {"id": "f1", "name": "a.csv"},
        {"id": "f2", "name": "b.csv", "position": 1},
        {"id": "own", "name": "b, again", "position": 2, "vendor_uuid": "f2"},
        {"id": "loose", "name": "loose"},
    ],
    "file_attachments": [
        {"id": "1", "connection_request_id": "late", "file_id": "f1", "position": 1},
        {"id": "2", "connection_request_id": "late", "file_id": "f2"},
        {"id": "3", "connection_request_id": "early", "file_id": "f1"},
        {"id": "4", "connection_request_id": "middle", "file_id": "f2", "position": 5},
        {"id": "5", "connection_request_id": "middle", "file_id": "f1", "position": 3},
        {"id": "6", "connection_request_id": "middle", "file_id": "own", "position": 4},
    ],
}


@pytest.fixture
async def graph(database, database_url):
    await fill(database, SHARED)
    async with open_graph(database, database_url, "shared") as caller:
        yield caller


def uuids(connection: dict) -> list[str]:
    return [each["uuid"] for each in connection["nodes"]]


async def test_each_request_lists_its_files_in_its_own_order(graph: Graph) -> None:
    found = await graph.ask(
        """{ connectionRequests { nodes { uuid uploadedFiles { totalCount nodes { uuid }
            pageInfo { hasNextPage } } last: uploadedFiles(last: 1) { nodes { name } }
            named: uploadedFiles(orderBy: {field: NAME, direction: DESC}, filter: {name: {contains: "b"}}) {
                totalCount nodes { name } } } } }"""
    )
    requests = {each["uuid"]: each for each in found["connectionRequests"]["nodes"]}
    assert {id: uuids(each["uploadedFiles"]) for id, each in requests.items()} == {
        "bare": [],
        "late": ["f2", "f1"],
        "middle": ["f1", "f2", "f2"],
        "early": ["f1"],
    }
    assert [each["uploadedFiles"]["totalCount"] for each in requests.values()] == [0, 2, 3, 1]
    assert requests["middle"]["last"] == {"nodes": [{"name": "b.csv"}]}
    assert requests["middle"]["named"] == {
        "totalCount": 2,
        "nodes": [{"name": "b.csv"}, {"name": "b, again"}],
    }
    assert requests["early"]["named"] == {"totalCount": 0, "nodes": []}


async def test_each_file_lists_its_requests_the_earliest_first(graph: Graph) -> None:
    found = await graph.ask(
        """{ files(orderBy: {field: NAME}) { nodes { name connectionRequest { uuid orgName }
            connectionRequests { totalCount nodes { uuid uploadedFiles { totalCount } } }
            access: connectionRequests(filter: {kind: {eq: ACCESS}}) { totalCount nodes { uuid } }
            latest: connectionRequests(first: 1, orderBy: {field: REQUESTED_AT, direction: DESC}) {
                nodes { uuid } pageInfo { hasNextPage } } } } }"""
    )
    a_csv, again, b_csv, loose = found["files"]["nodes"]
    assert a_csv == {
        "name": "a.csv",
        "connectionRequest": {"uuid": "early", "orgName": "Early"},
        "connectionRequests": {
            "totalCount": 3,
            "nodes": [
                {"uuid": "early", "uploadedFiles": {"totalCount": 1}},
                {"uuid": "middle", "uploadedFiles": {"totalCount": 3}},
                {"uuid": "late", "uploadedFiles": {"totalCount": 2}},
            ],
        },
        "access": {"totalCount": 1, "nodes": [{"uuid": "middle"}]},
        "latest": {"nodes": [{"uuid": "late"}], "pageInfo": {"hasNextPage": True}},
    }
    assert (uuids(b_csv["connectionRequests"]), uuids(again["connectionRequests"])) == (
        ["middle", "late"],
        ["middle"],
    )
    assert (loose["connectionRequest"], loose["connectionRequests"]) == (None, {"totalCount": 0, "nodes": []})


FILTERS = {
    '{connectionRequest: {uuid: {eq: "late"}}}': ["a.csv", "b.csv"],
    '{connectionRequests: {some: {uuid: {in: ["late", "early"]}}}}': ["a.csv", "b.csv"],
    "{connectionRequests: {every: {kind: {eq: ACCESS}}}}": ["b, again", "loose"],
    "{connectionRequests: {none: {kind: {eq: ACCESS}}}}": ["loose"],
    '{connectionRequests: {some: {uploadedFiles: {some: {name: {startsWith: "b,"}}}}}}': [
        "a.csv",
        "b, again",
        "b.csv",
    ],
    '{uuid: {eq: "f2"}}': ["b, again", "b.csv"],
    "{not: {connectionRequest: {}}}": ["loose"],
}


@pytest.mark.parametrize("given", FILTERS)
async def test_files_are_found_by_their_requests(graph: Graph, given: str) -> None:
    found = await graph.ask(
        f"{{ files(filter: {given}, orderBy: {{field: NAME}}) {{ totalCount nodes {{ name }} }} }}"
    )
    names = [each["name"] for each in found["files"]["nodes"]]
    assert (names, found["files"]["totalCount"]) == (FILTERS[given], len(FILTERS[given]))


REQUESTS = {
    '{some: {uuid: {eq: "f2"}}}': ["late", "middle"],
    "{every: {size: {isNull: true}}}": ["bare", "early", "late", "middle"],
    '{every: {uuid: {eq: "f1"}}}': ["bare", "early"],
    '{none: {uuid: {eq: "f2"}}}': ["bare", "early"],
}


@pytest.mark.parametrize("given", REQUESTS)
async def test_requests_are_found_by_their_files(graph: Graph, given: str) -> None:
    found = await graph.ask(
        f"{{ connectionRequests(filter: {{uploadedFiles: {given}}}) {{ nodes {{ uuid }} }} }}"
    )
    assert sorted(uuids(found["connectionRequests"])) == REQUESTS[given]


async def test_both_sides_walk_by_cursors(graph: Graph) -> None:
    query = """query ($id: ID!, $after: String) { node(id: $id) {
        ... on File { connectionRequests(first: 1, after: $after) { edges { cursor node { uuid } } } }
        ... on ConnectionRequest { uploadedFiles(first: 1, after: $after) { edges { cursor node { name } } } } } }"""
    walks = {}
    for id in (gid("File", "f1"), gid("ConnectionRequest", "middle")):
        after, seen = None, []
        while True:
            [page] = (await graph.ask(query, id=id, after=after))["node"].values()
            if not page["edges"]:
                break
            after = page["edges"][0]["cursor"]
            seen += page["edges"][0]["node"].values()
        walks[id] = seen
    assert [*walks.values()] == [["early", "middle", "late"], ["a.csv", "b, again", "b.csv"]]


async def test_cursors_in_use_lead_to_where_they_led(client: Graph) -> None:
    """As they were written when each file was attached to one request."""
    found = await client.ask(
        """{ files(after: "WzEsIjFhZjUzYjE1IiwiMjAxOC0wNC0wOVQwMDowMDowMCswMDowMCIsImYzIl0") { nodes { uuid } }
            connectionRequest(uuid: "r1") {
                uploadedFiles(after: "WzEsIjU5MWU4N2EwIiwwLCJmMSJd") { nodes { uuid } } } }"""
    )
    assert uuids(found["files"]) == ["f2", "f4", "f1"]
    assert uuids(found["connectionRequest"]["uploadedFiles"]) == ["f2"]


async def test_every_relation_takes_one_statement(graph: Graph) -> None:
    statements = await graph.statements(
        """{ files { nodes { connectionRequest { orgName } connectionRequests { nodes { uuid
            uploadedFiles { nodes { uuid } } } } } } }"""
    )
    assert len(statements) == 4
