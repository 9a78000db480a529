"""What the endpoint answers: data, errors, media types, statuses, methods and pages for browsers."""

import logging

import httpx2
import pytest

from tests.patience import ENOUGH
from tests.servers import open_server
from tests.transport.sample import BEARER, RESPONSE, ask, make_app, make_client

pytestmark = pytest.mark.anyio


async def test_post_answers_data():
    assert await ask("{hello}") == (200, {"data": {"hello": "hello world"}})


async def test_context_is_what_authentication_made():
    assert await ask("{viewer}") == (200, {"data": {"viewer": "ann"}})


async def test_get_answers_data_with_variables():
    async with make_client() as client:
        answer = await client.get(
            "/graphql",
            params={
                "query": "query A($n: String!) {hello(name: $n)} query B {viewer}",
                "operationName": "A",
                "variables": '{"n": "ö🏃"}',
            },
        )
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "hello ö🏃"}})


async def test_answers_carry_their_headers():
    async with make_client() as client:
        answer = await client.post("/graphql", json={"query": "{hello}"}, headers=RESPONSE)
    assert dict(answer.headers) == {
        "content-type": "application/graphql-response+json; charset=utf-8",
        "vary": "Accept, Authorization",
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "content-length": "32",
    }


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json", "application/json"),
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("APPLICATION/GraphQL-Response+JSON; Charset=UTF-8", "application/graphql-response+json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("", "application/json"),
        ("application/json, application/graphql-response+json", "application/graphql-response+json"),
        ("application/json, application/graphql-response+json;q=0.9", "application/json"),
        ("application/graphql-response+json, */*", "application/graphql-response+json"),
        ("application/json;q=0, */*", "application/graphql-response+json"),
        ("text/event-stream, multipart/mixed, application/json;q=0.1", "application/json"),
        ('multipart/mixed;x="a,b", application/json', "application/json"),
        ("junk, ;;, application/json", "application/json"),
        # HttpURLConnection of Java 8 and 11
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),
        ("application/json;q=.5, application/graphql-response+json;q=0.", "application/json"),
        ("*/*;", "application/json"),
        ("application/graphql-response+json;;q=0.5;, */*;q=0.1;", "application/graphql-response+json"),
    ],
)
async def test_accept_chooses_the_media_type(accept, content_type):
    async with make_client() as client:
        answer = await client.post("/graphql", json={"query": "{hello}"}, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{content_type}; charset=utf-8")


@pytest.mark.parametrize(
    "accept",
    ["text/html", "image/*", "application/json;q=0", "application/json;charset=latin1", "*/*;q=0.0", "junk"],
)
async def test_accept_without_a_type_of_ours_is_406(accept):
    async with make_client() as client:
        answer = await client.post("/graphql", json={"query": "{hello}"}, headers={"accept": accept})
    assert (answer.status_code, answer.json()) == (
        406,
        {
            "errors": [
                {
                    "message": "The answer can be application/graphql-response+json, application/json, "
                    "text/event-stream or multipart/mixed; the header Accept of the request allows none of them.",
                    "extensions": {"code": "BAD_REQUEST"},
                }
            ]
        },
    )


UNFIT = [
    ("{", "GRAPHQL_PARSE_FAILED"),
    ("{absurd}", "GRAPHQL_VALIDATION_FAILED"),
    ("query ($n: Int!) {things(first: $n) {totalCount}}", "BAD_USER_INPUT"),
    ("query A {hello} query B {hello}", "OPERATION_RESOLUTION_FAILURE"),
    ("fragment F on Query {hello}", "GRAPHQL_VALIDATION_FAILED"),
    ("type A {b: Int}", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription {ticks}", "BAD_REQUEST"),
    ('{hello(name: "\\u0000")}', "BAD_USER_INPUT"),
    ("{thing {" + "other {" * 20 + "name" + "}" * 22, "OPERATION_TOO_DEEP"),
]


@pytest.mark.parametrize(("query", "code"), UNFIT)
async def test_a_request_that_is_not_executed_is_400_without_data(query, code):
    status, answer = await ask(query, RESPONSE)
    assert (status, list(answer), answer["errors"][0]["extensions"]["code"]) == (400, ["errors"], code)


@pytest.mark.parametrize(("query", "code"), UNFIT)
async def test_legacy_clients_get_the_same_errors_with_200(query, code):
    status, answer = await ask(query, {"accept": "application/json"})
    assert (status, list(answer), answer["errors"][0]["extensions"]["code"]) == (200, ["errors"], code)


@pytest.mark.parametrize(
    ("query", "accept", "status", "content_type"),
    [
        ("{hello}", None, 200, "application/graphql-response+json"),
        ("{hello}", "application/json", 200, "application/json"),
        ("{hello absent}", "application/json", 200, "application/json"),
        (
            "{absent}",
            "application/json, application/graphql-response+json",
            294,
            "application/graphql-response+json",
        ),
        ("{brokenRequired}", "*/*", 294, "application/graphql-response+json"),
        ("{", "application/json", 400, "application/graphql-response+json"),
        ("{absurd}", "application/json", 422, "application/graphql-response+json"),
        (None, "application/json", 422, "application/graphql-response+json"),
        ("{hello}", "text/html", 406, "application/graphql-response+json"),
    ],
)
async def test_draft_2026_has_statuses_of_its_own(query, accept, status, content_type):
    async with make_client(profile="draft-2026") as client:
        del client.headers["accept"]
        headers = {"accept": accept} if accept else {}
        answer = await client.post("/graphql", json={"query": query}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, f"{content_type}; charset=utf-8")


async def test_errors_say_where():
    assert await ask("{\n  hello\n  zzz\n}", RESPONSE) == (
        400,
        {
            "errors": [
                {
                    "message": "Cannot query field 'zzz' on type 'Query'.",
                    "locations": [{"line": 3, "column": 3}],
                    "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
                }
            ]
        },
    )


async def test_misspelled_fields_get_a_suggestion():
    _, answer = await ask("{helo}", RESPONSE)
    assert (
        answer["errors"][0]["message"] == "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?"
    )


async def test_errors_of_ours_keep_message_and_code(caplog):
    assert await ask("{hello forbidden}", RESPONSE) == (
        200,
        {
            "data": {"hello": "hello world", "forbidden": None},
            "errors": [
                {
                    "message": "The token does not reach this far.",
                    "locations": [{"line": 1, "column": 8}],
                    "path": ["forbidden"],
                    "extensions": {"code": "FORBIDDEN"},
                }
            ],
        },
    )
    assert caplog.records == []


async def test_a_bad_argument_at_run_time_is_the_callers(caplog):
    async with make_client() as client:
        query = 'query ($n: String = "x") {hello(name: $n)}'
        answer = await client.post("/graphql", json={"query": query, "variables": {"n": None}})
    assert answer.json() == {
        "data": None,
        "errors": [
            {
                "message": "Argument 'name' has invalid value: "
                "Expected variable '$n' provided to non-null type 'String!' not to be null.",
                "locations": [{"line": 1, "column": 39}],
                "path": ["hello"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
    }
    assert caplog.records == []


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{broken}", {"broken": None}),
        ("{brokenRequired}", None),
        ("{nullRequired}", None),
        ("{notANumber}", {"notANumber": None}),
        ("{big}", {"big": None}),
    ],
)
async def test_faults_are_masked_and_logged_once(query, data, caplog):
    status, answer = await ask(query, RESPONSE)
    [error] = answer["errors"]
    assert (status, answer["data"]) == (200, data)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert (error["message"], error["extensions"]) == (
        "Internal server error",
        {"code": "INTERNAL_SERVER_ERROR", "errorId": record.members["error_id"]},
    )


async def test_a_fault_that_hits_many_places_is_logged_once(caplog):
    _, answer = await ask("{brokenList}")
    assert [error["path"] for error in answer["errors"]] == [["brokenList", 0], ["brokenList", 1]]
    [record] = caplog.records
    assert [error["extensions"]["errorId"] for error in answer["errors"]] == [record.members["error_id"]] * 2


async def test_the_log_has_the_stack_and_no_values(caplog):
    async with make_client() as client:
        query = "query ($s: String!) {broken(secret: $s)}"
        await client.post("/graphql", json={"query": query, "variables": {"s": "xyzzy"}})
    assert "broken failed with RuntimeError" in caplog.text
    assert "sample.py" in caplog.text
    assert "xyzzy" not in caplog.text
    assert "good-token" not in caplog.text


async def test_a_result_that_is_no_json_is_a_masked_500(caplog):
    status, answer = await ask("{unwritable}")
    [record] = caplog.records
    extensions = {"code": "INTERNAL_SERVER_ERROR", "errorId": record.members["error_id"]}
    assert (status, answer) == (
        500,
        {"errors": [{"message": "Internal server error", "extensions": extensions}]},
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
async def test_other_methods_are_405(method):
    async with make_client() as client:
        answer = await client.request(method, "/graphql", json={"query": "{hello}"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, QUERY")


@pytest.mark.parametrize("query", ["{hello}", "{absurd}", 'mutation {rename(name: "x")}'])
async def test_head_answers_as_get_does_without_the_body(query):
    patient = httpx2.AsyncClient(headers=BEARER | RESPONSE, timeout=ENOUGH)
    async with open_server(make_app()) as served, patient as client:
        url, params = f"http://{served.address}/graphql", {"query": query}
        get = await client.get(url, params=params)
        head = await client.head(url, params=params)
        again = await client.get(url, params=params)
    del get.headers["date"], head.headers["date"]
    assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b"")
    assert (get.status_code, get.content) == (again.status_code, again.content) != (200, b"")


async def test_mutations_need_post():
    query = 'mutation {rename(name: "x")}'
    assert await ask(query) == (200, {"data": {"rename": "x"}})
    async with make_client() as client:
        answer = await client.get("/graphql", params={"query": query})
    assert (answer.status_code, answer.headers["allow"], answer.json()) == (
        405,
        "POST",
        {
            "errors": [
                {
                    "message": "A GET request can only run queries: send a mutation by POST.",
                    "extensions": {"code": "BAD_REQUEST"},
                }
            ]
        },
    )


HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "path", "is_page"),
    [
        (HTML, "/graphql", True),
        (HTML, "/graphql?tab=1", True),
        ("text/html, application/json;q=0.9", "/graphql", True),
        ("text/html, */*", "/graphql", True),
        (HTML, "/graphql?query={hello}", True),
        ("application/json", "/graphql?query={hello}", False),
        (HTML, "/graphql?documentId=x", False),
        (HTML, "/graphql?extensions={}", False),
        ("text/html;q=0.5, application/json", "/graphql", False),
        ("text/html;q=0", "/graphql", False),
        ("*/*", "/graphql", False),
        ("text/*", "/graphql", False),
        ("application/json", "/graphql", False),
    ],
)
async def test_browsers_get_the_page_without_a_token(accept, path, is_page):
    async with make_client(headers={"accept": accept}) as client:
        answer = await client.get(path)
    assert (answer.text == "the page", answer.status_code) == (is_page, 200 if is_page else 401)


async def test_a_browser_with_a_token_gets_the_answer_of_the_query_in_its_address():
    async with make_client(headers={**BEARER, "accept": HTML}) as client:
        answer = await client.get("/graphql?query={hello}")
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "hello world"}})


