"""QUERY requests (RFC 10008): safe as GET, with content as POST."""

import json

import httpx2
import pytest

from tests.data import NORTH, fill
from tests.graph import open_graph
from tests.patience import ENOUGH
from tests.servers import open_server
from tests.transport.sample import make_app, make_client

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}


async def ask(content, headers=JSON):
    async with make_client() as client:
        return await client.request("QUERY", "/graphql", content=content, headers=headers)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"query": "{ hello }"}, {"data": {"hello": "hello world"}}),
        (
            {"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": "Ann"}},
            {"data": {"hello": "hello Ann"}},
        ),
        (
            [{"query": "{ hello }"}, {"query": "{ nothing }"}],
            [{"data": {"hello": "hello world"}}, {"data": {"nothing": None}}],
        ),
    ],
)
async def test_it_answers_as_post_does(content, answer):
    response = await ask(json.dumps(content))
    assert (response.status_code, response.json()) == (200, answer)
    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_it_changes_nothing():
    mutation = {"query": 'mutation { rename(name: "x") }'}
    response = await ask(json.dumps(mutation))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert (
        response.json()["errors"][0]["message"]
        == "A QUERY request can only run queries: send a mutation by POST."
    )
    response = await ask(json.dumps([mutation]))
    assert [each["errors"][0]["message"] for each in response.json()] == [
        "A QUERY request can only run queries: send a mutation by POST."
    ]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ("{}", {}, 400),
        ("{ hello }", {"content-type": "application/graphql"}, 415),
        ("{}", {"content-type": "multipart/form-data; boundary=x"}, 415),
        ("{}", {**JSON, "content-encoding": "gzip"}, 415),
        ("no JSON", JSON, 400),
        ("{}", JSON, 400),
    ],
)
async def test_content_that_is_not_what_it_takes_is_refused(content, headers, status):
    response = await ask(content, headers)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        status,
        "BAD_REQUEST",
    )
    if headers.get("content-type") != "application/json":
        assert response.headers["accept-query"] == "application/json"


async def test_other_methods_are_told_of_it():
    async with make_client() as client:
        response = await client.options("/graphql")
    assert response.headers["accept-query"] == "application/json"
    assert response.headers["allow"] == "GET, HEAD, POST, QUERY"


async def test_who_has_the_answer_gets_304(database, database_url):
    await fill(database, NORTH)
    content = {"query": "query ($n: Int!) { connectionRequests(first: $n) { nodes { orgName } } }"}
    async with open_graph(database, database_url, "north") as graph:

        async def of(n, **headers):
            text = json.dumps({**content, "variables": {"n": n}})
            return await graph.http.request("QUERY", "/graphql", content=text, headers={**JSON, **headers})

        first = await of(1)
        tag = first.headers["etag"]
        assert first.json()["data"]["connectionRequests"]["nodes"] == [{"orgName": "Baz Boutique"}]
        again = await of(1, **{"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        other = await of(2, **{"if-none-match": tag})  # another query is another answer
        assert (other.status_code, len(other.json()["data"]["connectionRequests"]["nodes"])) == (200, 2)
        assert other.headers["etag"] != tag


async def test_a_real_server_takes_it():
    async with open_server(make_app()) as served, httpx2.AsyncClient(timeout=ENOUGH) as client:
        response = await client.request(
            "QUERY",
            f"http://{served.address}/graphql",
            json={"query": "{ hello }"},
            headers={"authorization": "Bearer good-token"},
        )
    assert response.json() == {"data": {"hello": "hello world"}}
