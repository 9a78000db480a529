"""What may be asked for at a path, and of the server as a whole."""

import pytest

from gateway.app import create_app
from gateway.settings import Settings

pytestmark = pytest.mark.anyio

WHOLE = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("*", WHOLE),
        ("/", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_tell_what_may_be_asked_for(database, database_url, path, allowed):
    """By `OPTIONS /` HAProxy finds out whether a server is well."""
    scope = {"type": "http", "method": "OPTIONS", "path": path, "query_string": b"", "headers": []}
    sent = []

    async def send(message):
        sent.append(message)

    await create_app(Settings(database_url=database_url), database)(scope, None, send)
    start, _ = sent
    assert (start["status"], dict(start["headers"])[b"allow"]) == (204, allowed.encode())


async def test_another_method_is_told_those_that_may_be_asked_for(client):
    for path in ("/", "/healthz", "/readyz", "/openapi.json", "/schema.graphql"):
        answer = await client.http.delete(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert answer.json()["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}
    assert (await client.http.options("/nowhere")).status_code == 404


async def test_an_encoded_slash_is_no_slash_too_many(client):
    asked = {"query": "{ __typename }"}
    doubled = await client.http.post("http://gateway.test//graphql", json=asked)
    assert doubled.json() == {"data": {"__typename": "Query"}}
    assert (await client.http.post("http://gateway.test/%2fgraphql", json=asked)).status_code == 404
