"""Who is let in, and what another site's page can't do."""

import pytest

from tests.transport.sample import BEARER, make_client

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "POST", "json": {"query": "{hello}"}},
        {"method": "POST", "json": {"query": "{__schema {types {name}}}"}},
        {"method": "POST", "json": {"query": "{__typename}"}},
        {"method": "POST", "content": b"no json at all"},
        {"method": "POST", "content": b"x" * 2_000_000},
        {"method": "GET", "params": {"query": "{hello}"}},
        {"method": "GET"},
        {"method": "DELETE"},
        {"method": "POST", "headers": {"accept": "image/png"}},
    ],
)
@pytest.mark.parametrize("credential", [{}, {"authorization": "Bearer bad"}])
async def test_anonymous_callers_get_401_for_everything(request_, credential):
    async with make_client(headers=credential) as client:
        answer = await client.request(url="/graphql", **request_)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {
        "errors": [
            {
                "message": "The token is not known." if credential else "A token is needed.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }


async def test_a_token_without_the_scope_gets_403():
    async with make_client(headers={"authorization": "Bearer narrow-token"}) as client:
        answer = await client.post("/graphql", json={"query": "{hello}"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"errors": [{"message": "The token has no scope for this.", "extensions": {"code": "FORBIDDEN"}}]},
    )


async def test_a_fault_of_authentication_is_masked_and_logged(caplog):
    async with make_client(headers={"authorization": "Bearer slow-database"}) as client:
        answer = await client.post("/graphql", json={"query": "{hello}"})
    extensions = {"code": "INTERNAL_SERVER_ERROR", "errorId": caplog.records[0].members["error_id"]}
    assert (answer.status_code, answer.json()) == (
        500,
        {"errors": [{"message": "Internal server error", "extensions": extensions}]},
    )
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text
    assert "slow-database" not in caplog.text


# "Basic Z29vZA==" is a credential that a browser adds by itself, as it would a cookie.
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Basic Z29vZA=="}, 400),
        ({"authorization": "Basic Z29vZA==", "content-type": "text/plain"}, 400),
        ({"authorization": "Basic Z29vZA==", "content-type": "multipart/form-data; boundary=x"}, 400),
        ({"authorization": "Basic Z29vZA==", "content-type": "junk"}, 400),
        ({"authorization": "Basic Z29vZA==", "content-type": "application/json, text/plain"}, 400),
        ({"authorization": "Basic Z29vZA==", "content-type": "application/json; charset"}, 400),
        ({"authorization": "Basic Z29vZA==", "content-type": "application/json"}, 200),
        ({"authorization": "Basic Z29vZA==", "graphql-require-preflight": "1"}, 200),
        ({"authorization": "Basic Z29vZA==", "apollo-require-preflight": "1"}, 200),
        ({"authorization": "Basic Z29vZA==", "x-apollo-operation-name": "A"}, 200),
        (BEARER, 200),
    ],
)
async def test_a_get_runs_only_after_a_preflight(headers, status):
    async with make_client(headers=headers) as client:
        answer = await client.get("/graphql", params={"query": "{hello}"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain;application/json",
    ],
)
async def test_no_body_of_a_form_runs(content_type):
    async with make_client(headers={"authorization": "Basic Z29vZA=="}) as client:
        answer = await client.post(
            "/graphql", content=b'{"query": "{hello}"}', headers={"content-type": content_type}
        )
    assert (answer.status_code, answer.headers["accept"]) == (415, "application/json, application/graphql")
