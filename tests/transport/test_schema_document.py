"""The schema as a document."""

from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.graph import open_graph, open_http

pytestmark = pytest.mark.anyio

SCHEMA = (Path(__file__).parents[2] / "schema.graphql").read_text()


async def test_whoever_has_a_token_gets_the_schema(client, database, database_url):
    answer = await client.http.get("/schema.graphql")
    assert (answer.status_code, answer.text) == (200, SCHEMA)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "private" in answer.headers["cache-control"]
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    again = await client.http.get("/schema.graphql", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    lines = [("if-none-match", '"x"'), ("if-none-match", answer.headers["etag"])]
    assert (await client.http.get("/schema.graphql", headers=lines)).status_code == 304
    async with open_graph(database, database_url, "north", ["write"]) as other:
        assert (await other.http.get("/schema.graphql")).status_code == 200
    for token in (None, "nobody's"):
        async with open_http(create_app(Settings(database_url=database_url), database), token) as http:
            refused = await http.get("/schema.graphql")
            assert refused.status_code == 401
            assert refused.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
            assert "type Query" not in refused.text


async def test_it_is_not_there_where_the_schema_is_not_to_be_asked_for(client, database, database_url):
    settings = Settings(database_url=database_url, introspection=False, token_cache_seconds=0)
    async with open_graph(database, database_url, "north", settings=settings) as caller:
        assert (await caller.http.get("/schema.graphql")).status_code == 404
