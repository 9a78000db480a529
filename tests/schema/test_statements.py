"""What queries cost: how many SQL statements, and which columns they read."""

import re

import pytest

from gateway.db import tables
from gateway.db.database import open_database
from gateway.db.writes import Changes
from tests.conftest import fresh_database
from tests.data import at, fill
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

PARENTS = 100


def many():
    """A hundred requests, each with children of every sort; nobody plays two parts."""
    numbers = range(PARENTS)
    return {
        "organizations": [{"id": "wide", "name": "Wide"}],
        "people": [
            {"id": f"{part}{n}"} for part in ("asks", "gets", "approves", "writes") for n in range(10)
        ],
        "connection_requests": [
            {
                "id": f"r{n}",
                "org_name": f"Org {n}",
                "status": "approved" if n % 3 else "pending",
                "requester_id": f"asks{n % 10}",
                "target_user_id": f"gets{n % 10}",
                "requested_at": at("2018-01-01").replace(hour=n % 24),
            }
            for n in numbers
        ],
        "approvals": [
            {"id": f"a{n}", "connection_request_id": f"r{n}", "person_id": f"approves{n % 10}"}
            for n in numbers
        ],
        "comments": [
            {"id": f"c{n}", "connection_request_id": f"r{n}", "author_id": f"writes{n % 10}", "body": "x"}
            for n in numbers
        ],
        "integrations": [
            {
                "id": f"i{n}-{m}",
                "connection_request_id": f"r{n}",
                "position": m,
                "update_frequency": "0 3 * * *",
            }
            for n in numbers
            for m in range(n % 5 + 1)
        ],
        "files": [{"id": f"f{n}-{m}", "position": m, "name": "x"} for n in numbers for m in range(n % 4 + 1)],
        "file_attachments": [
            {"id": f"f{n}-{m}", "connection_request_id": f"r{n}", "position": m, "file_id": f"f{n}-{m}"}
            for n in numbers
            for m in range(n % 4 + 1)
        ],
    }


@pytest.fixture(scope="module")
def wide_url(request, store_kind, tmp_path_factory):
    with fresh_database(store_kind, request, tmp_path_factory.mktemp("wide")) as url:
        yield url


@pytest.fixture(scope="module")
async def wide(wide_url, anyio_backend):
    opened = open_database(wide_url, connections=4)
    await opened.start()
    await fill(opened, many())
    async with open_graph(opened, wide_url, "wide") as caller:
        yield caller
    await opened.stop()


PAGE = """query ($first: Int) { connectionRequests(first: $first) { totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id orgName status requestedAt
        approvedBy { approvedAt person { firstName lastName } } requester { firstName }
        integrations { totalCount pageInfo { hasNextPage } nodes { type schedule { raw description } } }
        uploadedFiles { nodes { name } } } } } }"""

