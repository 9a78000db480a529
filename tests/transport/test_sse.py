"""Answers as streams of events (graphql-sse, distinct connections mode), for callers that accept nothing else."""

import pytest

from tests.transport.sample import make_client

pytestmark = pytest.mark.anyio

STREAM = {"accept": "text/event-stream"}
HELLO = b'event: next\ndata: {"data":{"hello":"hello world"}}\n\nevent: complete\ndata:\n\n'


async def post(query, headers=STREAM, **options):
    async with make_client(**options) as client:
        return await client.post("/graphql", json={"query": query}, headers=headers)


async def test_a_single_result_is_a_stream_that_completes():
    answer = await post("{ hello }")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.content == HELLO


async def test_a_get_is_answered_so_too():
    async with make_client() as client:
        answer = await client.get("/graphql", params={"query": "{ hello }"}, headers=STREAM)
    assert answer.content == HELLO


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json, text/event-stream",
        "text/event-stream, application/json;q=0.1",
        # as urql sends it with every query
        "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
    ],
)
async def test_json_is_preferred_where_it_is_acceptable(accept):
    answer = await post("{ hello }", {"accept": accept})
    assert "json" in answer.headers["content-type"]
    assert answer.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [("{ hello", "GRAPHQL_PARSE_FAILED"), ("{ nothing_here }", "GRAPHQL_VALIDATION_FAILED")],
)
async def test_what_is_wrong_with_a_document_is_said_in_the_stream(query, code):
    answer = await post(query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.text.startswith('event: next\ndata: {"errors":[{"message":')
    assert f'"code":"{code}"' in answer.text
    assert answer.text.endswith("\n\nevent: complete\ndata:\n\n")


async def test_an_error_of_a_field_is_in_the_result():
    answer = await post("{ forbidden }")
    assert '"data":{"forbidden":null}' in answer.text
    assert '"code":"FORBIDDEN"' in answer.text


async def test_who_is_not_admitted_and_what_is_no_request_has_a_status():
    answer = await post("{ hello }", {**STREAM, "authorization": "Bearer unknown"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    async with make_client() as client:
        answer = await client.post("/graphql", json=[{"query": "{ hello }"}], headers=STREAM)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "BAD_REQUEST")
        answer = await client.post(
            "/graphql", content=b"{", headers={**STREAM, "content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_nothing_else_is_acceptable():
    answer = await post("{ hello }", {"accept": "text/plain"})
    assert answer.status_code == 406
