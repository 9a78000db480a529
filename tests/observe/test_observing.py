"""What an observer is told, over HTTP, by the real application."""

import pytest

from gateway.administration import create_token
from gateway.app import create_app
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import open_http
from tests.observe.told import Told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def told(database, database_url):
    await fill(database, NORTH)
    return Told()


@pytest.fixture
async def http(told, database, database_url):
    token_id, secret = await create_token(database, "north", name="test", scopes=["read"])
    app = create_app(Settings(database_url=database_url, token_cache_seconds=0), database, told)
    async with open_http(app, secret) as client:
        client.token_id = token_id
        yield client


async def test_a_request_is_told_with_its_operation_and_statements(http, told):
    query = "query Inbox { connectionRequests(first: 2) { nodes { orgName } } }"
    answer = await http.post("/graphql", json={"query": query}, headers={"X-Request-Id": "from-outside.1"})
    [request], [operation] = told.requests, told.operations
    assert answer.headers["x-request-id"] == "from-outside.1"
    assert (request.id, request.method, request.path, request.status) == (
        "from-outside.1",
        "POST",
        "/graphql",
        200,
    )
    assert (request.organization_id, request.token_id) == ("north", http.token_id)
    assert (operation.name, operation.type, operation.document_id, operation.errors) == (
        "Inbox",
        "query",
        None,
        0,
    )
    reads = [rows for sql, rows in told.statements if sql.startswith("SELECT")]
    assert len(reads) == 2  # the token and the page
    assert request.statements == len(told.statements)
    assert request.rows == sum(rows for _, rows in told.statements)
    assert 0 < operation.seconds < request.seconds
    assert (told.refusals, told.failures, told.fallbacks) == ([], [], [])


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "line\tbreak", "-x", "ü"])
async def test_an_id_that_could_break_a_line_is_replaced(http, told, given):
    answer = await http.get("/healthz", headers={b"x-request-id": given.encode()})
    assert answer.headers["x-request-id"] == told.requests[0].id != given
    assert len(told.requests[0].id) == 36


async def test_a_legacy_path_is_told_by_its_pattern_and_its_vendors_name(http, told):
    answer = await http.get("/v1/requests/none")
    [request] = told.requests
    assert (answer.status_code, request.status) == (404, 404)
    assert (request.vendor, request.endpoint, request.path) == ("opal", "getRequest", "/v1/requests/{id}")
    assert (request.code, told.refusals) == ("NOT_FOUND", ["NOT_FOUND"])


async def test_refusals_are_told_with_their_codes(http, told):
    for query in ("{ nothing }", "{", "{ connectionRequests(first: -1) { nodes { id } } }"):
        await http.post("/graphql", json={"query": query})
    await http.post("/graphql", json={"query": "{ __typename }"}, headers={"Authorization": "Bearer none"})
    assert told.refusals == [
        "GRAPHQL_VALIDATION_FAILED",
        "GRAPHQL_PARSE_FAILED",
        "BAD_USER_INPUT",
        "UNAUTHENTICATED",
    ]
    assert [each.code for each in told.requests] == told.refusals
    assert [each.errors for each in told.operations] == [1, 1, 1]


async def test_a_batch_has_several_operations(http, told):
    batch = [{"query": "query A { __typename }"}, {"query": "query B { __typename }"}]
    await http.post("/graphql", json=batch)
    assert [each.name for each in told.operations] == ["A", "B"]
    assert (told.requests[0].operations, told.requests[0].operation.name) == (2, "B")


async def test_what_no_plan_covers_is_told(http, told):
    query = "query ($s: Boolean = false) { __typename @skip(if: $s) }"
    await http.post("/graphql", json={"query": query, "variables": {"s": None}})
    reason = "selection that cannot be collected"
    assert (told.fallbacks, told.requests[0].fallback) == ([reason], reason)


async def test_a_fault_is_told_with_the_id_that_the_answer_has(http, told, database):
    secret = "hunter" + "2"

    def fail(sql: str) -> None:
        if "FROM connection_requests" in sql:
            raise RuntimeError(secret)

    database.on_statement = fail
    answer = await http.post("/graphql", json={"query": "{ connectionRequests { nodes { id } } }"})
    legacy = await http.get("/organizations/connections/request/")
    database.on_statement = None
    [graph, rest] = told.failures
    assert answer.json()["errors"][0]["extensions"]["errorId"] == graph.error_id
    assert legacy.headers["x-error-id"] == rest.error_id
    assert (graph.place, graph.error) == ("connectionRequests", "RuntimeError")
    assert (rest.place, rest.error) == ("crux: listConnectionRequests", "RuntimeError")
    assert "in fail" in graph.stack
    assert secret not in graph.stack + rest.stack