async def test_batches_answer_in_order():
    async with make_client() as client:
        answer = await client.post(
            "/graphql", json=[{"query": "{hello}"}, {"query": "{absurd}"}, {"query": "{viewer}"}]
        )
    first, second, third = answer.json()
    assert answer.status_code == 200
    assert (first, third) == ({"data": {"hello": "hello world"}}, {"data": {"viewer": "ann"}})
    assert second["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


async def test_a_malformed_entry_of_a_batch_is_that_entrys_error():
    def refused(message, code="BAD_REQUEST"):
        return {"errors": [{"message": message, "extensions": {"code": code}}]}

    hello, no_object = {"data": {"hello": "hello world"}}, "A GraphQL request must be a JSON object."
    entries = [
        ({"query": "{hello}"}, hello),
        (None, refused(no_object)),
        ([{"query": "{hello}"}], refused(no_object)),
        ({}, refused("A GraphQL request must have a query, or the documentId of a known document.")),
        ({"query": 5}, refused('The member "query" must be a string.')),
        (
            {"query": "{hello}", "variables": {"x": "a\0"}},
            refused("A variable holds the character NUL, which can't be stored.", "BAD_USER_INPUT"),
        ),
        ({"query": "{hello}", "variables": []}, refused('The member "variables" must be an object.')),
        ({"query": "{hello}"}, hello),
    ]
    async with make_client() as client:
        answer = await client.post("/graphql", json=[entry for entry, _ in entries])
    assert (answer.status_code, answer.json()) == (200, [expected for _, expected in entries])
