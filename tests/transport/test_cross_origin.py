"""Browsers' pages of other origins: none may call, but those that the operator names."""

import pytest

from gateway.app import create_app
from gateway.rest.openapi import openapi
from gateway.serving import demo_settings
from gateway.settings import SettingError, Settings
from gateway.transport.cross_origin import parse_origins
from gateway.vendors import VENDORS
from tests.graph import open_http

pytestmark = pytest.mark.anyio

PAGE = "https://app.example.com"
SETTING = f"{PAGE}, http://localhost:5173"
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-apollo-operation-name",
}
PATHS = ["/graphql", "/graphql/", "/v1/requests", "/api/3/connections", "/connection", "/healthz"]


@pytest.fixture
def at_gateway(database, database_url):
    def client(allowed_origins):
        return open_http(
            create_app(Settings(database_url=database_url, allowed_origins=allowed_origins), database)
        )

    return client


def access(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("path", PATHS)
async def test_no_page_of_another_origin_may_call_by_default(at_gateway, path):
    async with at_gateway("") as http:
        preflight = await http.options(path, headers={"origin": PAGE, **PREFLIGHT})
        answer = await http.get(path, headers={"origin": PAGE})
    assert (preflight.is_success and preflight.status_code != 204, access(preflight), access(answer)) == (
        False,
        {},
        {},
    )


async def test_such_a_page_may_reach_a_private_network_and_no_other_may(at_gateway):
    """Chromium asks for it in its preflight, where the page is public and the gateway is not."""
    async with at_gateway(SETTING) as http:
        asked = {**PREFLIGHT, "access-control-request-private-network": "true"}
        named = await http.options("/graphql", headers={"origin": PAGE, **asked})
        other = await http.options("/graphql", headers={"origin": "https://other.example", **asked})
    assert (named.status_code, access(named)["access-control-allow-private-network"]) == (200, "true")
    assert (other.status_code, access(other).get("access-control-allow-origin")) == (400, None)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", [PAGE, "http://localhost:5173"])
async def test_a_page_that_the_operator_names_may_send_a_token_and_json(at_gateway, path, origin):
    async with at_gateway(SETTING) as http:
        preflight = await http.options(path, headers={"origin": origin, **PREFLIGHT})
        answer = await http.get(path, headers={"origin": origin})
    assert (preflight.status_code, access(preflight)) == (
        200,
        {
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY",
            "access-control-allow-headers": "authorization,content-type,x-apollo-operation-name",
            "access-control-max-age": "7200",
        },
    )
    # Refusals too: a page must be able to read that its token has expired.
    assert access(answer) == {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": (
            "Accept-Query, Accept-Ranges, Allow, Content-Disposition, Content-Range, Deprecation, ETag, "
            "Idempotency-Replayed, Link, Retry-After, Server-Timing, Sunset, WWW-Authenticate, X-Error-Id, X-Request-Id"
        ),
    }
    assert "Origin" in answer.headers["vary"]


async def test_pages_may_use_every_method_and_read_every_field_that_the_paths_have(at_gateway):
    async with at_gateway(SETTING) as http:
        preflight = await http.options("/graphql", headers={"origin": PAGE, **PREFLIGHT})
        answer = await http.get("/graphql", headers={"origin": PAGE})
    allowed = {each.lower() for each in preflight.headers["access-control-allow-methods"].split(", ")}
    readable = {each.lower() for each in answer.headers["access-control-expose-headers"].split(", ")}
    for item in openapi(VENDORS)["paths"].values():
        operations = {method: each for method, each in item.items() if method != "description"}
        assert operations.keys() <= allowed
        for each in operations.values():
            for response in each["responses"].values():
                assert {name.lower() for name in response.get("headers", ())} <= readable


async def test_other_pages_still_may_not(at_gateway):
    headers = {"origin": "https://app.example.com.evil.test"}
    async with at_gateway(SETTING) as http:
        preflight = await http.options("/graphql", headers={**headers, **PREFLIGHT})
        answer = await http.get("/graphql", headers=headers)
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in {**access(preflight), **access(answer)}


async def test_every_page_may_where_the_operator_says_so(at_gateway):
    async with at_gateway("*") as http:
        answer = await http.get("/graphql", headers={"origin": PAGE})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("setting", ["loopback", f"{PAGE}, loopback"])
async def test_pages_of_this_machine_may_where_the_operator_says_so(at_gateway, setting):
    origins = [
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://[::1]:8080",
        "http://localhost",
        "https://localhost:5173",
        "http://shop.app-1.localhost:3000",
        "http://127.1.2.3",
    ]
    async with at_gateway(setting) as http:
        for origin in origins:
            preflight = await http.options("/graphql", headers={"origin": origin, **PREFLIGHT})
            answer = await http.get("/v1/requests", headers={"origin": origin})
            assert (preflight.status_code, access(preflight)["access-control-allow-origin"]) == (200, origin)
            assert access(answer)["access-control-allow-origin"] == origin
            assert "Origin" in preflight.headers["vary"]
            assert "Origin" in answer.headers["vary"]
            assert "access-control-allow-credentials" not in {**access(preflight), **access(answer)}
        named = await http.get("/graphql", headers={"origin": PAGE})
    assert access(named).get("access-control-allow-origin") == (None if setting == "loopback" else PAGE)


async def test_no_other_page_is_of_this_machine(at_gateway):
    origins = [
        "http://localhost.evil.com",
        "http://evil.com",
        "http://localhost:5173.evil.com",
        "null",
        "loopback",
        "http://evillocalhost",
        "http://.localhost",
        "http://localhost:",
        "http://localhost:5173/",
        "http://localhost@evil.com",
        "http://evil.com/.localhost",
        "http://127.0.0.1.evil.com",
        "http://127.evil.com",
        "http://128.0.0.1",
        "http://1127.0.0.1",
        "http://0.0.0.0:3000",
        "http://192.168.0.7:3000",
        "http://[::2]:3000",
        "http://::1",
        "file://localhost",
        "http://localhost http://evil.com",
    ]
    async with at_gateway("loopback") as http:
        for origin in origins:
            preflight = await http.options("/graphql", headers={"origin": origin, **PREFLIGHT})
            answer = await http.get("/v1/requests", headers={"origin": origin})
            assert preflight.status_code == 400, origin
            assert "access-control-allow-origin" not in {**access(preflight), **access(answer)}, origin
            assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [
        ({}, "loopback"),
        ({"GATEWAY_ALLOWED_ORIGINS": ""}, ""),
        ({"GATEWAY_ALLOWED_ORIGINS": PAGE}, PAGE),
    ],
)
async def test_the_demo_allows_them_unless_the_operator_says_otherwise(environment, allowed):
    settings = Settings.from_environment(environment, **demo_settings(environment))
    assert settings.allowed_origins == allowed
    assert settings.demo_token == "demo-token"
    assert Settings.from_environment({}).allowed_origins == ""


@pytest.mark.parametrize(
    "setting",
    [
        "app.example.com",
        "localhost",
        "Loopback",
        "https://app.example.com/",
        "HTTPS://app.example.com",
        "null",
        "https://a b",
    ],
)
async def test_what_is_no_origin_is_refused_at_start(setting):
    assert parse_origins(f" {PAGE} ,,") == (PAGE,)
    with pytest.raises(SettingError, match="GATEWAY_ALLOWED_ORIGINS takes origins like"):
        create_app(Settings(allowed_origins=f"{PAGE},{setting}"))