QUERIES = {
    "a page with everything": (6, PAGE),
    "columns alone": (
        1,
        "query ($first: Int) { connectionRequests(first: $first) { nodes { uuid orgName } } }",
    ),
    "a count alone": (1, "{ connectionRequests { totalCount } }"),
    "counts of children": (
        3,
        """query ($first: Int) { connectionRequests(first: $first) { nodes {
            integrations { totalCount } uploadedFiles { totalCount } } } }""",
    ),
    "children of children": (
        5,
        """query ($first: Int) { connectionRequests(first: $first) { nodes {
            comments { nodes { author { approvals { nodes { uuid } } connectionRequests { nodes { uuid } }
        } } } } } }""",
    ),
    "there and back": (
        4,
        """query ($first: Int) { connectionRequests(first: $first) { nodes {
            integrations { nodes { connectionRequest { orgName integrations { nodes { uuid } } } } } } } }""",
    ),
    "everybody": (
        5,  # the request's own people come with those below a sibling
        """query ($first: Int) { connectionRequests(first: $first) { nodes {
            requester { firstName } targetUser { lastName }
            approvedBy { person { email } } comments { nodes { author { phone } } } } } }""",
    ),
    "one row under each of many names": (
        2,
        """query ($r: ID = "Q29ubmVjdGlvblJlcXVlc3Q6cjQ=") { a: connectionRequest(uuid: "r1") { orgName }
            b: connectionRequest(uuid: "r2") { status } c: connectionRequest(id: "?") { uuid }
            d: node(id: $r) { id ... on ConnectionRequest { targetUser { firstName } requester { email } } }
            e: nodes(ids: [$r, "Q29ubmVjdGlvblJlcXVlc3Q6cjU="]) { id } f: node(id: $r) { id } }""",
    ),
    "accounts by three keys": (
        3,
        """{ a: connectedAccount(number: 1) { uuid } b: connectedAccount(externalRef: "1") { uuid }
            c: connectedAccount(number: 2) { uuid } d: connectedAccount(externalRef: "2") { uuid }
            e: connectedAccount(id: "Q29ubmVjdGVkQWNjb3VudDox") { uuid } }""",
    ),
    "people and what they did": (
        3,
        """query ($first: Int) { people(first: $first) { nodes { fullName
            approvals { totalCount } connectionRequests { nodes { uuid } } } } }""",
    ),
    "the same children under two names": (
        3,
        """query ($first: Int) { connectionRequests(first: $first) { nodes {
            a: integrations(first: 1) { nodes { uuid } } b: integrations(last: 1) { nodes { uuid } } } } }""",
    ),
    "the same children twice under one name": (
        2,
        """query ($first: Int) { connectionRequests(first: $first) { nodes { ...A ...B } } }
           fragment A on ConnectionRequest { integrations { nodes { uuid } } }
           fragment B on ConnectionRequest { integrations { nodes { type } } }""",
    ),
    "the viewer's organization": (1, "{ viewer { scopes organization { name } } organization { timezone } }"),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_takes_as_many_statements_for_one_parent_as_for_a_hundred(wide, name):
    expected, query = QUERIES[name]
    for first in (1, 50, PARENTS):
        statements = await wide.statements(query, **({"first": first} if "$first" in query else {}))
        assert len(statements) == expected, statements


async def test_a_person_is_read_once_however_many_paths_lead_there(graph):
    query = """{ connectionRequest(uuid: "r1") { requester { firstName } approvedBy { person { email } }
        comments(first: 1) { nodes { author { phone } } } } }"""
    people = [each for each in await graph.statements(query) if "FROM people" in each]
    assert [columns(each) for each in people] == [{"id", "first_name", "email", "phone"}]
    assert await graph.ask(query) == {
        "connectionRequest": {
            "requester": {"firstName": "Ada"},
            "approvedBy": {"person": {"email": "ada@north.example"}},
            "comments": {"nodes": [{"author": {"phone": "+44 1"}}]},
        }
    }


async def test_a_whole_count_reads_counters_alone(wide):
    assert await wide.ask("{ connectionRequests { totalCount } }") == {
        "connectionRequests": {"totalCount": 100}
    }
    for arguments in (
        "",
        "(filter: {kind: {eq: ACCESS}})",
        "(filter: {status: {eq: APPROVED}})",
        "(filter: {status: {eq: APPROVED}, kind: {eq: TRADING_PARTNER}})",
        "(filter: {and: [{status: {eq: APPROVED}}]})",
        "(first: 0)",
    ):
        [statement] = await wide.statements(f"{{ connectionRequests{arguments} {{ totalCount }} }}")
        assert " FROM counters" in re.sub(r"\s+", " ", statement), arguments
    assert await wide.ask("{ connectionRequests(filter: {status: {eq: APPROVED}}) { totalCount } }") == {
        "connectionRequests": {"totalCount": 66}
    }


async def test_nodes_take_one_statement_for_each_type(graph):
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Person { firstName }
        ... on ConnectionRequest { requester { lastName } } } }"""
    ids = [gid("Person", each) for each in ("ada", "bob", "nobody")]
    ids += [gid("ConnectionRequest", each) for each in ("r1", "r2", "s1")]
    statements = await graph.statements(query, ids=ids)
    assert len(statements) == 2  # people were read by their ids: no third one for the requester
    assert await graph.statements(query, ids=["?"]) == []


def columns(statement):
    """The columns between SELECT and FROM of a statement, of whichever table."""
    selected = re.search(r"SELECT (.*?)\s+FROM ", statement, re.DOTALL)
    return set(re.findall(r"\.(\w+)", selected[1]))


async def test_only_selected_columns_are_read(graph):
    [statement] = await graph.statements("{ connectionRequests { nodes { orgName } } }")
    assert columns(statement) == {"org_name", "id", "requested_at"}  # and those of the order
    [statement] = await graph.statements('{ connectionRequest(uuid: "r1") { isApproved } }')
    assert columns(statement) == {"status", "id"}
    [statement] = await graph.statements("{ people(orderBy: {field: EMAIL}) { nodes { fullName } } }")
    assert columns(statement) == {"first_name", "last_name", "email", "id"}
    statements = await graph.statements(
        "query ($yes: Boolean!) { files { nodes { name size @include(if: $yes) } } }", yes=False
    )
    assert columns(statements[0]) == {"name", "created_at", "id"}
    page, people = await graph.statements("{ connectionRequests { nodes { requester { firstName } } } }")
    assert columns(page) == {"requester_id", "requested_at", "id"}
    assert columns(people) == {"first_name", "id"}
    for statement in await graph.statements(PAGE):
        assert not {"extra", "additional_information"} & columns(statement)


async def test_a_list_of_which_nothing_is_asked_reads_nothing(graph):
    assert await graph.statements("{ connectionRequests { __typename } people { __typename } }") == []


async def test_one_operation_does_not_see_the_rows_of_another(client):
    query = '{ connectionRequest(uuid: "r1") { orgName } }'
    assert await client.ask(query) == {"connectionRequest": {"orgName": "Baz Boutique"}}
    async with client.database.transaction() as transaction:
        changes = Changes(client.database, transaction, "north")
        await changes.update(tables.connection_requests, "r1", {"org_name": "Renamed"})
    assert await client.ask(query) == {"connectionRequest": {"orgName": "Renamed"}}


async def test_a_due_window_reads_the_cron_texts_once_for_each_use(graph):
    query = """{ integrations(filter: {dueBetween: {from: "2018-04-09", to: "2018-04-10"}}) {
        totalCount nodes { uuid } } }"""
    assert len(await graph.statements(query)) == 3
