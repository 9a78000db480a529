"""What clients of every vendor write otherwise than its documentation, and mean the same by: slashes, whitespace."""

import httpx2
import pytest
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.http.headers import read_header
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import open_http
from tests.vendors.gateway import make_token

pytestmark = pytest.mark.anyio

LISTS = {
    "crux": ("/organizations/connections/request/", "Authorization", "Token {}"),
    "crux under its prefix": ("/timp/organizations/connections/request/", "Authorization", "Bearer {}"),
    "opal": ("/v1/requests", "Authorization", "Bearer {}"),
    "opal's relay form": ("/v1/requests/relay", "Authorization", "Bearer {}"),
    "activecampaign": ("/api/3/connections", "Api-Token", "{}"),
    "openint": ("/connection", "Authorization", "Bearer {}"),
    "openint under its prefix": ("/v1/connection", "Authorization", "Bearer {}"),
}
BASES = {"opal": "/v1", "activecampaign": "/api/3", "openint under its prefix": "/v1"}


@pytest.fixture
async def app(database, database_url) -> ASGIApp:
    await fill(database, NORTH)
    return create_app(Settings(database_url=database_url, token_cache_seconds=0), database)


def said(answer: httpx2.Response) -> tuple[int, bytes, str]:
    return answer.status_code, answer.content, answer.headers["link"]


async def test_a_base_url_may_end_in_a_slash(app, database) -> None:
    token = await make_token(database)
    async with open_http(app) as http:
        for caller, (path, name, value) in LISTS.items():
            headers = {name: value.format(token)}
            expected = await http.get(path, headers=headers)
            assert expected.status_code == 200
            doubled = [f"/{path}", f"//{path}"]
            if base := BASES.get(caller):
                rest = path.removeprefix(base)
                doubled += [f"{base}/{rest}", f"/{base}//{rest}"]
            for each in doubled:
                url = f"http://gateway.test{each}"
                assert said(await http.get(url, headers=headers)) == said(expected), each
                assert (await http.get(url)).status_code in (401, 403)


async def test_whitespace_around_a_key_is_no_part_of_it(app, database) -> None:
    token = await make_token(database)
    statuses = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if "status" in message:
            statuses.append(message["status"])

    for path, name, value in LISTS.values():
        key = value.format(token).encode()
        for space in (b" ", b"\t", b" \t \t"):
            for written in (key, key + space, space + key, space + key + space):
                scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
                await app({**scope, "headers": [(name.lower().encode(), written)]}, receive, send)
    assert statuses == [200] * 12 * len(LISTS)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json;", 200),
        ("Application/JSON ; ;charset=utf-8;", 200),
        ("application/json; charset", 200),
        ("application/jsonp", 415),
        (";", 415),
    ],
)
async def test_parameters_of_a_media_type_may_be_empty(app, database, content_type, status) -> None:
    async with open_http(app, await make_token(database)) as http:
        path, _, _ = LISTS["crux"]
        headers = {"content-type": content_type}
        answer = await http.request("GET", path, content=b'{"limit": 1}', headers=headers)
        assert answer.status_code == status


async def test_graphql_is_served_behind_such_a_base_url_too(app, database) -> None:
    async with open_http(app, await make_token(database)) as http:
        for path in ("//graphql", "///graphql/"):
            answer = await http.post(f"http://gateway.test{path}", json={"query": "{ __typename }"})
            assert answer.json() == {"data": {"__typename": "Query"}}


async def test_slashes_elsewhere_make_no_other_path(app, database) -> None:
    async with open_http(app, await make_token(database)) as http:
        for path in (
            "/v1/requests//comments",
            "/connection//",
            "/organizations//connections/request/",
            "/graphql//x",
        ):
            assert (await http.get(f"http://gateway.test{path}")).status_code in (404, 405), path


def test_lines_of_one_field_are_joined_without_their_whitespace() -> None:
    fields = [(b"a", b" 1\t"), (b"b", b"2"), (b"a", b"\t3 ")]
    assert [read_header(fields, name) for name in (b"a", b"b", b"c")] == ["1, 3", "2", None]


async def test_a_link_has_its_variables_as_long_as_it_is_short(app, database) -> None:
    async with open_http(app, await make_token(database)) as http:
        for length in (1, 50, 120, 500, 5_000):
            answer = await http.get("/v1/connection", params={"search_query": "ü" * length})
            link = answer.headers["link"]
            assert answer.status_code == 200
            assert link.endswith('>; rel="successor-version"')
            assert len(link) <= 2048
            assert ("&variables=" in link) == (length <= 50), length
